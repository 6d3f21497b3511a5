"""What an e-mail about new badges says: words, dates and addresses, not yet a message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from services.notifier.domain import message_id
from shared.catalogue.model import Issuer, LiveAchievement, Tenant
from shared.contracts.documents import Credential, Delivery, Learner
from shared.errors import Rejected
from shared.openbadges import did

_LOCAL_PART = re.compile(r"[^\s@\"(),:;<>\[\]\\.\x00-\x1f\x7f]+(\.[^\s@\"(),:;<>\[\]\\.\x00-\x1f\x7f]+)*")
"""RFC 5321's dot-string, with RFC 6531's characters beyond ASCII. Quoted ones exist on paper alone."""
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


class UnusableAddress(Rejected):
    """This is no e-mail address that one message to one person can be sent to."""

    code = "invalid_address"


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything the templates may say. Texts are plain: a template escapes them."""

    message_id: str
    award_id: str
    sender: Address
    reply_to: Address | None
    recipient: Address
    subject: str
    greeting: str
    badge: str
    issuer: str
    why: str
    awarded_on: str
    validity: str
    page_url: str
    linkedin_url: str
    verify_url: str
    file_name: str

    @property
    def content_id(self) -> str:
        """By which a page finds the badge's picture in the same message."""
        return f"badge.{self.award_id}@{self.message_id.rpartition('@')[2].rstrip('>')}"


@dataclass(frozen=True, slots=True)
class Digest:
    """Several badges in one e-mail; each letter says what it would have said alone."""

    badges: tuple[Letter, ...]

    @property
    def first(self) -> Letter:
        """What they have in common stands in each: who writes to whom, and how one greets."""
        return self.badges[0]

    @property
    def subject(self) -> str:
        """How many, as their names may be too many."""
        return f"You have earned {len(self.badges)} badges"


@dataclass(frozen=True, slots=True)
class Desk:
    """From where letters are written: the deployment's sender, and where the embedded portal is, if it is one."""

    mail_from: str | None = None
    portal_url: str | None = None

    def write(
        self, delivery: Delivery, learner: Learner, credential: Credential, why: str, live: LiveAchievement, at: Tenant
    ) -> Letter:
        """Raises UnusableAddress."""
        issuer = at.issuer
        page = self._page(issuer, delivery.award_id)
        host = host_of(issuer)
        badge = one_line(live.achievement.name)
        return Letter(
            message_id=message_id(delivery, host),
            award_id=delivery.award_id,
            sender=self._sender(issuer, host),
            reply_to=mailbox(issuer.email, issuer.name) if issuer.email else None,
            recipient=mailbox(learner.email or "", learner.name or ""),
            subject=f"You have earned {badge}",
            greeting=f"Hello {one_line(learner.name)}," if learner.name and learner.name.strip() else "Hello,",
            badge=badge,
            issuer=one_line(issuer.name),
            why=one_line(why) or "You met the criteria of this badge.",
            awarded_on=day(credential.valid_from, issuer.timezone),
            validity=validity(credential, issuer.timezone),
            page_url=page,
            linkedin_url=f"{page}/linkedin",
            verify_url=f"{self.portal_url or _origin(issuer)}/verify",
            file_name=f"{live.achievement.id}.png",
        )

    def _page(self, issuer: Issuer, award_id: str) -> str:
        if self.portal_url is None:
            return did.credential_url(issuer.id, award_id)
        return f"{self.portal_url}/{did.site_path(issuer.id)}/credentials/{award_id}"

    def _sender(self, issuer: Issuer, host: str) -> Address:
        if self.mail_from is not None:
            name, address = parseaddr(self.mail_from)
            return mailbox(address, name or issuer.name)
        return mailbox(issuer.email or f"no-reply@{host}", issuer.name)


def host_of(issuer: Issuer) -> str:
    """The issuer's host without a port: the right-hand side of message ids."""
    return _origin(issuer).removeprefix("https://").split(":")[0]


def _origin(issuer: Issuer) -> str:
    return "https://" + did.site_path(issuer.id).split("/")[0]


def mailbox(address: str, name: str) -> Address:
    """One person's address: exactly one, without a display name of its own, its domain as DNS knows it.

    Raises UnusableAddress, whose message doesn't quote it.
    """
    local, _, domain = address.strip().rpartition("@")
    if not _LOCAL_PART.fullmatch(local):
        raise UnusableAddress("the part of the address before its @ can't be used")
    try:
        dns = domain.encode("idna").decode("ascii")
    except UnicodeError:
        dns = ""
    if not _DOMAIN.fullmatch(dns):
        raise UnusableAddress("the address has no domain that can be used")
    return Address(one_line(name), username=local, domain=dns)


def validity(credential: Credential, timezone: str) -> str:
    """From when until when, in the issuer's days."""
    since = f"from {day(credential.valid_from, timezone)}"
    if credential.valid_until is None:
        return f"{since}, without an end date"
    return f"{since} until {day(credential.valid_until, timezone)}"


def day(moment: datetime, timezone: str) -> str:
    """A date as people write it: 1 November 2026."""
    there = moment.astimezone(ZoneInfo(timezone))
    return f"{there.day} {there:%B %Y}"


def one_line(text: str) -> str:
    """Text that may stand in a header: no line breaks or control characters."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
