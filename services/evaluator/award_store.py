"""Awards in MongoDB."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from pymongo import ASCENDING, UpdateOne
from pymongo.read_concern import ReadConcern

from services.evaluator.awards import RARE, Correction, OwnAward, Ruling
from services.evaluator.known import Position
from services.evaluator.ports import Learner, Placing
from services.evaluator.store import SWEEPS
from shared.catalogue.facts import WAITS_FOR_APPROVAL
from shared.contracts import documents
from shared.contracts.documents import AwardState
from shared.contracts.events import CredentialState, CredentialStatusChanged, Decision
from shared.runtime.mongo import Database, find_among, insert_new, translated

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_SLOT = ("status_list", "status_index")
_PENDING = {"state": AwardState.PENDING.value}


async def create_indexes(database: Database) -> None:
    """What judging and the sweep look awards up by, and what keeps two of them off one place."""
    with translated("indexes"):
        awards = database[documents.AWARDS]
        await awards.create_index(
            [("tenant", ASCENDING), ("status_list", ASCENDING), ("status_index", ASCENDING)], unique=True
        )
        await awards.create_index([("learner", ASCENDING)])
        await awards.create_index([("stored_at", ASCENDING)])
        await awards.create_index([("look_at", ASCENDING)], sparse=True)
        await awards.create_index([("waits_for", ASCENDING)], sparse=True)


class MongoAwards:
    """`awards`: inserted; state, marks of the sweep and what became of the credential are added."""

    def __init__(self, database: Database) -> None:
        self._awards = database.get_collection(documents.AWARDS, read_concern=ReadConcern("majority"))
        self._sweeps = database[SWEEPS]

    async def insert(self, awards: Sequence[OwnAward], placing: Placing) -> tuple[list[OwnAward], set[str]]:
        """A refused insert says only that something unique was there: reading back tells what."""
        waiting = {each.id: each for each in awards}
        attempt, stored, new = 0, list[OwnAward](), set[str]()
        while waiting:
            tried = {key: placing(each, attempt) for key, each in waiting.items()}
            refused = await insert_new(self._awards, [each.to_store() for each in tried.values()])
            there = await self.find(refused)
            new |= tried.keys() - refused
            stored += [*(each for key, each in tried.items() if key not in refused), *there]
            waiting = {key: waiting[key] for key in refused - {each.id for each in there}}
            attempt += 1
        return stored, new

    async def revive(self, awards: Sequence[OwnAward]) -> list[OwnAward]:
        """Only what is still withdrawn."""
        if not awards:
            return []
        changes = []
        for each in awards:
            document = each.to_store()
            kept = {name: value for name, value in document.items() if name != "_id" and name not in _SLOT}
            gone = {name: "" for name in RARE if name not in document}
            withdrawn = {"_id": each.id, "state": AwardState.WITHDRAWN.value}
            changes.append(UpdateOne(withdrawn, {"$set": kept, "$unset": gone}))
        with translated(documents.AWARDS):
            await self._awards.bulk_write(changes, ordered=False)
        return await self.find([each.id for each in awards])

    async def of_learners(self, learners: Collection[Learner]) -> dict[Learner, list[OwnAward]]:
        """One look-up serves all."""
        found: dict[Learner, list[OwnAward]] = {}
        for each in await find_among(self._awards, "learner", [learner for _, learner in learners]):
            found.setdefault((each["tenant"], each["learner"]), []).append(OwnAward.from_store(each))
        return found

    async def to_look_at(self, now: datetime, limit: int) -> list[OwnAward]:
        """The longest overdue first."""
        with translated(documents.AWARDS):
            found = self._awards.find({"look_at": {"$lte": now}}).sort("look_at", ASCENDING).limit(limit)
            return [OwnAward.from_store(each) async for each in found]

    async def settle(self, ids: Collection[str], *, withdrawn: bool) -> None:
        """The first word stays."""
        state = AwardState.WITHDRAWN if withdrawn else AwardState.EARNED
        unset = {"waits_for": "", "waits_until": "", **({"look_at": ""} if withdrawn else {})}
        change = {"$set": {"state": state.value, "tries": 0}, "$unset": unset}
        await self._write([UpdateOne({"_id": each, "state": AwardState.PENDING.value}, change) for each in ids])

    async def withdraw(self, positions: Mapping[str, Position]) -> None:
        """Only what nobody was told of."""
        unset = {"waits_for": "", "waits_until": "", "look_at": ""}
        await self._write(
            [
                UpdateOne(
                    {"_id": each, **_PENDING},
                    {"$set": {"state": AwardState.WITHDRAWN.value, "withdrawn_after": [*position]}, "$unset": unset},
                )
                for each, position in positions.items()
            ]
        )

    async def correct(self, marks: Mapping[str, tuple[int, Correction]], look_at: datetime) -> None:
        """Whoever comes second finds that the place in the list is taken."""
        await self._write(
            [
                UpdateOne(
                    {"_id": each, "state": AwardState.EARNED.value, f"corrections.{count}": {"$exists": False}},
                    {
                        "$push": {"corrections": mark.to_store()},
                        "$set": {"corrected": mark.takes_back, "look_at": look_at},
                    },
                )
                for each, (count, mark) in marks.items()
            ]
        )

    async def rule(self, rulings: Mapping[str, tuple[Ruling, datetime]]) -> None:
        """The first word stays."""
        await self._write([_ruled(each, ruling, look_at) for each, (ruling, look_at) in rulings.items()])

    async def pending_approval(self) -> dict[str, int]:
        """Counted over the index of those that wait."""
        wanted = {"waits_for": WAITS_FOR_APPROVAL, **_PENDING}
        with translated(documents.AWARDS):
            found = await self._awards.aggregate(
                [{"$match": wanted}, {"$group": {"_id": "$tenant", "count": {"$sum": 1}}}]
            ).to_list(None)
        return {each["_id"]: each["count"] for each in found}

    async def waiting_for_address(self, learners: Collection[Learner]) -> list[OwnAward]:
        """Few have more than a handful of awards."""
        found = await self.of_learners(learners)
        return [each for awards in found.values() for each in awards if each.waits_for_address]

    async def park(self, awards: Sequence[OwnAward]) -> None:
        """What it waits for, and when to look."""
        fields = ("waits_for", "waits_until", "look_at")
        await self._write(
            [
                UpdateOne(
                    {"_id": each.id, "state": AwardState.PENDING.value},
                    {"$set": {name: getattr(each, name) for name in fields}},
                )
                for each in awards
            ]
        )

    async def move(self, tenant: str, learner: str, into: str) -> None:
        """Whatever is still the first one's."""
        with translated(documents.AWARDS):
            await self._awards.update_many({"learner": learner, "tenant": tenant}, {"$set": {"learner": into}})

    async def postpone(self, looks: Mapping[str, datetime]) -> None:
        """One more try is counted."""
        await self._write(
            [
                UpdateOne({"_id": each}, {"$set": {"look_at": look}, "$inc": {"tries": 1}})
                for each, look in looks.items()
            ]
        )

    async def clear(self, looks: Mapping[str, datetime | None]) -> None:
        """Out of the index of looks."""
        await self._write(
            [UpdateOne({"_id": each, "look_at": look}, {"$unset": {"look_at": ""}}) for each, look in looks.items()]
        )

    async def stored_since(self, since: datetime, until: datetime, limit: int) -> list[tuple[str, datetime]]:
        """A batch has one moment: where the limit cuts through it, the rest of it comes too."""
        found = await self._stored({"$gt": since, "$lte": until}, limit)
        if len(found) < limit:
            return found
        last = found[-1][1]
        return list(dict.fromkeys([*found, *await self._stored({"$eq": last}, 0)]))

    async def looked_through(self) -> datetime:
        """Before the first look: the beginning of time."""
        with translated(SWEEPS):
            mark = await self._sweeps.find_one({"_id": documents.AWARDS})
            return _BEGINNING if mark is None else cast("datetime", mark["until"])

    async def look_through(self, until: datetime) -> None:
        """Another evaluator may be further."""
        with translated(SWEEPS):
            await self._sweeps.update_one({"_id": documents.AWARDS}, {"$max": {"until": until}}, upsert=True)

    async def record_states(self, changes: Sequence[CredentialStatusChanged]) -> None:
        """More facts are newer."""
        updates = []
        for each in changes:
            said: dict[str, Any] = {"credential_state": each.state.value, "credential_facts": each.facts}
            if each.state is CredentialState.REVOKED:
                said |= {"ended_by": each.fact, "ended_at": each.since}
            updates.append(UpdateOne({"_id": each.award_id, "credential_facts": {"$lt": each.facts}}, {"$set": said}))
        await self._write(updates)

    async def taken(self, tenant: str, status_list: int) -> int:
        """Counted over the unique index."""
        with translated(documents.AWARDS):
            count: int = await self._awards.count_documents({"tenant": tenant, "status_list": status_list})
            return count

    async def find(self, ids: Collection[str]) -> list[OwnAward]:
        """Whole, by id."""
        return [OwnAward.from_store(each) for each in await find_among(self._awards, "_id", ids)]

    async def _stored(self, when: dict[str, datetime], limit: int) -> list[tuple[str, datetime]]:
        with translated(documents.AWARDS):
            found = self._awards.find({"stored_at": when}, ("stored_at",)).sort("stored_at", ASCENDING)
            return [(each["_id"], each["stored_at"]) async for each in found.limit(limit)]

    async def _write(self, changes: Sequence[UpdateOne]) -> None:
        if changes:
            with translated(documents.AWARDS):
                await self._awards.bulk_write(changes, ordered=True)


def _ruled(award_id: str, ruling: Ruling, look_at: datetime) -> UpdateOne:
    said: dict[str, Any] = {"ruling": ruling.to_store()}
    if ruling.decision is Decision.APPROVE:
        said["look_at"] = look_at
    else:
        said["state"] = AwardState.DECLINED.value
    waiting = {"_id": award_id, "waits_for": WAITS_FOR_APPROVAL, **_PENDING}
    return UpdateOne(waiting, {"$set": said, "$unset": {"waits_for": ""}})
