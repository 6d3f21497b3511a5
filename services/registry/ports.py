"""What the registry's use cases need of the world; `store.py`, `proofs.py` and `metrics.py` are the adapters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from services.registry.domain import Fact, Intent, ListId, ListState, Note, Stored
from shared.contracts.documents import Credential
from shared.contracts.events import CredentialSigned, StatusListSigned
from shared.errors import Rejected


class Intents(Protocol):
    """What the evaluator awarded, read with majority concern: absent means never awarded."""

    async def find(self, ids: Collection[str]) -> dict[str, Intent]:
        """Those that exist, by id."""
        ...

    async def taken_below(self, list_id: ListId, index: int) -> int:
        """How many positions under `index` are taken: positions are spread evenly, so a sample tells how full it is."""
        ...


class Credentials(Protocol):
    """What was issued. Inserted once; only `announced_at` is added."""

    async def insert(self, credentials: Sequence[Credential]) -> set[str]:
        """Stores what isn't there; returns the ids that were."""
        ...

    async def find(self, ids: Collection[str]) -> list[Stored]:
        """Those that exist."""
        ...

    async def unannounced(
        self, *, before: datetime, limit: int, on: Collection[ListId] | None = None, off: Collection[ListId] = ()
    ) -> list[Stored]:
        """Stored before that moment and not announced, oldest first: on these lists, or on all but those."""
        ...

    async def mark_announced(self, ids: Collection[str], at: datetime) -> None:
        """The first mark stays."""
        ...


class Notes(Protocol):
    """What is being announced right now; empty but for the batches in hand and what crashes left."""

    async def add(self, note: Note) -> None:
        """The same note twice is one."""
        ...

    async def remove(self, note_id: str) -> None:
        """It was announced."""
        ...

    async def left(self, *, before: datetime) -> list[Note]:
        """Noted before that moment."""
        ...


class Facts(Protocol):
    """What was said about credentials. Facts are inserted, never edited; place and settlement are added to them."""

    async def insert(self, facts: Sequence[Fact]) -> set[str]:
        """Stores what isn't there; returns the ids that were."""
        ...

    async def find(self, ids: Collection[str]) -> list[Fact]:
        """Those that exist."""
        ...

    async def of_awards(self, ids: Collection[str]) -> list[Fact]:
        """Everything said about these awards."""
        ...

    async def of_list(self, list_id: ListId) -> list[Fact]:
        """Everything said about credentials that are placed on this list."""
        ...

    async def place(self, intents: Collection[Intent]) -> None:
        """Gives the facts about these awards, and of their tenants, the awards' places."""
        ...

    async def settle(self, ids: Collection[str], at: datetime) -> None:
        """Everybody was told."""
        ...

    async def unsettled(self, *, before: datetime, limit: int) -> list[Fact]:
        """Stored before that moment and not settled, oldest first."""
        ...


class Lists(Protocol):
    """The issuers' status lists: `dirty` only grows, and `published` follows it only forward."""

    async def open(self, list_id: ListId) -> bool:
        """Makes the list if it isn't there, dirty from the start; says whether it was made now."""
        ...

    async def find(self, ids: Collection[ListId]) -> dict[ListId, ListState]:
        """Those that exist."""
        ...

    async def all(self) -> list[ListState]:
        """Every list, by tenant and number."""
        ...

    async def raise_dirty(self, ids: Collection[ListId]) -> None:
        """Something was said: what is drawn from now on is newer than what was drawn before."""
        ...

    async def refresh(self, seen: ListState) -> None:
        """Raises a list that has grown old, unless somebody did since it was seen."""
        ...

    async def mark_drafted(self, list_id: ListId, version: int, at: datetime) -> None:
        """A draft of that version is under way."""
        ...

    async def publish(self, signed: Sequence[StatusListSigned]) -> set[ListId]:
        """Each only where it is newer than what is published; returns the lists that moved forward."""
        ...


class Tally(Protocol):
    """What the operator sees."""

    def stored(self, tenant: str, achievement: str, version: int) -> None:
        """A credential was stored for the first time."""
        ...

    def duplicates(self, count: int) -> None:
        """Twins that were already stored."""
        ...

    def readable(self, seconds: float) -> None:
        """From intake to where anybody can read and verify it."""
        ...

    def status_changed(self, change: str, cause: str) -> None:
        """A fact was stored for the first time."""
        ...

    def published(self, list_id: ListId, drawn_at: datetime) -> None:
        """The list as published was drawn then."""
        ...


class Proofs(Protocol):
    """Checks what was signed, in threads. Raises Unavailable while a key that is named isn't known."""

    async def credentials(self, signed: Sequence[tuple[CredentialSigned, Intent]]) -> list[Rejected | None]:
        """A verdict for each."""
        ...

    async def lists(self, signed: Sequence[StatusListSigned]) -> list[Rejected | None]:
        """A verdict for each."""
        ...
