"""The registry's world: its stores in memory, a signer, a clock, and everything that was told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.registry.domain import Intent, ListId
from services.registry.issuing import Issuing
from services.registry.lists import StatusLists
from services.registry.statuses import Statuses
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
from tests.unit.registry.memory import (
    MemoryCredentials,
    MemoryFacts,
    MemoryIntents,
    MemoryLists,
    MemoryNotes,
    Steps,
)

TENANT = "example-university"
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


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
        self.notes = MemoryNotes(self.steps)
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
            self.credentials, self.notes, self.intents, self.facts, self.lists, self.status_lists, self.statuses,
            self.proofs, self.tally, self.publish, self.clock,
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
        await self.issuing.finish_notes()
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
