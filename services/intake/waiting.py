"""Deliveries that wait for their learner's profile, because they name nobody by the id that counts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from services.intake.domain import Accepted
from services.intake.metrics import IntakeMetrics
from services.intake.ports import Aliases, Parked, WaitingRoom
from services.intake.receiving import Arrival, Outcome, Receiving
from shared.contracts import identity
from shared.errors import Rejected
from shared.runtime.dead_letters import ATTEMPT
from shared.runtime.records import Record

_AT_ONCE = 100
"""taken up together"""


class DeadLetters(Protocol):
    """Where a delivery goes that can never succeed."""

    async def write(self, record: Record, error: Rejected) -> None:
        """Raises Unavailable."""
        ...


@dataclass(slots=True)
class Waiting:
    """Nothing is lost in between: it is parked before it counts as handled, and published before it is let go."""

    room: WaitingRoom
    aliases: Aliases
    receiving: Receiving
    arrivals: Callable[[Parked], Arrival | None]
    """what arrived then, as the catalogue sees it now; None while it doesn't know the source"""
    dead_letters: DeadLetters
    metrics: IntakeMetrics
    clock: Callable[[], datetime]
    most: int
    """of each source; what comes then is refused"""
    longest: timedelta
    """what has waited so long is dead-lettered"""
    _counts: dict[str, int] = field(default_factory=dict)
    _looked: str = ""
    """how far the sweep has come"""

    async def park(self, arrivals: Sequence[Arrival], outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Answers as they are to be counted: what has no place any more is refused, and what waits already is told.

        Raises Unavailable.
        """
        answers = list(outcomes)
        parked: dict[int, Parked] = {}
        coming: dict[str, int] = {}
        for at, (arrival, outcome) in enumerate(zip(arrivals, outcomes, strict=True)):
            if not isinstance(outcome, Accepted) or not outcome.waits:
                continue
            coming[arrival.label] = coming.get(arrival.label, 0) + 1
            if self._counts.get(arrival.label, 0) + coming[arrival.label] > self.most:
                full = f"{self.most} deliveries of this source wait for their learners' profiles"
                answers[at] = Rejected(full, code="too_many_waiting")
            else:
                parked[at] = self._parked(arrival, outcome)
        if not parked:
            return answers
        twins = set(await self.room.park(list(parked.values())))
        for at, each in parked.items():
            if each.id in twins:
                answers[at] = _waiting_already(answers[at])
            else:
                twins.add(each.id)
                self._change(each.source, 1)
        # a profile that came between looking and parking found nobody
        waited_for = {alias for each in parked.values() for alias in each.aliases}
        await self.take_up(await self.aliases.find(waited_for))
        return answers

    async def take_up(self, aliases: Iterable[str]) -> None:
        """Lets go on whoever waits for one of these, as far as they are known. Raises Unavailable."""
        named = list(aliases)
        if not named or not any(self._counts.values()):
            return
        moved = found = _AT_ONCE
        while moved and found == _AT_ONCE:
            some = await self.room.waiting_for(named, _AT_ONCE)
            moved, found = await self._go_on(some), len(some)

    async def sweep(self) -> None:
        """What no profile woke, because a process died or another one parked it, and what has waited too long."""
        self._counts = dict.fromkeys(self._counts, 0) | dict(await self.room.counts())
        self.metrics.waiting(self._counts)
        some = await self.room.after(self._looked, _AT_ONCE)
        self._looked = some[-1].id if len(some) == _AT_ONCE else ""
        oldest = self.clock() - self.longest
        # the catalogue may have changed: what each waits for is asked anew
        await self._go_on([each for each in some if each.since >= oldest])
        for each in some:
            if each.since < oldest:
                days = self.longest.total_seconds() / 86400
                await self._give_up(
                    each, Rejected(f"no profile of its learner came in {days:g} days", code="no_profile")
                )

    async def _go_on(self, parked: Sequence[Parked]) -> int:
        """How many did, if only in part."""
        found = [(each, arrival) for each in parked if (arrival := self.arrivals(each)) is not None]
        if not found:
            return 0
        moved = 0
        received = await self.receiving.receive([arrival for _, arrival in found])
        for (each, arrival), outcome in zip(found, received.outcomes, strict=True):
            match outcome:
                case Accepted() if outcome.waits != each.facts:
                    await self._gone_on(each, arrival, outcome)
                    moved += 1
                case Rejected():
                    await self._give_up(each, outcome)
                    moved += 1
                case _:
                    pass  # nobody it waits for is known, or its schema can't be had: next time
        return moved

    async def _gone_on(self, parked: Parked, arrival: Arrival, accepted: Accepted) -> None:
        left = replace(parked, facts=accepted.waits, aliases=accepted.aliases) if accepted.waits else None
        await self.room.go_on(parked, left)
        if left is None:
            self._change(parked.source, -1)
        self.metrics.accepted(parked.source, arrival.delivery.source.dialect, replace(accepted, waits=()))

    async def _give_up(self, parked: Parked, error: Rejected) -> None:
        await self.dead_letters.write(parked.record, error)
        await self.room.go_on(parked, None)
        self._change(parked.source, -1)
        arrival = self.arrivals(parked)
        self.metrics.rejected(parked.source, arrival.delivery.source.dialect if arrival else "unknown")

    def _parked(self, arrival: Arrival, accepted: Accepted) -> Parked:
        record = arrival.record
        return Parked(
            id=_id(arrival),
            source=arrival.label,
            record=record,
            aliases=accepted.aliases,
            facts=accepted.waits,
            since=self.clock(),
        )

    def _change(self, source: str, by: int) -> None:
        self._counts[source] = max(0, self._counts.get(source, 0) + by)
        self.metrics.waiting(self._counts)


def _id(arrival: Arrival) -> str:
    """By what it says: a replay adds nothing but its attempt."""
    headers = [(name, (value or b"").hex()) for name, value in arrival.record.headers if name != ATTEMPT]
    body = hashlib.sha256(arrival.record.value or b"").hexdigest()
    return identity.content_hash([arrival.label, headers, body])


def _waiting_already(outcome: Outcome) -> Outcome:
    return replace(outcome, waits=(), repeats=len(outcome.waits)) if isinstance(outcome, Accepted) else outcome
