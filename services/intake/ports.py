"""What intake needs of a store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.intake.people import Alias, Found
from shared.contracts.documents import Learner
from shared.runtime.records import Record


@dataclass(frozen=True, slots=True)
class Known:
    """A learner after something was said of them."""

    id: str
    """the account's that this one was merged into, where it was"""
    reachable: bool
    """an address is known"""
    untold: bool = False
    """an address came for the first time to somebody who was known without one, and nobody may have heard of it yet"""


class LearnerDirectory(Protocol):
    """The only place of names and addresses, besides what waits."""

    async def remember(self, learners: Sequence[Learner]) -> Mapping[str, Known]:
        """Keeps the newest address, name and language that any event ever said of a learner, in whatever order the
        events arrive and however often; saying nothing about one never erases it. What is said of an account that was
        merged into another is said of that one. Returns each learner that was named. Raises Unavailable.
        """
        ...

    async def told(self, learners: Collection[str]) -> None:
        """Everybody has heard that these can be reached: they are `untold` no more. Raises Unavailable."""
        ...

    async def find(self, ids: Collection[str]) -> Mapping[str, Learner]:
        """Those that there are. Raises Unavailable."""
        ...

    async def merge(self, learner: str, into: str) -> None:
        """The first account is the second one from now on, and so is every account that was the first one. Doing it
        again is harmless. Raises Unavailable.
        """
        ...

    async def unmerge(self, learner: str, into: str) -> None:
        """Takes back a `merge` that another one crossed. Raises Unavailable."""
        ...

    async def merged_into(self, into: str) -> Collection[str]:
        """Every account that is this one. Raises Unavailable."""
        ...


class Aliases(Protocol):
    """What leads from one id of a person to the one that counts. It holds ids, which may be addresses."""

    async def learn(self, said: Sequence[Alias]) -> None:
        """Keeps the newest word on each, in whatever order they come and however often. Raises Unavailable."""
        ...

    async def find(self, aliases: Collection[str]) -> Found:
        """What is known of these. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Parked:
    """A delivery, byte for byte, that waits for its learners' profiles."""

    id: str
    """derived from what it says: a redelivery is the same"""
    source: str
    """`tenant/source`"""
    record: Record
    aliases: tuple[str, ...]
    """what it waits for"""
    facts: tuple[int, ...]
    """which of its facts wait; the others have gone on"""
    since: datetime


class WaitingRoom(Protocol):
    """Deliveries that wait."""

    async def park(self, parked: Sequence[Parked]) -> Collection[str]:
        """Returns the ids of those that waited already. Raises Unavailable."""
        ...

    async def waiting_for(self, aliases: Collection[str], limit: int) -> Sequence[Parked]:
        """Those that one of these aliases could help. Raises Unavailable."""
        ...

    async def after(self, id_: str, limit: int) -> Sequence[Parked]:
        """The next ones in the order of ids. Raises Unavailable."""
        ...

    async def go_on(self, parked: Parked, left: Parked | None) -> None:
        """What is left of one still waits; of what has gone on altogether nothing is. Raises Unavailable."""
        ...

    async def counts(self) -> Mapping[str, int]:
        """How many wait, by source. Raises Unavailable."""
        ...
