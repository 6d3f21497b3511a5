"""Status requests become facts; facts become places on lists, announcements and, at the end, settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from services.registry.domain import (
    Clock,
    ConflictingRequest,
    Fact,
    Intent,
    Publish,
    WrongTenant,
    by_award,
)
from services.registry.lists import StatusLists
from services.registry.ports import Facts, Intents, Tally
from shared.contracts.events import CredentialState, CredentialStatusChanged, StatusChangeRequested
from shared.errors import Rejected
from shared.openbadges.status import status_of

SWEEP_LIMIT = 10_000


class Statuses:
    """Nothing here changes a credential: what is said about it is kept apart, even before it exists."""

    def __init__(
        self,
        facts: Facts,
        intents: Intents,
        lists: StatusLists,
        tally: Tally,
        publish: Publish,
        clock: Clock,
        *,
        patience: timedelta = timedelta(seconds=5),
    ) -> None:
        self._facts = facts
        self._intents = intents
        self._lists = lists
        self._tally = tally
        self._publish = publish
        self._clock = clock
        self._patience = patience

    async def request(self, requests: Sequence[StatusChangeRequested]) -> list[Rejected | None]:
        """Keeps each as a fact, repeats once; what is about an award that exists takes effect. A verdict for each."""
        intents = await self._intents.find({each.award_id for each in requests})
        facts = {
            each.request_id: self._fact(each, intents.get(each.award_id))
            for each in requests
            if not _foreign(each, intents)
        }
        existed = await self._facts.insert(list(facts.values()))
        for fact in facts.values():
            if fact.id not in existed:
                self._tally.status_changed(fact.change.value, fact.cause)
        kept = facts | {fact.id: fact for fact in await self._facts.find(existed)}
        await self.settle(list(kept.values()), intents)
        return [_verdict(each, intents, kept) for each in requests]

    async def settle(self, facts: Sequence[Fact], intents: Mapping[str, Intent]) -> None:
        """The order makes a crash harmless at every line: place, raise, draw, tell, and only then settled.

        Repeats raise the list again, for the one before may have died just before it.
        """
        about = [fact for fact in facts if fact.award_id in intents and intents[fact.award_id].tenant == fact.tenant]
        awarded = {fact.award_id: intents[fact.award_id] for fact in about}
        if not awarded:
            return
        await self._facts.place([awarded[each] for each in {fact.award_id for fact in about if not fact.placed}])
        drafts = await self._lists.raise_and_draw({intent.list_id for intent in awarded.values()})
        await self._publish([*drafts, *await self._changes(awarded)])
        await self._facts.settle([fact.id for fact in about], self._clock())

    async def settle_loose(self) -> None:
        """Facts whose award came later, and those that a crash left half told."""
        await self.settle_known(await self._facts.unsettled(before=self._clock() - self._patience, limit=SWEEP_LIMIT))

    async def settle_known(self, facts: Sequence[Fact]) -> None:
        """Facts that waited for their award, where it is there now."""
        if facts:
            await self.settle(facts, await self._intents.find({fact.award_id for fact in facts}))

    async def _changes(self, awarded: Mapping[str, Intent]) -> list[CredentialStatusChanged]:
        tenants = {intent.id: intent.tenant for intent in awarded.values()}
        said = by_award(await self._facts.of_awards(awarded.keys()), tenants)
        return [_change(awarded[award_id], facts) for award_id, facts in said.items()]

    def _fact(self, request: StatusChangeRequested, intent: Intent | None) -> Fact:
        return Fact(
            id=request.request_id,
            tenant=request.tenant,
            award_id=request.award_id,
            change=request.change,
            cause=request.cause,
            reason=request.reason,
            requested_by=request.requested_by,
            at=request.requested_at,
            stored_at=self._clock(),
            status_list=None if intent is None else intent.status_list,
            status_index=None if intent is None else intent.status_index,
        )


def _change(intent: Intent, facts: Sequence[Fact]) -> CredentialStatusChanged:
    status = status_of(facts)
    return CredentialStatusChanged(
        award_id=intent.id,
        tenant=intent.tenant,
        learner=intent.learner,
        achievement=intent.achievement,
        state=CredentialState(status.state),
        reason=status.reason,
        since=status.since or intent.valid_from,
        facts=status.facts,
        fact=status.by,
    )


def _foreign(request: StatusChangeRequested, intents: Mapping[str, Intent]) -> bool:
    intent = intents.get(request.award_id)
    return intent is not None and intent.tenant != request.tenant


def _verdict(
    request: StatusChangeRequested, intents: Mapping[str, Intent], kept: Mapping[str, Fact]
) -> Rejected | None:
    if _foreign(request, intents):
        msg = f"award {request.award_id} isn't {request.tenant}'s: ask for the change in the name of its own tenant"
        return WrongTenant(msg)
    fact = kept[request.request_id]
    asked = (request.tenant, request.award_id, request.change, request.cause)
    if (fact.tenant, fact.award_id, fact.change, fact.cause) != asked:
        msg = f"request {request.request_id} was made before, for another change: give the new one an id of its own"
        return ConflictingRequest(msg)
    return None
