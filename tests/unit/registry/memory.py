"""The registry's stores in memory, with a crash wherever a test wants one, and others at work in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.registry.domain import Fact, Intent, ListId, ListState, Note, Stored
from shared.contracts.documents import Credential
from shared.contracts.events import StatusListSigned
from shared.errors import Unavailable


class Crash(Unavailable):
    """The process died; what was done before stays done."""

    def __init__(self) -> None:
        super().__init__("the process")


@dataclass
class Steps:
    """Counts effects; dies just after the one that a test names; lets others run in between."""

    crash_after: int | None = None
    taken: int = 0
    between: Callable[[], Awaitable[None]] | None = None

    async def look(self) -> None:
        """Something is about to be read."""
        if self.between is not None:
            await self.between()

    async def done(self) -> None:
        """Something was written or published."""
        self.taken += 1
        if self.taken == self.crash_after:
            raise Crash
        if self.between is not None:
            await self.between()


class MemoryIntents:
    def __init__(self, steps: Steps) -> None:
        self.awards: dict[str, Intent] = {}
        self._steps = steps

    async def find(self, ids: Collection[str]) -> dict[str, Intent]:
        await self._steps.look()
        return {each: self.awards[each] for each in ids if each in self.awards}

    async def taken_below(self, list_id: ListId, index: int) -> int:
        await self._steps.look()
        return sum(each.list_id == list_id and each.status_index < index for each in self.awards.values())


class MemoryCredentials:
    def __init__(self, steps: Steps) -> None:
        self.stored: dict[str, Credential] = {}
        self._steps = steps

    async def insert(self, credentials: Sequence[Credential]) -> set[str]:
        existed = set()
        for each in credentials:
            if each.id in self.stored:
                existed.add(each.id)
            else:
                self.stored[each.id] = each
                await self._steps.done()
        return existed

    async def find(self, ids: Collection[str]) -> list[Stored]:
        await self._steps.look()
        return [_stored(self.stored[each]) for each in ids if each in self.stored]

    async def unannounced(
        self, *, before: datetime, limit: int, on: Collection[ListId] | None = None, off: Collection[ListId] = ()
    ) -> list[Stored]:
        await self._steps.look()
        found = [
            each
            for each in map(_stored, self.stored.values())
            if each.announced_at is None
            and each.stored_at <= before
            and (each.list_id in on if on is not None else each.list_id not in off)
        ]
        return sorted(found, key=lambda each: each.stored_at)[:limit]

    async def mark_announced(self, ids: Collection[str], at: datetime) -> None:
        for each in ids:
            if self.stored[each].announced_at is None:
                self.stored[each] = self.stored[each].model_copy(update={"announced_at": at})
        await self._steps.done()


class MemoryNotes:
    def __init__(self, steps: Steps) -> None:
        self.notes: dict[str, Note] = {}
        self._steps = steps

    async def add(self, note: Note) -> None:
        self.notes[note.id] = note
        await self._steps.done()

    async def remove(self, note_id: str) -> None:
        self.notes.pop(note_id, None)
        await self._steps.done()

    async def left(self, *, before: datetime) -> list[Note]:
        await self._steps.look()
        return [each for each in self.notes.values() if each.noted_at <= before]


class MemoryFacts:
    def __init__(self, steps: Steps) -> None:
        self.facts: dict[str, Fact] = {}
        self._steps = steps

    async def insert(self, facts: Sequence[Fact]) -> set[str]:
        existed = {each.id for each in facts if each.id in self.facts}
        for each in facts:
            if each.id not in existed:
                self.facts[each.id] = each
                await self._steps.done()
        return existed

    async def find(self, ids: Collection[str]) -> list[Fact]:
        await self._steps.look()
        return [self.facts[each] for each in ids if each in self.facts]

    async def of_awards(self, ids: Collection[str]) -> list[Fact]:
        await self._steps.look()
        return [each for each in self.facts.values() if each.award_id in ids]

    async def of_list(self, list_id: ListId) -> list[Fact]:
        await self._steps.look()
        return [each for each in self.facts.values() if (each.tenant, each.status_list) == list_id]

    async def place(self, intents: Collection[Intent]) -> None:
        for intent in intents:
            place = {"status_list": intent.status_list, "status_index": intent.status_index}
            for fact in list(self.facts.values()):
                if (fact.award_id, fact.tenant, fact.status_list) == (intent.id, intent.tenant, None):
                    self.facts[fact.id] = fact.model_copy(update=place)
        await self._steps.done()

    async def settle(self, ids: Collection[str], at: datetime) -> None:
        for each in ids:
            if self.facts[each].settled_at is None:
                self.facts[each] = self.facts[each].model_copy(update={"settled_at": at})
        await self._steps.done()

    async def unsettled(self, *, before: datetime, limit: int) -> list[Fact]:
        await self._steps.look()
        found = [each for each in self.facts.values() if each.settled_at is None and each.stored_at <= before]
        return sorted(found, key=lambda each: each.stored_at)[:limit]


class MemoryLists:
    def __init__(self, steps: Steps) -> None:
        self.states: dict[ListId, ListState] = {}
        self.signed: dict[ListId, StatusListSigned] = {}
        self._steps = steps

    async def open(self, list_id: ListId) -> bool:
        if list_id in self.states:
            return False
        self.states[list_id] = ListState(*list_id)
        await self._steps.done()
        return True

    async def find(self, ids: Collection[ListId]) -> dict[ListId, ListState]:
        await self._steps.look()
        return {each: self.states[each] for each in ids if each in self.states}

    async def all(self) -> list[ListState]:
        await self._steps.look()
        return sorted(self.states.values(), key=lambda state: state.id)

    async def raise_dirty(self, ids: Collection[ListId]) -> None:
        for each in ids:
            self.states[each] = replace(self.states[each], dirty=self.states[each].dirty + 1)
        await self._steps.done()

    async def refresh(self, seen: ListState) -> None:
        if self.states[seen.id].dirty == seen.dirty:
            self.states[seen.id] = replace(self.states[seen.id], dirty=seen.dirty + 1)
        await self._steps.done()

    async def mark_drafted(self, list_id: ListId, version: int, at: datetime) -> None:
        self.states[list_id] = replace(self.states[list_id], drafted=version, drafted_at=at)
        await self._steps.done()

    async def publish(self, signed: Sequence[StatusListSigned]) -> set[ListId]:
        moved = set()
        for each in signed:
            key = (each.tenant, each.list_number)
            if key in self.states and self.states[key].published < each.version:
                self.states[key] = replace(self.states[key], published=each.version, drawn_at=each.drawn_at)
                self.signed[key] = each
                moved.add(key)
                await self._steps.done()
        return moved


def _stored(credential: Credential) -> Stored:
    return Stored(
        id=credential.id,
        **credential.model_dump(
            include={
                "credential_id", "tenant", "achievement", "version", "learner", "status_list", "stored_at",
                "received_at", "announced_at",
            }
        ),
    )  # fmt: skip
