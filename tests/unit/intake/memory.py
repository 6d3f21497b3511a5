"""Intake's stores in memory, each in its plainest form: every word is kept, the newest of each kind is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.intake.people import Alias, Found
from services.intake.ports import Known, Parked
from services.intake.sightings import Sighting
from shared.contracts.documents import Learner, whole_milliseconds
from shared.errors import Unavailable

FIELDS = ("email", "name", "locale")


class InMemoryDirectory:
    """What was said of whom, and which accounts are one; it can be down."""

    def __init__(self) -> None:
        self.remembered: list[Learner] = []
        self.said: dict[str, list[Learner]] = {}
        self.merges: dict[str, str] = {}
        self.untold: set[str] = set()
        self.is_down = False

    async def remember(self, learners: Sequence[Learner]) -> Mapping[str, Known]:
        if self.is_down:
            raise Unavailable("mongodb")
        self.remembered += learners
        before = {self._last(each.id): self._email(self._last(each.id)) for each in learners}
        known_before = {id_ for id_ in before if id_ in self.said}
        for each in learners:
            self.said.setdefault(self._last(each.id), []).append(each)
        self.untold |= {id_ for id_ in known_before if not before[id_] and self._email(id_)}
        return {each.id: self._known(self._last(each.id)) for each in learners}

    async def told(self, learners: Collection[str]) -> None:
        self.untold -= set(learners)

    async def find(self, ids: Collection[str]) -> Mapping[str, Learner]:
        return {id_: found for id_ in ids if (found := self.known(id_)) is not None}

    async def merge(self, learner: str, into: str) -> None:
        self.merges[learner] = into
        self.merges |= {each: into for each, at in self.merges.items() if at == learner and each != into}
        if self._email(learner) and not self._email(into):
            self.untold.add(into)
        self.said.setdefault(into, []).extend(self.said.get(learner, ()))

    async def unmerge(self, learner: str, into: str) -> None:
        if self.merges.get(learner) == into:
            del self.merges[learner]

    async def merged_into(self, into: str) -> Collection[str]:
        return [each for each, at in self.merges.items() if at == into]

    def known(self, id_: str) -> Learner | None:
        said = self.said.get(id_, [])
        if not said:
            return None
        newest: dict[str, Any] = {"merged_into": self.merges.get(id_)}
        for field in FIELDS:
            words = [
                (whole_milliseconds(each.as_of), getattr(each, field))
                for each in said
                if each.as_of and getattr(each, field)
            ]
            newest[field] = max(words)[1] if words else None
        return said[0].model_copy(update=newest)

    def _known(self, id_: str) -> Known:
        return Known(id_, bool(self._email(id_)), untold=id_ in self.untold)

    def _email(self, id_: str) -> str | None:
        known = self.known(id_)
        return known.email if known else None

    def _last(self, id_: str) -> str:
        while id_ in self.merges:
            id_ = self.merges[id_]
        return id_


class InMemoryAliases:
    """Every word on each alias."""

    def __init__(self) -> None:
        self.said: list[Alias] = []
        self.asked = 0

    async def learn(self, said: Sequence[Alias]) -> None:
        self.said += said

    async def find(self, aliases: Collection[str]) -> Found:
        self.asked += bool(aliases)
        found: dict[str, dict[str, tuple[datetime, str]]] = {}
        for each in self.said:
            if each.id in aliases:
                kinds = found.setdefault(each.id, {})
                word = (whole_milliseconds(each.as_of), each.word)
                kinds[each.kind] = max(kinds.get(each.kind, word), word)
        return {id_: {kind: word for kind, (_, word) in kinds.items()} for id_, kinds in found.items()}


class InMemoryWaitingRoom:
    """Whoever waits, by id."""

    def __init__(self) -> None:
        self.parked: dict[str, Parked] = {}

    async def park(self, parked: Sequence[Parked]) -> Collection[str]:
        twins = {each.id for each in parked if each.id in self.parked}
        for each in parked:
            self.parked.setdefault(each.id, each)
        return twins

    async def waiting_for(self, aliases: Collection[str], limit: int) -> Sequence[Parked]:
        return [each for each in self.parked.values() if set(each.aliases) & set(aliases)][:limit]

    async def after(self, id_: str, limit: int) -> Sequence[Parked]:
        return [self.parked[each] for each in sorted(self.parked) if each > id_][:limit]

    async def go_on(self, parked: Parked, left: Parked | None) -> None:
        if left is None:
            self.parked.pop(parked.id, None)
        elif parked.id in self.parked:
            self.parked[parked.id] = replace(self.parked[parked.id], facts=left.facts, aliases=left.aliases)

    async def counts(self) -> Mapping[str, int]:
        sources = [each.source for each in self.parked.values()]
        return {each: sources.count(each) for each in sources}


class InMemorySightings:
    """Adds up what processes saw."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str, str], Sighting] = {}
        self.is_down = False

    async def add(self, sightings: Iterable[Sighting]) -> None:
        if self.is_down:
            raise Unavailable("mongodb")
        for each in sightings:
            known = self.seen.get((each.source, each.of, each.name))
            if known is not None:
                last, first = max(known.last_at, each.last_at), min(known.first_at, each.first_at)
                each = replace(known, count=known.count + each.count, first_at=first, last_at=last)
            self.seen[each.source, each.of, each.name] = each

    async def all(self) -> list[Sighting]:
        return list(self.seen.values())
