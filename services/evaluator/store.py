"""Activities and awards in MongoDB, and the registry's credentials as the evaluator reads them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from pymongo import ASCENDING, UpdateOne
from pymongo.read_concern import ReadConcern

from services.evaluator.awards import OwnAward
from services.evaluator.ports import Learner, Outcome, Placing
from shared.contracts import documents
from shared.contracts.documents import AwardState
from shared.contracts.events import CredentialStatusChanged
from shared.runtime.mongo import Collection as Stored
from shared.runtime.mongo import Database, find_among, insert_new, translated

SWEEPS = "award_sweeps"
"""how far the sweep has looked through the awards; the evaluator's own"""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_SLOT = ("status_list", "status_index")


async def create_indexes(database: Database) -> None:
    """What judging and the sweep look things up by, and what keeps two awards off one place."""
    with translated("indexes"):
        activities = database[documents.ACTIVITIES]
        await activities.create_index([("learner", ASCENDING)])
        await activities.create_index([("parked", ASCENDING)], sparse=True)
        awards = database[documents.AWARDS]
        await awards.create_index(
            [("tenant", ASCENDING), ("status_list", ASCENDING), ("status_index", ASCENDING)], unique=True
        )
        await awards.create_index([("learner", ASCENDING)])
        await awards.create_index([("stored_at", ASCENDING)])
        await awards.create_index([("look_at", ASCENDING)], sparse=True)


class MongoActivities:
    """`activities`, written and read with majority concern: of two evaluators, one at least sees both facts."""

    def __init__(self, database: Database) -> None:
        self._activities = database.get_collection(documents.ACTIVITIES, read_concern=ReadConcern("majority"))

    async def insert(self, activities: Sequence[Mapping[str, Any]]) -> Outcome:
        """One bulk insert; contents are compared only where an id was there."""
        first: dict[str, dict[str, Any]] = {}
        for each in activities:
            first.setdefault(each["_id"], dict(each))
        existed = await insert_new(self._activities, list(first.values()))
        contents = {key: each["content"] for key, each in first.items()} | await self._contents(existed)
        conflicts = frozenset(at for at, each in enumerate(activities) if contents[each["_id"]] != each["content"])
        twins = len(activities) - (len(first) - len(existed)) - len(conflicts)
        return Outcome(conflicts, twins)

    async def of_learners(self, learners: Collection[Learner]) -> dict[Learner, list[Mapping[str, Any]]]:
        """A learner's id is a tenant's: one look-up serves all."""
        found: dict[Learner, list[Mapping[str, Any]]] = {}
        for each in await find_among(self._activities, "learner", [learner for _, learner in learners]):
            found.setdefault((each["tenant"], each["learner"]), []).append(each)
        return found

    async def find(self, ids: Collection[str]) -> list[Mapping[str, Any]]:
        """Whole, by id."""
        return [*await find_among(self._activities, "_id", ids)]

    async def adopt(self, voided: Sequence[Mapping[str, Any]]) -> None:
        """Looked up by an index of those that are parked."""
        owners = {each["_id"]: {"learner": each["learner"], "origin": each["origin"]} for each in voided}
        found = await find_among(self._activities, "parked", owners, ("parked",))
        if found:
            changes = [
                UpdateOne(
                    {"_id": each["_id"], "learner": ""}, {"$set": owners[each["parked"]], "$unset": {"parked": ""}}
                )
                for each in found
            ]
            with translated(documents.ACTIVITIES):
                await self._activities.bulk_write(changes, ordered=False)

    async def move(self, tenant: str, learner: str, into: str) -> None:
        """Whatever is still the first one's."""
        await move(self._activities, tenant, learner, into)

    async def _contents(self, ids: Collection[str]) -> dict[str, str]:
        return {each["_id"]: each["content"] for each in await find_among(self._activities, "_id", ids, ("content",))}


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
            changes.append(UpdateOne({"_id": each.id, "state": AwardState.WITHDRAWN.value}, {"$set": kept}))
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
        await move(self._awards, tenant, learner, into)

    async def postpone(self, looks: Mapping[str, datetime]) -> None:
        """One more try is counted."""
        await self._write(
            [
                UpdateOne({"_id": each}, {"$set": {"look_at": look}, "$inc": {"tries": 1}})
                for each, look in looks.items()
            ]
        )

    async def clear(self, ids: Collection[str]) -> None:
        """Out of the index of looks."""
        await self._write([UpdateOne({"_id": each}, {"$unset": {"look_at": ""}}) for each in ids])

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
        updates = [
            UpdateOne(
                {"_id": each.award_id, "credential_facts": {"$lt": each.facts}},
                {"$set": {"credential_state": each.state.value, "credential_facts": each.facts}},
            )
            for each in changes
        ]
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


async def move(collection: Stored, tenant: str, learner: str, into: str) -> None:
    """Whatever is still one learner's becomes another's."""
    with translated(collection.name):
        await collection.update_many({"learner": learner, "tenant": tenant}, {"$set": {"learner": into}})
