"""Who earned what, and who nearly did: read in batches, told row by row, whatever the number of learners."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.ctl.explanation import Explanation, Known, explained
from services.ctl.standing import State
from shared.catalogue.criteria import CriterionError, parse, scales_of
from shared.catalogue.facts import Fact
from shared.catalogue.model import Catalogue, LiveAchievement, Tenant
from shared.catalogue.patterns import Pattern
from shared.catalogue.tree import Thing, things
from shared.contracts.documents import ACTIVITIES, AWARDS, LEARNERS, Learner
from shared.runtime.mongo import Database, find_among, translated

_UNEARNED = (State.NOT_YET, State.WITHDRAWN, State.DECLINED, State.REVOKED)
_BATCH = 100
"""learners whose activities are in memory at once"""


class Group(StrEnum):
    """How a teacher looks at it."""

    EARNED = "earned"
    NEARLY = "nearly"
    NOT_YET = "not yet"


@dataclass(frozen=True, slots=True)
class Row:
    """One learner and one achievement."""

    tenant: str
    achievement: str
    version: int
    learner: str
    """as the LMS knows them"""
    name: str | None
    directory: str
    group: Group
    state: str
    earned_at: datetime | None
    progress: float
    missing: str

    def as_json(self) -> dict[str, Any]:
        """For scripts, and the columns of a CSV."""
        return {
            "tenant": self.tenant,
            "achievement": self.achievement,
            "version": self.version,
            "learner": self.learner,
            "name": self.name,
            "directory": self.directory,
            "group": self.group.value,
            "state": self.state,
            "earned_at": self.earned_at.isoformat() if self.earned_at else None,
            "progress": round(self.progress, 4),
            "missing": self.missing,
        }


COLUMNS = tuple(Row.__slots__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the report is about."""

    tenant: Tenant
    achievements: tuple[LiveAchievement, ...]
    course: Pattern | None
    """only learners who did something there, and achievements that it can count for"""
    nearly: float
    """from which progress on somebody has nearly earned it"""


class Report:
    """Judges what is stored as the evaluator would, and changes nothing."""

    def __init__(self, database: Database, catalogue: Catalogue, wanted: Wanted, now: datetime) -> None:
        self._database = database
        self._catalogue = catalogue
        self._wanted = wanted
        self._now = now
        scales = scales_of(wanted.tenant)
        self._things = {each.achievement.id: _things(each, scales) for each in wanted.achievements}

    async def size(self) -> int:
        """How many learners will be looked at."""
        with translated(LEARNERS):
            counted: int = await self._database[LEARNERS].count_documents(self._learners)
            return counted

    async def rows(self, looked: Callable[[int], None]) -> AsyncIterator[Row]:
        """Of each learner, in no order that means anything; `looked` is told how many more were. Raises Unavailable."""
        after = ""
        while batch := await self._batch(after):
            after = batch[-1].id
            for known in await self._known(batch):
                for row in self._of(known):
                    yield row
            looked(len(batch))

    @property
    def _learners(self) -> dict[str, Any]:
        """Those who were merged into another are told as that one."""
        return {"tenant": self._wanted.tenant.issuer.tenant, "merged_into": None}

    async def _batch(self, after: str) -> list[Learner]:
        with translated(LEARNERS):
            found = self._database[LEARNERS].find(self._learners | {"_id": {"$gt": after}}).sort("_id", 1).limit(_BATCH)
            return [Learner.from_store(each) async for each in found]

    async def _known(self, learners: Sequence[Learner]) -> list[Known]:
        ids = [each.id for each in learners]
        activities = _by_learner(await find_among(self._database[ACTIVITIES], "learner", ids))
        awards = _by_learner(await find_among(self._database[AWARDS], "learner", ids))
        return [Known(each, activities.get(each.id, ()), awards.get(each.id, ())) for each in learners]

    def _of(self, known: Known) -> Iterable[Row]:
        for live in self._wanted.achievements:
            told = explained(self._catalogue, live, known, self._now)
            if told is not None and self._concerns(told):
                yield _row(told, self._wanted.nearly)

    def _concerns(self, told: Explanation) -> bool:
        """Something was done there, and it can count for this achievement."""
        course = self._wanted.course
        if course is None:
            return bool(told.facts.activities or told.awards)
        there = [each for each in told.facts.activities if _was_in(each, course)]
        looked_at = self._things[told.live.achievement.id]
        return any(each.about(thing) for each in there for thing in looked_at)


def _row(told: Explanation, nearly: float) -> Row:
    state, achievement = told.state, told.live.achievement
    earned, over = state not in _UNEARNED, state in (State.REVOKED, State.DECLINED)
    group = Group.EARNED if earned else Group.NEARLY if told.progress >= nearly and not over else Group.NOT_YET
    missing = "" if earned else "; ".join(f"{each.words}: {each.missing}" for each in told.unmet())
    return Row(
        tenant=told.live.tenant,
        achievement=achievement.id,
        version=achievement.version,
        learner=told.learner.external_id,
        name=told.learner.name,
        directory=told.learner.directory,
        group=group,
        state=state.value,
        earned_at=max((each.earned_at for each in told.awards), default=None) if earned else None,
        progress=1.0 if earned else told.progress,
        missing=missing,
    )


def _things(live: LiveAchievement, scales: Mapping[str, Mapping[str, float]]) -> tuple[Thing, ...]:
    try:
        return things(parse(live.earned_when, scales))
    except CriterionError:
        return ()


def _was_in(fact: Fact, course: Pattern) -> bool:
    return course.matches(tuple(each for each in (*fact.ids, fact.course, fact.run) if each))


def _by_learner(documents: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for each in documents:
        found.setdefault(each["learner"], []).append(each)
    return found
