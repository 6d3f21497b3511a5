"""Deliveries in memory: the fake that tests run the sender on. One contract test holds it to the store's behaviour."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.notifier.domain import OwedDelivery, Step
from shared.contracts.documents import DeliveryState

_UNSENT = {DeliveryState.QUEUED, DeliveryState.WAITING}
_OPEN = {*_UNSENT, DeliveryState.SENDING}


class InMemoryDeliveries:
    """`now` plays the store's own clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.all: dict[str, OwedDelivery] = {}
        self._now = now

    async def insert(self, deliveries: Sequence[OwedDelivery]) -> set[str]:
        """A twin stays as it was."""
        existed = {each.id for each in deliveries if each.id in self.all}
        for each in deliveries:
            self.all.setdefault(each.id, each)
        return existed

    async def suppress(self, ids: Collection[str], error_code: str) -> int:
        """Only what isn't being sent."""
        fields = {"state": DeliveryState.SUPPRESSED, "error_code": error_code, "claim": None}
        return sum(self._change(each, fields, _UNSENT) for each in ids)

    async def gather(self, digest: OwedDelivery) -> OwedDelivery:
        """The first one is stored as it is."""
        known = self.all.setdefault(digest.id, digest)
        new = tuple(each for each in digest.awards if each not in known.awards)
        if new and known.takes_more:
            until = max(known.next_attempt_at, digest.next_attempt_at)
            fields = {"awards": (*known.awards, *new), "next_attempt_at": until, "held_until": digest.held_until}
            self.all[digest.id] = known.model_copy(update=fields)
        return self.all[digest.id]

    async def leave_out(self, awards: Collection[str]) -> None:
        """Whoever claimed one has lost it."""
        for each in [each for each in self.all.values() if {*each.awards} & {*awards}]:
            kept = tuple(award for award in each.awards if award not in awards)
            self._change(each.id, {"awards": kept, "claim": None}, _UNSENT)

    async def due(self, limit: int) -> list[OwedDelivery]:
        """Longest overdue first."""
        found = [each for each in self.all.values() if each.state in _OPEN and each.next_attempt_at <= self._now()]
        return sorted(found, key=lambda each: each.next_attempt_at)[:limit]

    async def claim(self, deliveries: Sequence[OwedDelivery], claim: str, lease: timedelta) -> list[OwedDelivery]:
        """What is no longer due was taken by somebody."""
        due = max(each.next_attempt_at for each in deliveries)
        ours = []
        for each in deliveries:
            known = self.all.get(each.id)
            if known is not None and known.next_attempt_at <= due:
                fields = {**self._leased(claim, lease), "attempts": known.attempts + 1}
                ours += [self.all[each.id]] if self._change(each.id, fields, _UNSENT) else []
        return ours

    async def release(self, ids: Collection[str], claim: str) -> int:
        """The attempts aren't counted."""
        fields = {"claim": None, "lease_until": None, "next_attempt_at": self._now()}
        ours = [each for each in ids if self._is(each, claim)]
        return sum(self._change(each, {**fields, "attempts": self.all[each].attempts - 1}, _UNSENT) for each in ours)

    async def begin(self, ids: Collection[str], claim: str, lease: timedelta) -> set[str]:
        """Only with the claim."""
        fields = {**self._leased(claim, lease), "state": DeliveryState.SENDING}
        return {each for each in ids if self._is(each, claim) and self._change(each, fields, _UNSENT)}

    async def settle(self, ids: Collection[str], claim: str | None, step: Step) -> int:
        """Only with the claim."""
        fields: dict[str, Any] = {
            "state": step.state,
            "error_code": step.error_code,
            "doubts": step.doubts,
            "claim": None,
            "lease_until": None,
            "next_attempt_at": self._now() + step.after,
        }
        if step.state is DeliveryState.SENT:
            fields["sent_at"] = self._now()
        return sum(self._is(each, claim) and self._change(each, fields, _OPEN) for each in ids)

    async def waiting(self, after: str, limit: int) -> list[OwedDelivery]:
        """By id."""
        found = [each for each in self.all.values() if each.state is DeliveryState.WAITING and each.id > after]
        return sorted(found, key=lambda each: each.id)[:limit]

    async def address_found(self, ids: Collection[str]) -> int:
        """They begin afresh."""
        fields = {
            "state": DeliveryState.QUEUED,
            "next_attempt_at": self._now(),
            "addressed_at": self._now(),
            "attempts": 0,
            "error_code": None,
        }
        return sum(self._change(each, fields, {DeliveryState.WAITING}) for each in ids)

    async def oldest_pending(self) -> datetime | None:
        """Without the waiting."""
        pending = {DeliveryState.QUEUED, DeliveryState.SENDING}
        return min((each.created_at for each in self.all.values() if each.state in pending), default=None)

    def _is(self, delivery_id: str, claim: str | None) -> bool:
        return delivery_id in self.all and self.all[delivery_id].claim == claim

    def _leased(self, claim: str, lease: timedelta) -> dict[str, Any]:
        until = self._now() + lease
        return {"claim": claim, "lease_until": until, "next_attempt_at": until}

    def _change(self, delivery_id: str, fields: dict[str, Any], states: Collection[DeliveryState]) -> bool:
        known = self.all.get(delivery_id)
        if known is None or known.state not in states:
            return False
        self.all[delivery_id] = known.model_copy(update=fields)
        return True
