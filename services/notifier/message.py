"""A letter as a MIME message: text, HTML with the badge's picture in it, and the baked badge attached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape
from mjml import mjml2html

from services.notifier import mime
from services.notifier.letter import Digest, Letter

AWARD_HEADER = "Laurel-Award"
"""Which award a message is about, a line for each: exports and bounces find their badge by it."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as it goes over the wire, every line ended by CRLF, and between whom."""

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

    def html(self, letter: Letter | Digest, picture: str = "") -> str:
        """`picture` is the content id of the badge's picture; a digest knows its own."""
        return self._html.render(letter=letter, picture=picture)

    def text(self, letter: Letter | Digest) -> str:
        """For people who read mail as text."""
        return self._text.render(letter=letter)


def composed(letter: Letter, stationery: Stationery, shown: bytes, baked: bytes, now: datetime) -> Mail:
    """The same letter makes the same message but for its Date. `shown` is a PNG in lines of base64, `baked` a PNG."""
    picture = letter.content_id
    boundary = f"=_{letter.award_id}"
    page = [
        mime.text("html", stationery.html(letter, picture)),
        mime.png(shown, "inline", f"picture-{letter.file_name}", picture),
    ]
    body = [mime.text("plain", stationery.text(letter)), mime.multipart("related", f"{boundary}-2", page)]
    attached = mime.png(mime.base64_lines(baked), "attachment", letter.file_name)
    whole = mime.multipart("mixed", f"{boundary}-0", [mime.multipart("alternative", f"{boundary}-1", body), attached])
    return Mail(
        letter.sender.addr_spec,
        letter.recipient.addr_spec,
        _headers(letter, letter.subject, [letter.award_id], now) + whole,
    )


def digested(digest: Digest, stationery: Stationery, shown: Sequence[bytes], now: datetime) -> Mail:
    """Several badges, each with its picture; `shown` in their order. The baked ones are a click away."""
    first = digest.first
    boundary = f"=_{first.award_id}"
    pictures = [
        mime.png(picture, "inline", f"picture-{letter.file_name}", letter.content_id)
        for letter, picture in zip(digest.badges, shown, strict=True)
    ]
    page = [mime.text("html", stationery.html(digest)), *pictures]
    body = [mime.text("plain", stationery.text(digest)), mime.multipart("related", f"{boundary}-2", page)]
    headers = _headers(first, digest.subject, [each.award_id for each in digest.badges], now)
    whole = mime.multipart("alternative", f"{boundary}-1", body)
    return Mail(first.sender.addr_spec, first.recipient.addr_spec, headers + whole)


def _headers(letter: Letter, subject: str, awards: Sequence[str], now: datetime) -> bytes:
    beyond_ascii = not (letter.recipient.addr_spec + letter.sender.addr_spec).isascii()
    lines = [
        f"Message-ID: {letter.message_id}\r\nDate: {format_datetime(now)}\r\n".encode(),
        _standing("From", str(letter.sender), beyond_ascii),
        mime.header("To", str(letter.recipient), internationalised=beyond_ascii),
        _standing("Reply-To", str(letter.reply_to), beyond_ascii) if letter.reply_to is not None else b"",
        _standing("Subject", subject, beyond_ascii),
        b"Auto-Submitted: auto-generated\r\n",
        *(f"{AWARD_HEADER}: {award}\r\n".encode() for award in awards),
        b"MIME-Version: 1.0\r\n",
    ]
    return b"".join(lines)


@lru_cache(maxsize=512)
def _standing(name: str, value: str, beyond_ascii: bool) -> bytes:
    """A header that an issuer's or a badge's letters have in common."""
    return mime.header(name, value, internationalised=beyond_ascii)
