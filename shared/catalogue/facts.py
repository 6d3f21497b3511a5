"""What is known of one learner when criteria are evaluated: activities, and badges held. A set: repeats don't count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from shared.catalogue.durations import Duration
from shared.catalogue.model import Catalogue
from shared.catalogue.tree import Thing

WAITS_FOR_ADDRESS = "address"
"""what an award waits for that is earned, but whose learner has no address yet"""
WAITS_FOR_APPROVAL = "approval"
"""what an award waits for that a registrar has to confirm"""
_NO_VERSION = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Fact:
    """An activity, as criteria see it."""

    id: str
    event_id: str
    source: str
    verb: str
    kind: str
    ids: tuple[str, ...]
    at: datetime
    name: str | None = None
    course: str | None = None
    run: str | None = None
    succeeded: bool | None = None
    score: float | None = None
    raw_score: str | None = None
    duration: float | None = None
    """seconds"""
    fact: str | None = None
    """the fact that this is a version of; None for one that has no versions"""
    version: datetime | None = None
    """when the LMS said so"""
    withdrawn: bool = False
    """it says that the fact doesn't hold"""
    because: str | None = None
    """why, in the words of the registrar who decided"""

    @property
    def one(self) -> str:
        """What all versions of one fact share."""
        return self.fact or self.id

    @property
    def run_key(self) -> str:
        """The delivery of a course that it belongs to; where the event names none, the course is its run."""
        return self.run or self.course or self.ids[0]

    @property
    def course_key(self) -> str:
        """The course that it belongs to; where the event names none, the run is its course."""
        return self.course or self.run or self.ids[0]

    @property
    def called(self) -> str:
        """The thing's name with its id, as people recognise it."""
        return f"{self.name} ({self.ids[0]})" if self.name and self.name != self.ids[0] else self.ids[0]

    def about(self, thing: Thing) -> bool:
        """It is about such a thing."""
        return (
            self.kind == thing.kind
            and (thing.source is None or self.source == thing.source)
            and thing.pattern.matches(self.ids)
        )


@dataclass(frozen=True, slots=True)
class Holding:
    """A badge, as criteria see it: held from `since`, and before `until`."""

    award_id: str
    achievement: str
    since: datetime
    until: datetime | None = None
    active: bool = True
    """earned, and neither suspended nor revoked"""
    name: str | None = None
    """what people call it"""

    def held_at(self, moment: datetime) -> bool:
        """It counts at that moment."""
        return self.active and self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True)
class Facts:
    """A learner's activities and badges, by time. `moment` is when it is asked: what came later isn't in it."""

    activities: tuple[Fact, ...]
    holdings: tuple[Holding, ...] = ()
    zone: tzinfo = UTC
    moment: datetime | None = field(default=None)

    @classmethod
    def of(
        cls,
        activities: Iterable[Fact],
        holdings: Iterable[Holding] = (),
        timezone: str = "UTC",
        now: datetime | None = None,
    ) -> Facts:
        """Repeats and older versions are dropped; order doesn't matter. `timezone` is the issuer's. What is due after
        `now` isn't held.
        """
        due = (each for each in holdings if now is None or each.since <= now)
        return cls(
            tuple(sorted(newest(activities), key=lambda each: (each.at, each.id))),
            tuple(sorted(due, key=lambda each: (each.since, each.award_id))),
            ZoneInfo(timezone),
        )

    def up_to(self, moment: datetime) -> Facts:
        """What had happened by then."""
        return replace(self, activities=tuple(each for each in self.activities if each.at <= moment), moment=moment)

    def held(self) -> tuple[Holding, ...]:
        """The badges that count; asked without a moment: at the time of whatever happened last."""
        moment = self.moment or self.latest()
        return tuple(each for each in self.holdings if each.held_at(moment)) if moment else ()

    def latest(self) -> datetime | None:
        """When the last thing happened."""
        times = [each.at for each in self.activities[-1:]] + [each.since for each in self.holdings]
        return max(times, default=None)


def newest(facts: Iterable[Fact]) -> list[Fact]:
    """Of each fact the newest version, unless that withdraws it. The same set gives the same answer in any order."""
    latest: dict[str, Fact] = {}
    for each in facts:
        known = latest.get(each.one)
        if known is None or _age(known) < _age(each):
            latest[each.one] = each
    return [each for each in latest.values() if not each.withdrawn]


def _age(fact: Fact) -> tuple[datetime, bool, str]:
    """What has no version is older than any; of two that were said at one moment a withdrawal counts."""
    return fact.version or _NO_VERSION, fact.withdrawn, fact.id


def fact_of(document: Mapping[str, Any]) -> Fact:
    """From a stored activity, or a `LearningActivity` dumped as a mapping."""
    thing = document["object"]
    return Fact(
        id=str(document.get("_id") or document["activity_id"]),
        event_id=document["event_id"],
        source=document["source"],
        verb=str(document["verb"]),
        kind=str(thing["kind"]),
        ids=tuple(thing["ids"]),
        at=document["occurred_at"],
        name=thing.get("name"),
        course=thing.get("course"),
        run=thing.get("run"),
        succeeded=document.get("succeeded"),
        score=document.get("score"),
        raw_score=document.get("raw_score"),
        duration=document.get("duration"),
        fact=document.get("fact"),
        version=document.get("version"),
        withdrawn=bool(document.get("withdrawn")),
        because=document.get("because"),
    )


def holding_of(document: Mapping[str, Any], catalogue: Catalogue) -> Holding:
    """From a stored award; how long it is valid is its achievement version's to say.

    One that waits for nothing but its learner's address is held: whom a credential can be sent to is no matter of
    earning the next badge.
    """
    live = catalogue.achievement(document["tenant"], document["achievement"], document["version"])
    tenant = catalogue.tenant(document["tenant"])
    due = document["due_at"]
    valid_for = live.achievement.valid_for if live is not None else None
    zone = ZoneInfo(tenant.issuer.timezone) if tenant is not None else UTC
    return Holding(
        award_id=str(document["_id"]),
        achievement=document["achievement"],
        since=due,
        until=Duration.parse(valid_for).after(due, zone) if valid_for else None,
        active=(document["state"] == "earned" or waits_for_address(document))
        and document.get("credential_state", "active") == "active"
        and not document.get("corrected"),
        name=live.achievement.name if live is not None else None,
    )


def waits_for_address(award: Mapping[str, Any]) -> bool:
    """A stored award that is earned, and only isn't told because its learner has no address."""
    return award["state"] == "pending" and award.get("waits_for") == WAITS_FOR_ADDRESS
