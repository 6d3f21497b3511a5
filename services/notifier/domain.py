"""Which e-mail is owed to whom, and what becomes of it after each attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import AwareDatetime

from shared.contracts.documents import Delivery, DeliveryState
from shared.contracts.events import CredentialIssued, CredentialState, CredentialStatusChanged

ISSUED = "issued"
"""The template of the e-mail about a new badge."""

DIGEST = "digest"
"""The template of the one e-mail about everything that a backfill brought somebody."""
MOST_BADGES = 40
"""in one digest: pictures are in it, and mail servers refuse what is large; further ones get an e-mail of their own"""

REVOKED = "revoked"
QUIET = "quiet"
PATIENCE = 37
"""Attempts that take about five days, as long as mail servers themselves keep trying (RFC 5321, section 4.5.4.1)."""
ADDRESS_WAIT = timedelta(hours=1)

_FIRST_RETRY = timedelta(minutes=1)
_LAST_RETRY = timedelta(hours=4)
_ONE_DOUBT = 1


class OwedDelivery(Delivery):
    """A delivery with what only its sender needs. A claim marks whose it is; a doubt is a send of unknown end."""

    claim: str | None = None
    doubts: int = 0
    addressed_at: AwareDatetime | None = None
    """when its address was found, if it had to wait for one"""
    held_until: AwareDatetime | None = None
    """a digest's first attempt: until then more badges may come"""

    @property
    def sendable_since(self) -> datetime:
        """From when on its waiting is ours to answer for."""
        return self.addressed_at or self.held_until or self.created_at

    @property
    def takes_more(self) -> bool:
        """A digest nobody may have read yet, and nobody is at: what may have gone out once stays as it was."""
        unsent = self.state in (DeliveryState.QUEUED, DeliveryState.WAITING)
        return unsent and self.claim is None and not self.doubts and len(self.awards) < MOST_BADGES


@dataclass(frozen=True, slots=True)
class Accepted:
    """The mail server took it."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now: a 4xx answer, or something about this one delivery that mends itself."""

    code: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Never: a 5xx answer, or something that no repeat mends."""

    code: str


@dataclass(frozen=True, slots=True)
class Unwanted:
    """This e-mail isn't wanted: nobody is to be told, or another e-mail tells it."""

    code: str = QUIET


@dataclass(frozen=True, slots=True)
class Unaddressed:
    """The directory has no address of this learner yet."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Nobody knows whether the mail server took it: the connection or the process ended in between."""


Outcome = Accepted | Deferred | Refused | Unwanted | Unaddressed | Doubtful


@dataclass(frozen=True, slots=True)
class Step:
    """What is written about a delivery after an attempt; `after` is the pause before the next one."""

    state: DeliveryState
    after: timedelta = timedelta()
    error_code: str | None = None
    doubts: int = 0


def delivery_id(award_id: str, template: str) -> str:
    """One e-mail of a kind for each award, however often it is announced."""
    return f"{award_id}:{template}"


def owed(issued: CredentialIssued, now: datetime) -> OwedDelivery:
    """The e-mail about a new badge; one that is already revoked is not written about."""
    revoked = issued.state is CredentialState.REVOKED
    return OwedDelivery(
        id=delivery_id(issued.award_id, ISSUED),
        tenant=issued.tenant,
        award_id=issued.award_id,
        learner=issued.learner,
        template=ISSUED,
        state=DeliveryState.SUPPRESSED if revoked else DeliveryState.QUEUED,
        next_attempt_at=min(issued.issued_at, now),
        created_at=now,
        error_code=REVOKED if revoked else None,
    )


def gathering(single: OwedDelivery, digest: str, now: datetime, hold: timedelta) -> OwedDelivery:
    """The digest that this badge is told in, if it is the first one in it."""
    return OwedDelivery(
        id=f"{single.learner}:{digest}:{DIGEST}",
        tenant=single.tenant,
        award_id="",
        awards=(single.award_id,),
        learner=single.learner,
        template=DIGEST,
        state=DeliveryState.QUEUED,
        next_attempt_at=now + hold,
        held_until=now + hold,
        created_at=now,
    )


def gathered(single: OwedDelivery, digest: OwedDelivery) -> Outcome | None:
    """What becomes of a badge's own e-mail, where the digest is this; None: it is written, lest nobody is told."""
    if single.award_id in digest.awards:
        return Unwanted(DIGEST)
    return Deferred("digest_under_way") if digest.claim is not None else None


def not_owed(changes: Sequence[CredentialStatusChanged], now: datetime) -> list[OwedDelivery]:
    """For each revocation, a suppressed delivery in the place that the badge's announcement would take.

    The two come by different topics in any order: whichever is first, a revoked badge is not written about.
    """
    return [
        OwedDelivery(
            id=delivery_id(change.award_id, ISSUED),
            tenant=change.tenant,
            award_id=change.award_id,
            learner=change.learner,
            template=ISSUED,
            state=DeliveryState.SUPPRESSED,
            next_attempt_at=now,
            created_at=now,
            error_code=REVOKED,
        )
        for change in changes
        if change.state is CredentialState.REVOKED
    ]


def after_attempt(delivery: OwedDelivery, outcome: Outcome) -> Step:
    """What comes of an attempt. SMTP has no exactly-once: one send in doubt is repeated, a second one is given up."""
    match outcome:
        case Accepted():
            return Step(DeliveryState.SENT, doubts=delivery.doubts)
        case Refused(code):
            return Step(DeliveryState.FAILED, error_code=code, doubts=delivery.doubts)
        case Unwanted(code):
            return Step(DeliveryState.SUPPRESSED, error_code=code, doubts=delivery.doubts)
        case Unaddressed():
            return Step(DeliveryState.WAITING, ADDRESS_WAIT, "no_address", delivery.doubts)
        case Doubtful() if delivery.doubts >= _ONE_DOUBT:
            return Step(DeliveryState.FAILED, error_code="ambiguous", doubts=delivery.doubts + 1)
        case Doubtful():
            return Step(DeliveryState.QUEUED, error_code="ambiguous", doubts=delivery.doubts + 1)
        case Deferred(code) if is_hopeless(delivery):
            return Step(DeliveryState.FAILED, error_code=code, doubts=delivery.doubts)
        case Deferred(code):
            return Step(DeliveryState.QUEUED, backoff(delivery.attempts), code, delivery.doubts)


def backoff(attempts: int) -> timedelta:
    """The pause after the nth attempt: a minute, doubled up to four hours."""
    return min(_FIRST_RETRY * (1 << min(attempts - 1, 20)), _LAST_RETRY)


def is_hopeless(delivery: Delivery) -> bool:
    """Tried for days, to no end; the attempt under way is counted already."""
    return delivery.attempts > PATIENCE


def was_interrupted(delivery: OwedDelivery) -> bool:
    """A due delivery that still says SENDING outlived its sender's lease: nobody knows how that ended."""
    return delivery.state is DeliveryState.SENDING


def message_id(delivery: Delivery, host: str) -> str:
    """The same for every attempt, so that a mail server or client that sees a twin may drop it."""
    return f"<{delivery.id.replace(':', '.')}@{host}>"
