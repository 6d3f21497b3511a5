"""Status lists: opened ahead of need, drawn from facts, signed elsewhere, published only forward."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from services.registry.domain import Clock, Fact, ListId, ListState, Publish
from services.registry.ports import Facts, Intents, Lists, Proofs, Tally
from shared.contracts.events import StatusListDrafted, StatusListSigned, whole_seconds
from shared.contracts.identity import STATUS_LIST_BITS
from shared.errors import Rejected
from shared.openbadges.status import status_of
from shared.openbadges.status_list import encode

CROWDED = 0.4
"""The share of taken positions from which the next list is made."""
SAMPLE = STATUS_LIST_BITS // 64
"""Positions are spread evenly, so that the lowest 2,048 tell how full a list is to a few percent."""


class StatusLists:
    """An edit of a list is a new drawing of all of it, so two registries at work on one list can't lose a fact."""

    def __init__(
        self,
        lists: Lists,
        facts: Facts,
        intents: Intents,
        proofs: Proofs,
        tally: Tally,
        publish: Publish,
        clock: Clock,
        *,
        patience: timedelta = timedelta(seconds=5),
        max_age: timedelta = timedelta(minutes=5),
    ) -> None:
        self._lists = lists
        self._facts = facts
        self._intents = intents
        self._proofs = proofs
        self._tally = tally
        self._publish = publish
        self._clock = clock
        self._patience = patience
        self._max_age = max_age
        self._issuers: set[str] = set()
        self._noticed: set[ListId] = set()

    async def open_first(self, tenants: Iterable[str]) -> None:
        """At first sight of an issuer its first list is drafted, so that no badge waits for it."""
        new = set(tenants) - self._issuers
        await self.open([(tenant, 1) for tenant in sorted(new)])
        self._issuers |= new

    async def open(self, ids: Collection[ListId]) -> None:
        """Makes and drafts those that aren't there."""
        opened = [list_id for list_id in ids if await self._lists.open(list_id)]
        if opened:
            await self._publish([await self.draw(list_id) for list_id in opened])

    def notice(self, ids: Iterable[ListId]) -> None:
        """Positions on these lists were used: they may be filling up."""
        self._noticed.update(ids)

    async def notice_all(self) -> None:
        """What filled up while no registry ran."""
        self.notice(state.id for state in await self._lists.all())

    async def open_ahead(self) -> None:
        """The next list is ready long before the evaluator has to move on to it."""
        for noticed in sorted(self._noticed):
            tenant, number = noticed
            while await self._intents.taken_below((tenant, number), SAMPLE) >= CROWDED * SAMPLE:
                number += 1
                await self.open([(tenant, number)])
            self._noticed.discard(noticed)

    async def raise_and_draw(self, ids: Collection[ListId]) -> list[StatusListDrafted]:
        """After something was said about credentials on these lists, and the facts say where."""
        for list_id in ids:
            await self._lists.open(list_id)
        await self._lists.raise_dirty(ids)
        return [await self.draw(list_id) for list_id in sorted(ids)]

    async def draw(self, list_id: ListId) -> StatusListDrafted:
        """A draft holds at least every fact that was counted in its version: `dirty` is read first, facts second."""
        version = (await self._lists.find([list_id]))[list_id].dirty
        facts = await self._facts.of_list(list_id)
        encoded = await asyncio.to_thread(_encoded, facts)
        now = self._clock()
        await self._lists.mark_drafted(list_id, version, now)
        tenant, number = list_id
        return StatusListDrafted(
            tenant=tenant, list_number=number, version=version, encoded_list=encoded, drawn_at=whole_seconds(now)
        )

    async def publish(self, signed: Sequence[StatusListSigned]) -> tuple[list[Rejected | None], set[ListId]]:
        """Stores what proves right and is newer: a verdict for each, and the lists that moved forward."""
        verdicts = await self._proofs.lists(signed)
        newest: dict[ListId, StatusListSigned] = {}
        for each, verdict in zip(signed, verdicts, strict=True):
            key = (each.tenant, each.list_number)
            if verdict is None and (key not in newest or newest[key].version < each.version):
                newest[key] = each
        moved = await self._lists.publish(list(newest.values()))
        for key in moved:
            self._tally.published(key, newest[key].drawn_at)
        return verdicts, moved

    async def tend(self) -> None:
        """Draws again what was raised and never came back signed, and what has grown old."""
        now = self._clock()
        drafts = []
        for state in await self._lists.all():
            if state.drawn_at is not None:
                self._tally.published(state.id, state.drawn_at)
            if state.complete and state.drawn_at is not None and now - state.drawn_at >= self._max_age:
                await self._lists.refresh(state)
                drafts.append(await self.draw(state.id))
            elif not state.complete and not self._under_way(state):
                drafts.append(await self.draw(state.id))
        if drafts:
            await self._publish(drafts)

    def _under_way(self, state: ListState) -> bool:
        if state.drafted < state.dirty or state.drafted_at is None:
            return False
        return self._clock() - state.drafted_at < self._patience


def _encoded(facts: Iterable[Fact]) -> str:
    placed: dict[tuple[str, int], list[Fact]] = {}
    for fact in facts:
        if fact.status_index is not None:
            placed.setdefault((fact.award_id, fact.status_index), []).append(fact)
    return encode(index for (_, index), said in placed.items() if status_of(said).bit)
