"""Awards: the durable records of intent, from what was judged to what is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.evaluator.judging import Earned
from services.evaluator.known import Arrived, Ended, Held, Position
from shared.catalogue.decisions import decided
from shared.catalogue.facts import WAITS_FOR_ADDRESS, WAITS_FOR_APPROVAL, Fact, Holding, fact_of, holding_of
from shared.catalogue.model import Catalogue
from shared.catalogue.words import reason
from shared.contracts import identity
from shared.contracts.documents import Award, AwardState
from shared.contracts.events import (
    CORRECTION,
    AchievementEarned,
    Change,
    CredentialState,
    Decision,
    Evidence,
    StatusChangeRequested,
)

ATTEMPTS_PER_LIST = 16
_LONGEST_WAIT = timedelta(hours=6)
RARE = (
    "look_at", "waits_for", "waits_until", "corrections", "corrected", "ruling", "ended_by", "ended_at", "counts_from",
    "withdrawn_after", "quiet", "digest",
)  # fmt: skip
_NOWHERE: Position = ("", 0, 0)


class Correction(BaseModel):
    """The facts no longer hold, or hold again: what is asked of the registry. The n-th of an award is made once."""

    model_config = ConfigDict(frozen=True)

    change: Change
    at: AwareDatetime
    reason: str
    position: Position
    """after which arrival"""

    @property
    def takes_back(self) -> bool:
        """The badge isn't held from then on."""
        return self.change is not Change.REINSTATE

    def to_store(self) -> dict[str, Any]:
        """As part of its award."""
        return {**self.model_dump(), "change": self.change.value, "position": [*self.position]}


class Ruling(BaseModel):
    """What a registrar decided about an award that waited for approval."""

    model_config = ConfigDict(frozen=True)

    id: str
    decision: Decision
    reason: str
    by: str
    at: AwareDatetime

    def to_store(self) -> dict[str, Any]:
        """As part of its award."""
        return {**self.model_dump(), "decision": self.decision.value}


class OwnAward(Award):
    """An award with what only the evaluator keeps of it."""

    origin: tuple[str, int, int] = _NOWHERE
    """after which arrival it was earned"""
    stored_at: AwareDatetime
    """when it was inserted; the sweep looks once, a little later, what came of it"""
    look_at: AwareDatetime | None = None
    """when the sweep looks at it, apart from that: it falls due, or nothing came of it so far"""
    tries: int = 0
    waits_for: str | None = None
    """what a pending award waits for besides its due date: an `approval`, then an `address`"""
    waits_until: AwareDatetime | None = None
    """it is told then, whatever it waits for"""
    corrections: tuple[Correction, ...] = ()
    corrected: bool = False
    """the facts don't hold now: it isn't held, whatever the registry has said so far"""
    ruling: Ruling | None = None
    ended_by: str | None = None
    """the status fact by which its credential was revoked"""
    ended_at: AwareDatetime | None = None
    counts_from: AwareDatetime | None = None
    """it was earned again after people ended the one before: only what happened later counts"""
    withdrawn_after: Position | None = None
    """after which arrival it no longer held, before it was told"""

    @property
    def is_earned(self) -> bool:
        """Due and approved: it may be told."""
        return self.state is AwardState.EARNED

    def to_store(self) -> dict[str, Any]:
        """Most awards never need a second look: the index on `look_at` holds only those that do."""
        return {name: value for name, value in super().to_store().items() if value or name not in RARE}

    @property
    def waited(self) -> bool:
        """It was not issued at once."""
        return self.due_at > self.earned_at or self.waits_for_address or self.ruling is not None

    @property
    def waits_for_address(self) -> bool:
        """It is earned, but its learner has no address yet."""
        return self.state is AwardState.PENDING and self.waits_for == WAITS_FOR_ADDRESS

    @property
    def waits_for_approval(self) -> bool:
        """A registrar hasn't decided yet."""
        return self.state is AwardState.PENDING and self.waits_for == WAITS_FOR_APPROVAL

    @property
    def ended(self) -> Ended | None:
        """Nothing brings it back: it can only be earned again."""
        if self.corrections and self.corrections[-1].change is Change.REVOKE:
            return Ended(identity.correction_id(self.id, len(self.corrections)), after=self.corrections[-1].position)
        if self.state is AwardState.DECLINED and self.ruling is not None:
            return Ended(self.ruling.id, since=self.ruling.at)
        if self.credential_state is CredentialState.REVOKED:
            return Ended(self.ended_by, since=self.ended_at)
        return None


def award_of(earned: Earned, learner: str, *, now: datetime) -> OwnAward:
    """As it will be inserted; its place on a status list is still to be found."""
    rule = earned.rule
    due = earned.due_at <= now and not earned.waits_for_approval
    return OwnAward(
        id=earned.award_id,
        tenant=rule.tenant,
        achievement=rule.achievement,
        version=rule.version,
        learner=learner,
        award_key=earned.key,
        earned_at=earned.earned_at,
        due_at=earned.due_at,
        state=AwardState.EARNED if due else AwardState.PENDING,
        evidence=(*(_of_fact(each) for each in earned.evidence), *(_of_badge(each) for each in earned.holdings)),
        score=earned.score,
        why=decided(earned.evidence, rule.zone) or reason(earned.evidence, earned.holdings, rule.zone),
        status_list=1,
        status_index=0,
        received_at=earned.received_at,
        origin=earned.position,
        stored_at=now,
        look_at=None if due or earned.waits_for_approval else earned.due_at,
        waits_for=WAITS_FOR_APPROVAL if earned.waits_for_approval else None,
        counts_from=earned.since,
    )


def awaiting_address(award: OwnAward, until: datetime, look: datetime) -> OwnAward:
    """It is told once there is an address, or then at the latest."""
    waits = {"state": AwardState.PENDING, "waits_for": WAITS_FOR_ADDRESS, "waits_until": until, "look_at": look}
    return award.model_copy(update=waits)


def placed(award: OwnAward, secret: bytes, attempt: int, first_list: int) -> OwnAward:
    """On the place that the n-th attempt leads to: unguessable, and the same for everyone who tries."""
    index = identity.status_index(secret, award.tenant, award.id, attempt)
    number = first_list + attempt // ATTEMPTS_PER_LIST
    return award.model_copy(update={"status_list": number, "status_index": index})


def told(award: Award) -> AchievementEarned:
    """As the store holds it."""
    return AchievementEarned(
        award_id=award.id,
        award_key=award.award_key,
        tenant=award.tenant,
        achievement=award.achievement,
        version=award.version,
        learner=award.learner,
        earned_at=award.earned_at,
        valid_from=award.due_at,
        evidence=award.evidence,
        score=award.score,
        why=award.why,
        status_list=award.status_list,
        status_index=award.status_index,
        received_at=award.received_at,
    )


def requested(award: OwnAward) -> list[StatusChangeRequested]:
    """Everything that corrections ask for it, as the store holds it."""
    return [
        StatusChangeRequested(
            request_id=identity.correction_id(award.id, number),
            tenant=award.tenant,
            award_id=award.id,
            learner=award.learner,
            change=each.change,
            cause=CORRECTION,
            reason=each.reason,
            requested_by="evaluator",
            requested_at=each.at,
        )
        for number, each in enumerate(award.corrections, start=1)
    ]


def patience_after(tries: int, patience: timedelta) -> timedelta:
    """The signer may be down for long: each look that finds nothing doubles the wait.

    It may also refuse the award each time it is told, and each time leaves a dead letter: hence the long waits.
    """
    doubled: timedelta = patience * 2 ** min(tries, 16)
    return min(doubled, max(_LONGEST_WAIT, patience))


def arrived_of(activity: Mapping[str, Any]) -> Arrived:
    """From a stored activity."""
    origin = activity["origin"]
    return Arrived(fact_of(activity), (origin["topic"], origin["partition"], origin["offset"]), activity["received_at"])


def held_of(award: OwnAward, catalogue: Catalogue) -> Held:
    """From a stored award."""
    document = {
        "_id": award.id,
        "tenant": award.tenant,
        "achievement": award.achievement,
        "version": award.version,
        "due_at": award.due_at,
        "state": award.state.value,
        "credential_state": award.credential_state.value,
        "waits_for": award.waits_for,
        "corrected": award.corrected,
    }
    return Held(
        holding_of(document, catalogue),
        identity.first_award_key(award.award_key),
        award.origin,
        award.received_at,
        withdrawn=award.state is AwardState.WITHDRAWN,
        award_key=award.award_key,
        ended=award.ended,
        since=award.counts_from,
        after=award.withdrawn_after,
    )


def _of_fact(fact: Fact) -> Evidence:
    return Evidence(
        activity_id=fact.id,
        event_id=fact.event_id,
        source=fact.source,
        verb=fact.verb,
        object_id=fact.ids[0],
        object_name=fact.name,
        score=fact.score,
        raw_score=fact.raw_score,
        occurred_at=fact.at,
    )


def _of_badge(holding: Holding) -> Evidence:
    return Evidence(
        activity_id=holding.award_id,
        event_id=holding.award_id,
        source="laurel",
        verb="holds",
        object_id=holding.achievement,
        object_name=holding.name,
        occurred_at=holding.since,
    )
