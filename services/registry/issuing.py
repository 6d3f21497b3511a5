"""Issuing: what was signed is checked, stored once, and announced when anybody could verify it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from services.registry.domain import (
    Clock,
    Fact,
    ListId,
    ListState,
    NoAward,
    Publish,
    Stored,
    by_award,
)
from services.registry.lists import StatusLists
from services.registry.ports import Credentials, Facts, Intents, Lists, Proofs, Tally
from services.registry.statuses import Statuses
from shared.contracts.documents import Credential
from shared.contracts.events import CredentialSigned, CredentialState
from shared.errors import Rejected
from shared.openbadges.status import status_of

SWEEP_LIMIT = 5_000


class Issuing:
    """The write decides what is stored, never whether it is announced: repeats announce what the store holds."""

    def __init__(
        self,
        credentials: Credentials,
        intents: Intents,
        facts: Facts,
        lists: Lists,
        status_lists: StatusLists,
        statuses: Statuses,
        proofs: Proofs,
        tally: Tally,
        publish: Publish,
        clock: Clock,
        *,
        patience: timedelta = timedelta(seconds=5),
    ) -> None:
        self._credentials = credentials
        self._intents = intents
        self._facts = facts
        self._lists = lists
        self._status_lists = status_lists
        self._statuses = statuses
        self._proofs = proofs
        self._tally = tally
        self._publish = publish
        self._clock = clock
        self._patience = patience

    async def issue(self, signed: Sequence[CredentialSigned]) -> list[Rejected | None]:
        """Stores those that prove right, and announces every one of them as stored. A verdict for each."""
        verdicts = await self._judged(signed)
        good = [each for each, verdict in zip(signed, verdicts, strict=True) if verdict is None]
        await self.announce(await self._stored(good))
        return verdicts

    async def announce(self, stored: Sequence[Stored]) -> None:
        """Announces those whose list can be fetched and holds what was said about them; the rest waits for its list.

        Marked after it was published: a crash in between announces twice, never not at all.
        """
        if not stored:
            return
        said = await self._said_about(stored)
        lists = await self._lists_of(stored)
        ready = [each for each in stored if _verifiable(lists.get(each.list_id), said.get(each.id, ()))]
        if not ready:
            return
        await self._publish([each.issued(CredentialState(status_of(said.get(each.id, ())).state)) for each in ready])
        fresh = [each for each in ready if each.announced_at is None]
        now = self._clock()
        await self._credentials.mark_announced([each.id for each in fresh], now)
        for each in fresh:
            self._tally.readable((now - each.received_at).total_seconds())

    async def announce_waiting(self, on: Collection[ListId] | None = None) -> None:
        """What nobody was told of: on lists that just came out, or, as a sweep, on any that is out."""
        if on is not None:
            waiting = await self._credentials.unannounced(before=self._clock(), limit=SWEEP_LIMIT, on=on) if on else []
        else:
            closed = [state.id for state in await self._lists.all() if not state.fetchable]
            before = self._clock() - self._patience
            waiting = await self._credentials.unannounced(before=before, limit=SWEEP_LIMIT, off=closed)
        await self.announce(waiting)

    async def _judged(self, signed: Sequence[CredentialSigned]) -> list[Rejected | None]:
        intents = await self._intents.find({each.award_id for each in signed})
        verdicts = iter(
            await self._proofs.credentials(
                [(each, intents[each.award_id]) for each in signed if each.award_id in intents]
            )
        )
        self._status_lists.notice(intent.list_id for intent in intents.values())
        return [next(verdicts) if each.award_id in intents else _unawarded(each) for each in signed]

    async def _stored(self, good: Sequence[CredentialSigned]) -> list[Stored]:
        now = self._clock()
        credentials = {each.award_id: _credential(each, now) for each in good}
        existed = await self._credentials.insert(list(credentials.values()))
        self._tally.duplicates(len(good) - len(credentials) + len(existed))
        new = [each for each in credentials.values() if each.id not in existed]
        for each in new:
            self._tally.stored(each.tenant, each.achievement, each.version)
        return [*map(_without_securings, new), *(await self._credentials.find(existed) if existed else ())]

    async def _said_about(self, stored: Sequence[Stored]) -> Mapping[str, list[Fact]]:
        tenants = {each.id: each.tenant for each in stored}
        said = by_award(await self._facts.of_awards(tenants.keys()), tenants)
        await self._statuses.settle_known([fact for facts in said.values() for fact in facts if not fact.settled_at])
        return said

    async def _lists_of(self, stored: Sequence[Stored]) -> Mapping[ListId, ListState]:
        wanted = {each.list_id for each in stored}
        lists = await self._lists.find(wanted)
        await self._status_lists.open(sorted(wanted - lists.keys()))
        return lists


def _verifiable(state: ListState | None, said: Sequence[Fact]) -> bool:
    return state is not None and state.fetchable and (not said or state.complete)


def _unawarded(signed: CredentialSigned) -> NoAward:
    msg = f"credential {signed.award_id} of {signed.tenant} has no award: was it signed for another deployment?"
    return NoAward(msg)


def _credential(signed: CredentialSigned, now: datetime) -> Credential:
    return Credential(id=signed.award_id, stored_at=now, **signed.model_dump(exclude={"award_id"}))


def _without_securings(credential: Credential) -> Stored:
    return Stored(
        id=credential.id,
        credential_id=credential.credential_id,
        tenant=credential.tenant,
        achievement=credential.achievement,
        version=credential.version,
        learner=credential.learner,
        status_list=credential.status_list,
        stored_at=credential.stored_at,
        received_at=credential.received_at,
    )
