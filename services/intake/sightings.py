"""What was seen of each source: kinds, refusals, and what is not as it used to be. Seconds of it may be lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from services.intake.coverage import Coverage
from services.intake.domain import Accepted
from services.intake.fields import Fields, shape
from services.intake.metrics import IntakeMetrics
from services.intake.receiving import Arrival, Outcome
from shared.contracts.documents import SightingOf
from shared.contracts.events import LearningActivity, ObjectKind, Verb
from shared.errors import Rejected
from shared.runtime.failures import scrubbed

OTHERS = "others"
_MOST = {SightingOf.KIND: 100, SightingOf.REFUSAL: 50}
_MOST_DRIFT = 50
_NAME_MAX = 200
_LOOKS = 50
"""events of a kind whose fields are looked at between two times of writing down"""
_DRIFTS = timedelta(days=1)
"""how long something counts as drift after it was last seen"""
_ENDS = (Verb.COMPLETED, Verb.PASSED, Verb.SCORED)


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something of a source, how often it was seen, and when."""

    source: str
    """`tenant/source`"""
    of: SightingOf
    name: str
    count: int
    first_at: datetime
    last_at: datetime
    example: Mapping[str, str] | None = None
    """a message's names and types"""


class SightingsStore(Protocol):
    """Where processes add up what they saw."""

    async def add(self, sightings: Iterable[Sighting]) -> None:
        """Raises Unavailable."""
        ...

    async def all(self) -> list[Sighting]:
        """Raises Unavailable."""
        ...


_Key = tuple[str, SightingOf, str]


@dataclass(slots=True)
class Sightings:
    """In small bounded structures, written down now and then."""

    store: SightingsStore
    coverage: Coverage
    metrics: IntakeMetrics
    clock: Callable[[], datetime]
    _new: dict[_Key, Sighting] = field(default_factory=dict)
    _names: dict[tuple[str, SightingOf], dict[str, datetime]] = field(default_factory=dict)
    """every name that was seen, and when last"""
    _fields: dict[tuple[str, str], Fields] = field(default_factory=dict)
    _looks: dict[tuple[str, str], int] = field(default_factory=dict)

    async def begin(self) -> None:
        """What is known from before a start is nothing new after it. Raises Unavailable."""
        for each in await self.store.all():
            self._names.setdefault((each.source, each.of), {})[each.name] = each.last_at

    def saw(self, arrival: Arrival, outcome: Outcome, now: datetime) -> None:
        """One delivery, and what came of it."""
        match outcome:
            case Accepted():
                self._accepted(arrival, outcome, now)
            case Rejected():
                self._count(arrival.label, SightingOf.REFUSAL, outcome.code, now)

    async def write_down(self) -> None:
        """Raises Unavailable; what couldn't be written is kept."""
        taken, self._new = self._new, {}
        self._looks.clear()
        try:
            await self.store.add(taken.values())
        except BaseException:
            for each in taken.values():
                self._add(each)
            raise
        self._tell()

    def _accepted(self, arrival: Arrival, accepted: Accepted, now: datetime) -> None:
        label, body = arrival.label, arrival.record.value
        for kind in accepted.kinds:
            self._count(label, SightingOf.KIND, kind.name, now)
            if not kind.familiar:
                self._count(label, SightingOf.UNKNOWN_KIND, kind.name, now, body)
        if body is not None and len(accepted.kinds) <= 1:
            self._look(label, accepted.kinds[0].name if accepted.kinds else "", body, now)
        for activity in accepted.activities:
            if self._is_lost(activity):
                self._count(label, SightingOf.COURSE, activity.object.ids[0], now)

    def _is_lost(self, activity: LearningActivity) -> bool:
        """A course that somebody finished, and that no badge asks for."""
        thing = activity.object
        if thing.kind is not ObjectKind.COURSE or activity.verb not in _ENDS or activity.succeeded is False:
            return False
        return not self.coverage.covers(activity.tenant, activity.source, thing.ids)

    def _look(self, label: str, kind: str, body: bytes, now: datetime) -> None:
        key = (label, kind)
        looks = self._looks.get(key, 0)
        if looks >= _LOOKS:
            return
        self._looks[key] = looks + 1
        fields = self._fields.get(key)
        if fields is None:
            if len(self._fields) >= 10 * _MOST[SightingOf.KIND]:
                return
            fields = self._fields[key] = Fields()
        for path in fields.look(body):
            self._count(label, SightingOf.FIELD, f"{kind}: {path}" if kind else path, now, body)

    def _count(self, label: str, of: SightingOf, name: str, now: datetime, body: bytes | None = None) -> None:
        seen = self._names.setdefault((label, of), {})
        if name not in seen:
            name = scrubbed(name)[:_NAME_MAX]
            if name not in seen and len(seen) >= _MOST.get(of, _MOST_DRIFT):
                name = OTHERS
        example = shape(body) if body is not None and name not in seen else None
        seen[name] = now
        known = self._new.get((label, of, name))
        if known is None:
            self._new[label, of, name] = Sighting(label, of, name, 1, now, now, example)
        else:
            self._new[label, of, name] = replace(known, count=known.count + 1, last_at=now)

    def _add(self, older: Sighting) -> None:
        key = (older.source, older.of, older.name)
        known = self._new.get(key)
        self._new[key] = (
            older if known is None else replace(older, count=older.count + known.count, last_at=known.last_at)
        )

    def _tell(self) -> None:
        since = self.clock() - _DRIFTS
        for (label, of), names in self._names.items():
            if of.is_drift:
                self.metrics.drift(label, of.value, sum(last >= since for last in names.values()))
