"""The registry's world in memory: its stores, a signer, a clock, and crashes wherever a test wants one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from services.registry.domain import Fact, Intent, ListId, ListState, Stored
from services.registry.issuing import Issuing
from services.registry.lists import StatusLists
from services.registry.statuses import Statuses
from shared.contracts.documents import Credential
from shared.contracts.events import (
    Change,
    CredentialIssued,
    CredentialSigned,
    CredentialStatusChanged,
    Event,
    StatusChangeRequested,
    StatusListDrafted,
    StatusListSigned,
)
from shared.errors import Rejected, Unavailable
from shared.openbadges import status_list

TENANT = "example-university"
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


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


@dataclass
class Trusting:
    """Proofs that hold, but for the awards that a test names."""

    bad: set[str] = field(default_factory=set)
    down: bool = False

    async def credentials(self, signed: Sequence[tuple[CredentialSigned, Intent]]) -> list[Rejected | None]:
        if self.down:
            raise Unavailable("a key")
        return [Rejected("bad", code="invalid_proof") if each.award_id in self.bad else None for each, _ in signed]

    async def lists(self, signed: Sequence[StatusListSigned]) -> list[Rejected | None]:
        return [Rejected("bad", code="invalid_proof") if each.jwt == "forged" else None for each in signed]


@dataclass
class Counted:
    """The tally as a test reads it."""

    new: list[tuple[str, str, int]] = field(default_factory=list)
    twins: int = 0
    waits: list[float] = field(default_factory=list)
    changes: list[tuple[str, str]] = field(default_factory=list)
    drawn: dict[ListId, datetime] = field(default_factory=dict)

    def stored(self, tenant: str, achievement: str, version: int) -> None:
        self.new.append((tenant, achievement, version))

    def duplicates(self, count: int) -> None:
        self.twins += count

    def readable(self, seconds: float) -> None:
        self.waits.append(seconds)

    def status_changed(self, change: str, cause: str) -> None:
        self.changes.append((change, cause))

    def published(self, list_id: ListId, drawn_at: datetime) -> None:
        self.drawn[list_id] = drawn_at


@dataclass
class World:
    """Everything that outlives a registry's process. `start()` makes a process."""

    steps: Steps = field(default_factory=Steps)
    now: datetime = START
    told: list[Event] = field(default_factory=list)
    proofs: Trusting = field(default_factory=Trusting)
    tally: Counted = field(default_factory=Counted)

    def __post_init__(self) -> None:
        self.intents = MemoryIntents(self.steps)
        self.credentials = MemoryCredentials(self.steps)
        self.facts = MemoryFacts(self.steps)
        self.lists = MemoryLists(self.steps)
        self.start()

    def start(self) -> None:
        """A new process, which remembers nothing."""
        self.status_lists = StatusLists(
            self.lists, self.facts, self.intents, self.proofs, self.tally, self.publish, self.clock
        )
        self.statuses = Statuses(
            self.facts, self.intents, self.status_lists, self.tally, self.publish, self.clock
        )  # fmt: skip
        self.issuing = Issuing(
            self.credentials, self.intents, self.facts, self.lists, self.status_lists, self.statuses, self.proofs,
            self.tally, self.publish, self.clock,
        )  # fmt: skip

    def clock(self) -> datetime:
        return self.now

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def publish(self, events: Sequence[Event]) -> None:
        for each in events:
            self.told.append(each)
            await self.steps.done()

    def award(self, name: str, *, tenant: str = TENANT, number: int = 1, index: int | None = None) -> CredentialSigned:
        """An award in the evaluator's store, and its credential as the signer made it."""
        position = len(self.intents.awards) if index is None else index
        self.intents.awards[name] = Intent(name, tenant, "event-driven", 1, "ada", START, number, position)
        return signed(name, tenant=tenant, number=number, index=position)

    async def open_lists(self, *tenants: str) -> None:
        """The first lists, signed and published."""
        await self.status_lists.open_first(tenants or [TENANT])
        await self.sign_lists()

    async def sign_lists(self) -> None:
        """The signer's part: every draft that was told so far comes back, in order."""
        drafts = [each for each in self.told if isinstance(each, StatusListDrafted)]
        self.told = [each for each in self.told if not isinstance(each, StatusListDrafted)]
        for each in drafts:
            await self.on_list_signed(sign(each))

    async def on_list_signed(self, list_signed: StatusListSigned) -> list[Rejected | None]:
        verdicts, moved = await self.status_lists.publish([list_signed])
        await self.issuing.announce_waiting(on=moved)
        return verdicts

    async def sweep(self) -> None:
        """Each sweep once."""
        await self.status_lists.open_first([TENANT])
        await self.status_lists.open_ahead()
        await self.statuses.settle_loose()
        await self.status_lists.tend()
        await self.issuing.announce_waiting()

    def announced(self) -> list[CredentialIssued]:
        return [each for each in self.told if isinstance(each, CredentialIssued)]

    def changed(self) -> list[CredentialStatusChanged]:
        return [each for each in self.told if isinstance(each, CredentialStatusChanged)]

    def bits(self, number: int = 1, tenant: str = TENANT) -> set[int]:
        """What the published list says."""
        bits = status_list.decode(self.lists.signed[tenant, number].jwt)
        return {index for index in range(200) if status_list.is_set(bits, index)}


def sign(draft: StatusListDrafted) -> StatusListSigned:
    return StatusListSigned(
        tenant=draft.tenant,
        list_number=draft.list_number,
        version=draft.version,
        jwt=draft.encoded_list,
        data_integrity=draft.encoded_list,
        drawn_at=draft.drawn_at,
    )


def signed(name: str, *, tenant: str = TENANT, number: int = 1, index: int = 0, jwt: str = "jwt") -> CredentialSigned:
    return CredentialSigned(
        award_id=name,
        credential_id=f"https://badges.example.edu/credentials/{name}",
        tenant=tenant,
        achievement="event-driven",
        version=1,
        learner="ada",
        valid_from=START,
        status_list=number,
        status_index=index,
        jwt=jwt,
        data_integrity="{}",
        received_at=START - timedelta(seconds=1),
    )


def asks(
    request: str, award: str, change: Change = Change.REVOKE, *, cause: str = "operator", tenant: str = TENANT
) -> StatusChangeRequested:
    return StatusChangeRequested(
        request_id=request,
        tenant=tenant,
        award_id=award,
        change=change,
        cause=cause,
        reason=f"because of {request}",
        requested_at=START,
    )


async def give_way() -> None:
    """Lets another task run."""
    await asyncio.sleep(0)


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
