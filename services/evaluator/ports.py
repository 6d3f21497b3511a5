"""What the evaluator's use cases need of the world; `store.py` and `metrics.py` are the adapters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.evaluator.awards import Correction, OwnAward, Ruling
from services.evaluator.known import Position
from shared.contracts.events import CredentialStatusChanged, Event

Publish = Callable[[Sequence[Event]], Awaitable[None]]
"""Returns once every event is acknowledged."""
Clock = Callable[[], datetime]
Timer = Callable[[], float]
"""seconds, finer than what is stored: only differences mean something"""
Learner = tuple[str, str]
"""tenant and Laurel's id"""
Placing = Callable[[OwnAward, int], OwnAward]
"""the award on the place that the n-th attempt leads to"""


@dataclass(frozen=True, slots=True)
class Merge:
    """An account that was given up."""

    tenant: str
    learner: str
    into: str
    stored_at: datetime
    look_at: datetime | None
    """when it is carried out, and looked at again"""
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What inserting activities came to."""

    conflicts: frozenset[int]
    """places in the list of those whose id is taken by other content"""
    duplicates: int


class Activities(Protocol):
    """Everything that learners did. Insert only: the first delivery stays, with its place in the topic."""

    async def insert(self, activities: Sequence[Mapping[str, Any]]) -> Outcome:
        """Stores what isn't there, acknowledged by a majority. A twin is no error, and is tagged as the newer revision
        says; other content is told.
        """
        ...

    async def of_learners(self, learners: Collection[Learner]) -> dict[Learner, list[Mapping[str, Any]]]:
        """Everything that is stored of them."""
        ...

    async def touching(self, achievements: Mapping[Learner, Collection[str]]) -> dict[Learner, list[Mapping[str, Any]]]:
        """What is tagged as touching these achievements of each, with every version of the same facts."""
        ...

    async def tag(self, activities: Sequence[Mapping[str, Any]]) -> None:
        """Writes what they touch, and under which revision; what was tagged under a newer one stays."""
        ...

    async def any_under(self, revision: int) -> bool:
        """Something is stored that was tagged under an older revision."""
        ...

    async def tagged_under(self) -> int:
        """Everything is tagged under that revision or a newer one."""
        ...

    async def all_tagged(self, revision: int) -> None:
        """Everything is; only forward."""
        ...

    async def find(self, ids: Collection[str]) -> list[Mapping[str, Any]]:
        """Those that are stored."""
        ...

    async def adopt(self, voided: Sequence[Mapping[str, Any]]) -> None:
        """Voids of these that are parked belong to their learner from now on, and count from their arrival."""
        ...

    async def move(self, tenant: str, learner: str, into: str) -> None:
        """All of one learner's are another's."""
        ...


class Awards(Protocol):
    """Awards: at most one of an id, and at most one on a place of a status list."""

    async def insert(self, awards: Sequence[OwnAward], placing: Placing) -> tuple[list[OwnAward], set[str]]:
        """Stores what isn't there on the first free place; all of them as they are held, and the ids that are new."""
        ...

    async def revive(self, awards: Sequence[OwnAward]) -> list[OwnAward]:
        """A withdrawn award is earned after all: on its old place. All of them as they are held then."""
        ...

    async def of_learners(self, learners: Collection[Learner]) -> dict[Learner, list[OwnAward]]:
        """Everything that is stored of them."""
        ...

    async def find(self, ids: Collection[str]) -> list[OwnAward]:
        """Those that exist."""
        ...

    async def to_look_at(self, now: datetime, limit: int) -> list[OwnAward]:
        """Those whose time to be looked at has come, the longest overdue first."""
        ...

    async def waiting_for_address(self, learners: Collection[Learner]) -> list[OwnAward]:
        """Those of these learners' that are pending for nothing but an address."""
        ...

    async def settle(self, ids: Collection[str], *, withdrawn: bool) -> None:
        """Pending awards become earned, and are looked at again; or withdrawn for good. What isn't pending stays."""
        ...

    async def withdraw(self, positions: Mapping[str, Position]) -> None:
        """Pending awards don't hold any more, after that arrival. What isn't pending stays."""
        ...

    async def correct(self, marks: Mapping[str, tuple[int, Correction]], look_at: datetime) -> None:
        """What the facts say of earned awards now; only where that many corrections were marked before."""
        ...

    async def rule(self, rulings: Mapping[str, tuple[Ruling, datetime]]) -> None:
        """What was approved is looked at then, what was declined never more. What doesn't wait for approval stays."""
        ...

    async def pending_approval(self) -> dict[str, int]:
        """How many of each tenant wait for a registrar."""
        ...

    async def park(self, awards: Sequence[OwnAward]) -> None:
        """Pending awards wait for an address from now on. What isn't pending stays."""
        ...

    async def move(self, tenant: str, learner: str, into: str) -> None:
        """All of one learner's are another's, with their ids and places."""
        ...

    async def postpone(self, looks: Mapping[str, datetime]) -> None:
        """They were told once more, and when to look at them again."""
        ...

    async def clear(self, looks: Mapping[str, datetime | None]) -> None:
        """Something came of them: they need no more looks, unless another one was asked for meanwhile."""
        ...

    async def stored_since(self, since: datetime, until: datetime, limit: int) -> list[tuple[str, datetime]]:
        """Ids of awards inserted after `since` and up to `until`, by time; all of one moment or none."""
        ...

    async def looked_through(self) -> datetime:
        """Up to when every award was looked at once."""
        ...

    async def look_through(self, until: datetime) -> None:
        """Every award inserted up to then was looked at; only forward."""
        ...

    async def record_states(self, changes: Sequence[CredentialStatusChanged]) -> None:
        """What became of their credentials; news that are older than what is known are dropped."""
        ...

    async def taken(self, tenant: str, status_list: int) -> int:
        """How many places of a list are taken."""
        ...


class Issued(Protocol):
    """The registry's collection, to see whether anything came of an award."""

    async def which(self, ids: Collection[str]) -> set[str]:
        """The awards that have a credential."""
        ...


class Asked(Protocol):
    """The registry's collection of status facts, to see whether it has heard what was asked."""

    async def which(self, ids: Collection[str]) -> set[str]:
        """The requests that became facts."""
        ...


class Directory(Protocol):
    """Intake's collection, to see whether a learner can be written to."""

    async def reachable(self, learners: Collection[Learner]) -> set[Learner]:
        """Those that have an address."""
        ...


class MergeStore(Protocol):
    """Accounts that were given up, each once."""

    async def add(self, merges: Sequence[Merge]) -> None:
        """Stores those that aren't there, acknowledged by a majority."""
        ...

    async def since(self, moment: datetime) -> list[Merge]:
        """What was stored from then on, in order."""
        ...

    async def to_look_at(self, now: datetime) -> list[Merge]:
        """Those whose time has come."""
        ...

    async def looked(self, merge: Merge, again: datetime | None) -> None:
        """One more look is counted, and when the next one is."""
        ...


class Tally(Protocol):
    """What the operator sees."""

    def received(self, outcome: str, count: int) -> None:
        """accepted, duplicate or conflict"""
        ...

    def judged(self, met: int, unmet: int, seconds: float) -> None:
        """Criteria were evaluated for the learners of a batch."""
        ...

    def awarded(self, tenant: str, achievement: str, type_: str, at: datetime) -> None:
        """An award was stored for the first time."""
        ...

    def touched(self, rules: Collection[tuple[str, str]], at: datetime) -> None:
        """Something came that these look at: tenants and achievements."""
        ...

    def pending_approval(self, counts: Mapping[str, int]) -> None:
        """How many awards of each tenant wait for a registrar."""
        ...

    def free_slots(self, tenant: str, status_list: int, free: int) -> None:
        """How many places a status list has left."""
        ...
