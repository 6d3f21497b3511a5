"""What the sender asks of the world: the deliveries it works off, what letters are made from, and a mail server."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from services.notifier.domain import Outcome, OwedDelivery, Step
from services.notifier.message import Mail
from shared.contracts.documents import Credential, Learner


class Deliveries(Protocol):
    """What is owed. Every change names the state and the claim that it expects: of two owners one succeeds.

    Times are the store's own, so that processes whose clocks differ agree on what is due and whose lease is over.
    All of them raise Unavailable while the store can't be reached.
    """

    async def insert(self, deliveries: Sequence[OwedDelivery]) -> set[str]:
        """Stores those that aren't there yet; returns the ids of those that were."""

    async def suppress(self, ids: Collection[str], error_code: str) -> int:
        """Takes back what isn't being sent yet; returns how many."""

    async def gather(self, digest: OwedDelivery) -> OwedDelivery:
        """Stores a digest, or adds its awards to the one that is there if that `takes_more`, and holds it back anew.

        Returns the stored one: what it doesn't name it won't tell.
        """

    async def leave_out(self, awards: Collection[str]) -> None:
        """Takes awards out of digests that aren't being sent yet; whoever claimed one begins anew."""

    async def due(self, limit: int) -> list[OwedDelivery]:
        """Those whose time has come, longest overdue first; interrupted ones come when their lease is over."""

    async def claim(self, deliveries: Sequence[OwedDelivery], claim: str, lease: timedelta) -> list[OwedDelivery]:
        """Takes what was due, for the length of the lease, and counts an attempt.

        Returns those that are ours now, as they are now. A `claim` is used once; it is missing from the others
        because somebody else was quicker.
        """

    async def release(self, ids: Collection[str], claim: str) -> int:
        """Gives claims back as if there had been none: something that every delivery needs was missing."""

    async def begin(self, ids: Collection[str], claim: str, lease: timedelta) -> set[str]:
        """Writes that they are being sent, once in a claim's life.

        Those not returned are no longer ours or were suppressed, and must not be sent.
        """

    async def settle(self, ids: Collection[str], claim: str | None, step: Step) -> int:
        """Writes what came of them and gives the claims back. Returns how many were still ours."""

    async def waiting(self, after: str, limit: int) -> list[OwedDelivery]:
        """Those without an address, by id, beginning behind `after`."""

    async def address_found(self, ids: Collection[str]) -> int:
        """Queues waiting deliveries to be sent now; returns how many."""

    async def oldest_pending(self) -> datetime | None:
        """When the oldest delivery that could be sent was made."""


@dataclass(frozen=True, slots=True)
class Papers:
    """What a page of letters is written from, by id."""

    learners: dict[str, Learner]
    credentials: dict[str, Credential]
    reasons: dict[str, str]
    """an award's reason in words"""
    quiet: frozenset[str] = frozenset()
    """awards that nobody is to be told of"""
    digests: Mapping[str, str] = field(default_factory=dict)
    """by award, the digest that is to tell of it"""
    revoked: frozenset[str] = frozenset()
    """awards of digests that were revoked before anything was written about them"""


class Archive(Protocol):
    """What the other services have stored. Raises Unavailable."""

    async def papers(self, deliveries: Sequence[OwedDelivery]) -> Papers:
        """All that there is about these deliveries."""

    async def addressed(self, learners: Collection[str]) -> set[str]:
        """Those of these learners whose address is known by now."""


class Session(Protocol):
    """One connection to the mail server. Raises Unavailable when it is lost before a message was begun."""

    async def offer(self, mail: Mail) -> Outcome | None:
        """Asks whether the server takes mail between these two; None: it does."""

    async def hand_over(self, mail: Mail) -> Outcome:
        """Sends the offered message. Doubtful when the connection is lost meanwhile; never raises Unavailable."""

    async def withdraw(self) -> None:
        """Takes an offer back."""


class Post(Protocol):
    """A mail server."""

    def session(self) -> AbstractAsyncContextManager[Session]:
        """Connects. Raises Unavailable when the server refuses, or can't be reached or trusted."""
