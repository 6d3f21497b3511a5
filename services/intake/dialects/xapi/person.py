"""Whom a statement is about."""

from __future__ import annotations

import re

from services.intake.dialects.shapes import address, invalid
from services.intake.dialects.xapi.shape import Actor
from services.intake.translation import Person

_SCHEME = re.compile(r"^https?://", re.IGNORECASE)


def person(actor: Actor, at: str) -> Person:
    """Any identifier of the four will do as an id: each names one agent."""
    account, mailbox = actor.account, _mailbox(actor.mbox, at)
    by_mailbox = account is None and mailbox is not None
    name = account.name if account else None
    home = account.homePage if account else None
    return Person(
        fields={
            "id": f"{at}actor.account.name, actor.mbox, actor.mbox_sha1sum or actor.openid",
            "sis_id": f"{at}actor.account.name",
            "email": f"{at}actor.mbox",
        },
        id=name or mailbox or actor.mbox_sha1sum or actor.openid,
        sis_id=name,
        email=mailbox,
        name=actor.name,
        home=_SCHEME.sub("", home).rstrip("/") if home else None,
        id_type="emailAddress" if by_mailbox else "accountId",
    )


def _mailbox(mbox: str | None, at: str) -> str | None:
    if mbox is None:
        return None
    mailbox = address(mbox[len("mailto:") :]) if mbox.lower().startswith("mailto:") else None
    if mailbox is None:
        raise invalid(f"{at}actor.mbox: should be mailto: and an address")
    return mailbox
