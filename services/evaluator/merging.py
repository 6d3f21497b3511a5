"""Accounts that turned out to be one person's: everything of one becomes the other's, once, and nothing is doubled.

A merge is stored, then known by every evaluator within `LEASE`, and only carried out after `GRACE`, when nobody writes
for the given-up account any more: whoever judged the other one before that would give it what the first one has.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from services.evaluator.ports import Clock, Merge, MergeStore, Timer
from shared.contracts.learners import LearnerMerged

LEASE = 2.0
"""seconds for which an evaluator trusts what it knows of merges"""
GRACE = timedelta(seconds=10)
LATER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
"""further looks for what an evaluator that was stuck may have written for the given-up account still"""
_OVERLAP = timedelta(minutes=10)
"""clocks of evaluators differ"""


class Merges:
    """Every account that was given up, and what it is now: a cache of what is stored."""

    def __init__(self, store: MergeStore, clock: Clock, timer: Timer) -> None:
        self._store = store
        self._clock = clock
        self._timer = timer
        self._into: dict[tuple[str, str], str] = {}
        self._given_up: dict[tuple[str, str], list[str]] = {}
        self._newest = datetime.min.replace(tzinfo=UTC)
        self._looked: float | None = None

    def into(self, tenant: str, learner: str) -> str:
        """The account that is used now."""
        while (following := self._into.get((tenant, learner))) is not None:
            learner = following
        return learner

    def accounts(self, tenant: str, learner: str) -> list[str]:
        """It, and every account that was given up for it: what is stored may still be under their ids."""
        return [learner, *self._given_up.get((tenant, learner), ())]

    async def announced(self, events: Iterable[LearnerMerged]) -> None:
        """Stored; the first word about an account stays."""
        now = self._clock()
        merges = [
            Merge(each.tenant, each.learner, each.into, stored_at=now, look_at=now + GRACE)
            for each in events
            if each.learner != each.into
        ]
        await self._store.add(merges)
        await self.look()

    async def fresh(self) -> None:
        """What is known is young enough to write by."""
        if self._looked is None or self._timer() - self._looked > LEASE:
            await self.look()

    async def look(self) -> None:
        """Whatever was stored since the last look."""
        begun = self._timer()
        for each in await self._store.since(self._newest):
            # of merges in a ring the last says nothing
            if self.into(each.tenant, each.into) != each.learner:
                self._into[each.tenant, each.learner] = each.into
            self._newest = max(self._newest, each.stored_at - _OVERLAP)
        given_up: dict[tuple[str, str], list[str]] = {}
        for tenant, learner in self._into:
            given_up.setdefault((tenant, self.into(tenant, learner)), []).append(learner)
        self._given_up = given_up
        self._looked = begun
