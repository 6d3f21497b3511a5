"""What was seen of each source: kinds, refusals, and what is not as it used to be. Seconds of it may be lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from services.intake.coverage import Coverage
from services.intake.domain import Accepted
from services.intake.fields import Fields, shape
from services.intake.metrics import IntakeMetrics
from services.intake.receiving import Arrival, Outcome
from shared.contracts.documents import SightingOf
from shared.contracts.events import LearningActivity, ObjectKind, Verb
from shared.errors import Rejected, Unavailable
from shared.runtime.failures import scrubbed

OTHERS = "others"
_MOST = {SightingOf.KIND.value: 100}
_MOST_DRIFT = 50
_MOST_FIELDS = 1000
"""kinds of all sources whose fields are remembered"""
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


@dataclass(slots=True)
class _Tally:
    count: int
    first_at: datetime
    last_at: datetime
    example: Mapping[str, str] | None


_Key = tuple[str, str, str]
# an enum's member is slow to look things up by
_KIND, _REFUSAL, _UNKNOWN, _FIELD, _COURSE = (each.value for each in SightingOf)


@dataclass(slots=True)
class Sightings:
    """In small bounded structures, written down now and then."""

    store: SightingsStore
    coverage: Coverage
    metrics: IntakeMetrics
    clock: Callable[[], datetime]
    _new: dict[_Key, _Tally] = field(default_factory=dict)
    _names: dict[tuple[str, str], dict[str, datetime]] = field(default_factory=dict)
    """every name that was seen, and when last"""
    _fields: dict[tuple[str, str], Fields] = field(default_factory=dict)
    _looks: dict[tuple[str, str], int] = field(default_factory=dict)

    async def begin(self) -> None:
        """What is known from before a start is nothing new after it. Raises Unavailable."""
        for each in await self.store.all():
            self._names.setdefault((each.source, each.of.value), {})[each.name] = each.last_at

    def saw(self, arrival: Arrival, outcome: Outcome, now: datetime) -> None:
        """One delivery, and what came of it."""
        match outcome:
            case Accepted():
                self._accepted(arrival, outcome, now)
            case Rejected():
                self._count(arrival.label, _REFUSAL, outcome.code, now)

    async def write_down(self) -> None:
        """Raises Unavailable; what couldn't be written is kept."""
        taken, self._new = self._new, {}
        self._looks.clear()
        try:
            await self.store.add([_sighting(key, tally) for key, tally in taken.items()])
        except Unavailable:
            for key, newer in self._new.items():
                older = taken.setdefault(key, newer)
                if older is not newer:
                    older.count, older.last_at = older.count + newer.count, newer.last_at
            self._new = taken
            raise
        self._tell()

    def _accepted(self, arrival: Arrival, accepted: Accepted, now: datetime) -> None:
        label, body, kinds = arrival.label, arrival.record.value, accepted.kinds
        for kind in kinds:
            self._count(label, _KIND, kind.name, now)
            if not kind.familiar:
                self._count(label, _UNKNOWN, kind.name, now, body)
        if body is not None and len(kinds) <= 1:
            self._look(label, kinds[0].name if kinds else "", body, now)
        for activity in accepted.activities:
            ids = activity.object.ids
            if _is_an_end(activity) and not self.coverage.covers(activity.tenant, activity.source, ids):
                self._count(label, _COURSE, ids[0], now)

    def _look(self, label: str, kind: str, body: bytes, now: datetime) -> None:
        key = (label, kind)
        looks = self._looks.get(key, 0)
        if looks >= _LOOKS:
            return
        self._looks[key] = looks + 1
        fields = self._fields.get(key)
        if fields is None:
            if len(self._fields) >= _MOST_FIELDS or (kind and not self._has_a_name(label, kind)):
                return
            fields = self._fields[key] = Fields()
        for path in fields.look(body):
            self._count(label, _FIELD, f"{kind}: {path}" if kind else path, now, body)

    def _has_a_name(self, label: str, kind: str) -> bool:
        """It isn't one of the others: a source that makes kinds up takes nobody's place."""
        return _name(kind) in self._names.get((label, _KIND), {})

    def _count(self, label: str, of: str, name: str, now: datetime, body: bytes | None = None) -> None:
        known = self._new.get((label, of, name))
        if known is not None:
            known.count += 1
            known.last_at = now
        else:
            self._begin(label, of, name, now, body)

    def _begin(self, label: str, of: str, name: str, now: datetime, body: bytes | None) -> None:
        """Something that isn't being counted yet; what nobody has seen before comes with an example."""
        names = self._names.setdefault((label, of), {})
        name = _name(name)
        if name not in names and len(names) >= _MOST.get(of, _MOST_DRIFT):
            name = OTHERS
        example = shape(body) if body is not None and name not in names else None
        names[name] = now
        tally = self._new.setdefault((label, of, name), _Tally(0, now, now, example))
        tally.count, tally.last_at = tally.count + 1, now

    def _tell(self) -> None:
        since = self.clock() - _DRIFTS
        for (label, of), names in self._names.items():
            if SightingOf(of).is_drift:
                self.metrics.drift(label, of, sum(last >= since for last in names.values()))


def _name(said: str) -> str:
    """As it is kept."""
    return scrubbed(said)[:_NAME_MAX]


def _is_an_end(activity: LearningActivity) -> bool:
    """Somebody finished a course: a badge might ask for it."""
    is_a_course = activity.object.kind is ObjectKind.COURSE
    return is_a_course and activity.verb in _ENDS and activity.succeeded is not False


def _sighting(key: _Key, tally: _Tally) -> Sighting:
    source, of, name = key
    return Sighting(source, SightingOf(of), name, tally.count, tally.first_at, tally.last_at, tally.example)
