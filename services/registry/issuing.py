"""Issuing: what was signed is checked, stored once, and announced when anybody could verify it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.registry.domain import (
    Clock,
    Fact,
    Intent,
    ListId,
    ListState,
    NoAward,
    Note,
    Publish,
    Stored,
    by_award,
)
from services.registry.lists import StatusLists
from services.registry.ports import Credentials, Facts, Intents, Lists, Notes, Proofs, Tally
from services.registry.statuses import Statuses
from shared.contracts.documents import Credential
from shared.contracts.events import CredentialSigned, CredentialState
from shared.errors import Rejected
from shared.openbadges.status import status_of

SWEEP_LIMIT = 5_000


@dataclass(frozen=True, slots=True)
class Outlook:
    """What decides whether a credential may be announced, and as what: its list, and what was said about it."""

    lists: Mapping[ListId, ListState]
    said: Mapping[str, Sequence[Fact]]

    def ready(self, each: Intent | Stored) -> bool:
        """Its list can be fetched, and holds everything that was said about it."""
        state = self.lists.get(each.list_id)
        return state is not None and state.fetchable and (each.id not in self.said or state.complete)

    def state(self, each: Stored) -> CredentialState:
        """What it is announced as."""
        return CredentialState(status_of(self.said.get(each.id, ())).state)


class Issuing:
    """The write decides what is stored, never whether it is announced: repeats announce what the store holds.

    What can be announced at once is stored as announced, under a note that is removed once it was: two small writes a
    batch instead of an update a credential. A note that is left, after a crash, is the sweep's to finish.
    """

    def __init__(
        self,
        credentials: Credentials,
        notes: Notes,
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
        self._notes = notes
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
        intents = await self._intents.find({each.award_id for each in signed})
        verdicts = await self._judged(signed, intents)
        good = [each for each, verdict in zip(signed, verdicts, strict=True) if verdict is None]
        if good:
            outlook = await self._outlook([intents[each.award_id] for each in good])
            await self._store_and_tell(good, intents, outlook)
        return verdicts

    async def announce(self, stored: Sequence[Stored]) -> bool:
        """Announces those that are ready, then marks them: a crash in between announces twice, never not at all.

        Whether nobody is left who was stored as announced and could not be: no mark would bring them back.
        """
        if not stored:
            return True
        told = await self._tell(stored, await self._outlook(stored))
        await self._mark([each for each in told if each.announced_at is None])
        return _none_left(stored, told)

    async def announce_waiting(self, on: Collection[ListId] | None = None) -> None:
        """What nobody was told of: on lists that just came out, or, as a sweep, on any that is out."""
        if on is not None:
            waiting = await self._credentials.unannounced(before=self._clock(), limit=SWEEP_LIMIT, on=on) if on else []
        else:
            closed = [state.id for state in await self._lists.all() if not state.fetchable]
            before = self._clock() - self._patience
            waiting = await self._credentials.unannounced(before=before, limit=SWEEP_LIMIT, off=closed)
        await self.announce(waiting)

    async def finish_notes(self) -> None:
        """What a crash left between storing and telling, and no redelivery took care of."""
        for note in await self._notes.left(before=self._clock() - self._patience):
            if await self.announce(await self._credentials.find(note.awards)):
                await self._notes.remove(note.id)

    async def _judged(self, signed: Sequence[CredentialSigned], intents: Mapping[str, Intent]) -> list[Rejected | None]:
        awarded = [(each, intents[each.award_id]) for each in signed if each.award_id in intents]
        verdicts = iter(await self._proofs.credentials(awarded))
        self._status_lists.notice(intent.list_id for intent in intents.values())
        return [next(verdicts) if each.award_id in intents else _unawarded(each) for each in signed]

    async def _store_and_tell(
        self, good: Sequence[CredentialSigned], intents: Mapping[str, Intent], outlook: Outlook
    ) -> None:
        now = self._clock()
        credentials = {
            each.award_id: _credential(each, now, announced_at=now if outlook.ready(intents[each.award_id]) else None)
            for each in good
        }
        note = Note(f"{good[0].award_id}@{now.isoformat()}", tuple(credentials), now)
        await self._notes.add(note)
        existed = await self._credentials.insert(list(credentials.values()))
        new = [_without_securings(each) for each in credentials.values() if each.id not in existed]
        self._count(new, twins=len(good) - len(new))
        stored = [*new, *(await self._credentials.find(existed) if existed else [])]
        told = await self._tell(stored, outlook)
        await self._mark([each for each in told if each.announced_at is None])
        if _none_left(stored, told):
            await self._notes.remove(note.id)
        for each in new:
            if each.announced_at is not None:
                self._tally.readable((self._clock() - each.received_at).total_seconds())

    async def _tell(self, stored: Sequence[Stored], outlook: Outlook) -> list[Stored]:
        ready = [each for each in stored if outlook.ready(each)]
        if ready:
            await self._publish([each.issued(outlook.state(each)) for each in ready])
        return ready

    async def _mark(self, told: Sequence[Stored]) -> None:
        if told:
            now = self._clock()
            await self._credentials.mark_announced([each.id for each in told], now)
            for each in told:
                self._tally.readable((now - each.received_at).total_seconds())

    async def _outlook(self, about: Sequence[Intent] | Sequence[Stored]) -> Outlook:
        """What was said and not yet told is settled first, so that its list is known to be behind."""
        tenants = {each.id: each.tenant for each in about}
        said = by_award(await self._facts.of_awards(tenants.keys()), tenants)
        await self._statuses.settle_known([fact for facts in said.values() for fact in facts if not fact.settled_at])
        wanted = {each.list_id for each in about}
        lists = await self._lists.find(wanted)
        await self._status_lists.open(sorted(wanted - lists.keys()))
        return Outlook(lists, said)

    def _count(self, new: Sequence[Stored], *, twins: int) -> None:
        self._tally.duplicates(twins)
        for each in new:
            self._tally.stored(each.tenant, each.achievement, each.version)


def _none_left(stored: Sequence[Stored], told: Sequence[Stored]) -> bool:
    known = {each.id for each in told}
    return all(each.id in known or each.announced_at is None for each in stored)


def _unawarded(signed: CredentialSigned) -> NoAward:
    msg = f"credential {signed.award_id} of {signed.tenant} has no award: was it signed for another deployment?"
    return NoAward(msg)


def _credential(signed: CredentialSigned, now: datetime, *, announced_at: datetime | None) -> Credential:
    said = signed.model_dump(exclude={"award_id"})
    return Credential(id=signed.award_id, stored_at=now, announced_at=announced_at, **said)


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
        announced_at=credential.announced_at,
    )
