"""A letter as a MIME message: text, HTML with the badge's picture in it, and the baked badge attached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape
from mjml import mjml2html

from services.notifier.letter import Letter

AWARD_HEADER = "Laurel-Award"
"""Which award a message is about: exports and bounces find their badge by it."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as it goes over the wire, and between whom."""

    sender: str
    recipient: str
    content: bytes


class Stationery:
    """Compiled templates. MJML becomes HTML once, when this is made; only words are put in afterwards."""

    def __init__(self, template: str) -> None:
        source = files("services.notifier") / "templates"
        pages = {
            "html": mjml2html((source / f"{template}.mjml").read_text("utf-8")),
            "txt": (source / f"{template}.txt").read_text("utf-8"),
        }
        environment = Environment(
            # escaping is what keeps a third party's HTML out
            autoescape=select_autoescape(["html"], default=False),
            undefined=StrictUndefined,
            loader=DictLoader({f"{template}.{kind}": text for kind, text in pages.items()}),
            keep_trailing_newline=True,
        )
        self._html = environment.get_template(f"{template}.html")
        self._text = environment.get_template(f"{template}.txt")

    def html(self, letter: Letter, picture: str) -> str:
        """`picture` is the content id of the badge's picture."""
        return self._html.render(letter=letter, picture=picture)

    def text(self, letter: Letter) -> str:
        """For people who read mail as text."""
        return self._text.render(letter=letter)


def composed(letter: Letter, stationery: Stationery, shown: bytes, baked: bytes, now: datetime) -> Mail:
    """The same letter makes the same message but for its Date. `shown` and `baked` are PNGs."""
    picture = f"badge.{letter.award_id}@{letter.message_id.rpartition('@')[2].rstrip('>')}"
    internationalised = not letter.recipient.addr_spec.isascii() or not letter.sender.addr_spec.isascii()
    message = EmailMessage(policy=SMTPUTF8 if internationalised else SMTP)
    message["Message-ID"] = letter.message_id
    message["Date"] = format_datetime(now)
    message["From"] = letter.sender
    message["To"] = letter.recipient
    if letter.reply_to is not None:
        message["Reply-To"] = letter.reply_to
    message["Subject"] = letter.subject
    message["Auto-Submitted"] = "auto-generated"
    message[AWARD_HEADER] = letter.award_id
    message.set_content(stationery.text(letter))
    message.add_alternative(stationery.html(letter, picture), subtype="html", cte="quoted-printable")
    page: Any = message.get_payload(1)
    page.add_related(
        shown, "image", "png", cid=f"<{picture}>", disposition="inline", filename=f"picture-{letter.file_name}"
    )
    message.add_attachment(baked, "image", "png", filename=letter.file_name)
    _bound(message, f"laurel-{letter.award_id}")
    return Mail(letter.sender.addr_spec, letter.recipient.addr_spec, message.as_bytes())


def _bound(message: EmailMessage, seed: str) -> None:
    """Boundaries that don't differ from attempt to attempt."""
    for number, part in enumerate(each for each in message.walk() if each.is_multipart()):
        part.set_boundary(f"{seed}-{number}")
