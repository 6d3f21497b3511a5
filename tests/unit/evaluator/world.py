"""A small world to judge in: a catalogue in a few lines, activities in one, and an evaluator over memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from services.evaluator.addresses import Addresses
from services.evaluator.arriving import Delivered
from services.evaluator.compiled import Compiled, compiled
from services.evaluator.domain import Evaluator
from services.evaluator.merging import Merges
from services.evaluator.places import Places
from services.evaluator.ports import Activities, Awards, MergeStore, Publish
from services.evaluator.settling import Settling
from services.evaluator.sweeping import Merging, Sweep
from shared.catalogue.model import Achievement, Catalogue, Issuer, LiveAchievement, Tenant
from shared.contracts import identity
from shared.contracts.events import (
    AchievementEarned,
    ActivityObject,
    Event,
    LearningActivity,
    ObjectKind,
    Verb,
)
from shared.errors import Rejected
from tests.unit.evaluator.memory import (
    MemoryActivities,
    MemoryAwards,
    MemoryDirectory,
    MemoryIssued,
    MemoryMerges,
    MemoryTally,
)

DAY = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
TICK = 0.0001
"""what the evaluator's timer moves on each time it is read: less than its clock could tell"""
SECRET = b"for tests only"
TENANT = "north"


def live(slug: str, earned_when: dict[str, Any], **fields: Any) -> LiveAchievement:
    achievement = Achievement(
        **{"version": 1, "type": "Badge", "name": slug, "description": "…", "criteria": "…", **fields, "id": slug}
    )
    return LiveAchievement(tenant=TENANT, achievement=achievement, earned_when=earned_when, image=b"")


def catalogue(
    *achievements: LiveAchievement, timezone: str = "UTC", revision: int = 1, address_wait: str = "PT0S"
) -> Catalogue:
    issuer = Issuer(
        tenant=TENANT, id="did:web:north.example", name="North", url="https://n.example", timezone=timezone,
        address_wait=address_wait,
    )  # fmt: skip
    return Catalogue(revision, (Tenant(issuer=issuer, sources=(), achievements=achievements),))


def did(
    name: str,
    course: str,
    *,
    at: datetime = DAY,
    verb: Verb = Verb.COMPLETED,
    score: float | None = None,
    run: str | None = None,
    learner: str = "ada",
    kind: ObjectKind = ObjectKind.COURSE,
    content: str = "",
    succeeded: bool | None = None,
    version: datetime | None = None,
    withdrawn: bool = False,
    reachable: bool | None = None,
) -> LearningActivity:
    fact = identity.activity_id(TENANT, "lms", name)
    return LearningActivity(
        activity_id=fact if version is None else identity.version_id(TENANT, "lms", name, version),
        fact=None if version is None else fact,
        version=version,
        withdrawn=withdrawn,
        reachable=reachable,
        event_id=name,
        tenant=TENANT,
        source="lms",
        dialect="cloudevents",
        learner=learner,
        verb=verb,
        object=ActivityObject(
            kind=kind, ids=(course, run) if run else (course,), name=None, course=course, run=run or course
        ),
        score=score,
        succeeded=succeeded,
        occurred_at=at,
        received_at=at + timedelta(seconds=1),
        content=content or name,
    )


def voids(name: str, *, at: datetime = DAY) -> LearningActivity:
    """The statement of that name never was; who says so doesn't know whose it was."""
    return did(name, name, at=at, version=at, withdrawn=True, verb=Verb.VOIDED, learner="", content=f"void {name}")


def decided(
    name: str, verb: Verb, achievement: str, *, at: datetime = DAY, because: str = "…", learner: str = "ada"
) -> LearningActivity:
    """What the registrar says."""
    activity = did(name, achievement, kind=ObjectKind.ACHIEVEMENT, verb=verb, at=at, learner=learner)
    return activity.model_copy(update={"source": "registrar", "dialect": "registrar", "because": because})


def deliver(activities: Iterable[LearningActivity], start: int = 0) -> list[Delivered]:
    return [Delivered(each, ("learning.activity.v1", 0, offset)) for offset, each in enumerate(activities, start=start)]


@dataclass
class World:
    catalogue: Catalogue
    activities: Activities = field(default_factory=MemoryActivities)
    awards: Awards = field(default_factory=MemoryAwards)
    issued: MemoryIssued = field(default_factory=MemoryIssued)
    directory: MemoryDirectory = field(default_factory=MemoryDirectory)
    given_up: MergeStore = field(default_factory=MemoryMerges)
    tally: MemoryTally = field(default_factory=MemoryTally)
    now: datetime = NOW
    published: list[AchievementEarned] = field(default_factory=list)
    sent: int = 0
    ticks: int = 0

    def __post_init__(self) -> None:
        self.broker: Publish = self.publish
        self.evaluator = self.restarted()

    def restarted(self) -> Evaluator:
        addresses = Addresses(self.directory, self.clock)
        self.merges = Merges(self.given_up, self.clock, lambda: self.now.timestamp())
        self.evaluator = Evaluator(
            self.activities, self.awards, self.issued, Places(self.awards, self.tally), self.tally, self.broker,
            self.live, self.clock, addresses=addresses, merges=self.merges, timer=self.tick, secret=SECRET,
        )  # fmt: skip
        patience = timedelta(seconds=15)
        self.settling = Settling(
            self.evaluator, self.activities, self.awards, addresses, self.clock, patience=patience
        )  # fmt: skip
        merging = Merging(self.evaluator, self.activities, self.awards, self.merges, self.given_up, self.clock)
        self.sweep = Sweep(self.settling, merging, self.awards, self.issued, self.clock, patience=patience)
        return self.evaluator

    def clock(self) -> datetime:
        return self.now

    def tick(self) -> float:
        self.ticks += 1
        return self.ticks * TICK

    async def publish(self, events: Sequence[Event]) -> None:
        self.published += [each for each in events if isinstance(each, AchievementEarned)]

    async def live(self) -> Compiled:
        return compiled(self.catalogue)

    async def receive(self, *activities: LearningActivity) -> list[Rejected | None]:
        """One batch, after all that came before."""
        found = await self.evaluator.receive(deliver(activities, self.sent))
        self.sent += len(activities)
        return found

    async def sweep_up(self, later: timedelta = timedelta()) -> None:
        self.now += later
        await self.sweep.run(await self.live())

    async def held(self, learner: str = "ada") -> dict[str, Any]:
        """The learner's awards, by achievement and key."""
        found = await self.awards.of_learners({(TENANT, learner)})
        return {f"{each.achievement}:{each.award_key}": each for each in found.get((TENANT, learner), [])}

    def told(self) -> set[str]:
        return {each.achievement for each in self.published}
