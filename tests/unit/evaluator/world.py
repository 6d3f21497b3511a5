"""A small world to judge in: a catalogue in a few lines, activities in one, and an evaluator over memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from services.evaluator.addresses import Addresses
from services.evaluator.approving import Approvals
from services.evaluator.arriving import Delivered
from services.evaluator.awards import OwnAward, held_of
from services.evaluator.compiled import Compiled, compiled
from services.evaluator.correcting import Corrections
from services.evaluator.domain import Evaluator
from services.evaluator.merging import Merges
from services.evaluator.places import Places
from services.evaluator.ports import Activities, Awards, MergeStore, Publish
from services.evaluator.settling import Settling
from services.evaluator.sweeping import Merging, Sweep
from services.evaluator.touches import Tagged
from shared.catalogue.model import Achievement, Catalogue, Issuer, LiveAchievement, Tenant
from shared.contracts import identity
from shared.contracts.events import (
    AchievementEarned,
    ActivityObject,
    AwardDecisionRequested,
    Change,
    Decision,
    Event,
    LearningActivity,
    ObjectKind,
    StatusChangeRequested,
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
from tests.unit.evaluator.registry import MemoryAsked

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
    asked: MemoryAsked = field(default_factory=MemoryAsked)
    directory: MemoryDirectory = field(default_factory=MemoryDirectory)
    given_up: MergeStore = field(default_factory=MemoryMerges)
    tally: MemoryTally = field(default_factory=MemoryTally)
    now: datetime = NOW
    published: list[AchievementEarned] = field(default_factory=list)
    requests: list[StatusChangeRequested] = field(default_factory=list)
    deaf: bool = False
    """the registry doesn't hear what it is asked"""
    sent: int = 0
    ticks: int = 0
    compiled: Compiled | None = None

    def __post_init__(self) -> None:
        self.broker: Publish = self.publish
        self.evaluator = self.restarted()

    def restarted(self) -> Evaluator:
        addresses = Addresses(self.directory, self.clock)
        patience = timedelta(seconds=15)
        self.tagged = Tagged(self.activities)
        self.corrections = Corrections(self.awards, self.asked, self.broker, self.clock, patience=patience)
        self.merges = Merges(self.given_up, self.clock, lambda: self.now.timestamp())
        self.evaluator = Evaluator(
            self.activities, self.awards, self.issued, Places(self.awards, self.tally), self.tally, self.broker,
            self.live, self.clock, addresses=addresses,
            corrections=self.corrections, tagged=self.tagged, merges=self.merges, timer=self.tick, secret=SECRET,
        )  # fmt: skip
        self.settling = Settling(
            self.evaluator, self.activities, self.awards, addresses, self.clock, patience=patience
        )  # fmt: skip
        merging = Merging(
            self.evaluator, self.activities, self.awards, self.merges, self.given_up, self.settling, self.clock
        )
        self.sweep = Sweep(
            self.settling, self.corrections, merging, self.awards, self.issued, self.clock, patience=patience
        )  # fmt: skip
        self.approvals = Approvals(self.awards, self.settling, self.tally, self.live, self.clock)
        return self.evaluator

    def clock(self) -> datetime:
        return self.now

    def tick(self) -> float:
        self.ticks += 1
        return self.ticks * TICK

    async def publish(self, events: Sequence[Event]) -> None:
        self.published += [each for each in events if isinstance(each, AchievementEarned)]
        changes = [each for each in events if isinstance(each, StatusChangeRequested)]
        self.requests += changes
        for each in changes:
            if not self.deaf:
                self.asked.hear(each)

    async def registry_tells(self) -> None:
        """What its facts come to, once nothing is asked any more."""
        heard = -1
        while heard != len(self.asked.facts):
            heard = len(self.asked.facts)
            awards = [each for each in await self.everything() if each.is_earned]
            await self.evaluator.status_changed(self.asked.states(awards))

    async def operator(self, change: Change, award_id: str, at: datetime | None = None) -> None:
        """Somebody decides about a credential."""
        self.asked.hear(
            StatusChangeRequested(
                request_id=f"operator-{len(self.asked.facts)}",
                tenant=TENANT,
                award_id=award_id,
                change=change,
                reason="…",
                requested_at=at or self.now,
            )
        )
        await self.registry_tells()

    async def decide(self, decision: Decision, *awards: str, name: str = "d1") -> list[Rejected | None]:
        """A registrar about awards that wait for approval."""
        return await self.approvals.decide(
            [
                AwardDecisionRequested(
                    request_id=f"{name}-{each}",
                    tenant=TENANT,
                    award_id=each,
                    decision=decision,
                    reason="looked at it",
                    decided_by="registrar",
                    decided_at=self.now,
                )
                for each in awards
            ]
        )

    async def everything(self, learner: str = "ada") -> list[OwnAward]:
        return (await self.awards.of_learners({(TENANT, learner)})).get((TENANT, learner), [])

    async def holds(self, learner: str = "ada") -> set[str]:
        """What counts for other badges: achievement and course run."""
        catalogue = (await self.live()).catalogue
        held = [held_of(each, catalogue) for each in await self.everything(learner)]
        return {f"{each.holding.achievement}:{each.key}" for each in held if each.holding.active}

    async def live(self) -> Compiled:
        if self.compiled is None or self.compiled.catalogue is not self.catalogue:
            self.compiled = compiled(self.catalogue)
        return self.compiled

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
