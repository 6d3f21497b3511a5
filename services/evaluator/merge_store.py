"""Accounts that were given up, in MongoDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING
from pymongo.read_concern import ReadConcern

from services.evaluator.ports import Merge
from shared.contracts.documents import LEARNER_MERGES
from shared.runtime.mongo import Database, insert_new, translated


async def create_indexes(database: Database) -> None:
    """Few are new, and few are to be looked at."""
    with translated("indexes"):
        await database[LEARNER_MERGES].create_index([("stored_at", ASCENDING)])
        await database[LEARNER_MERGES].create_index([("look_at", ASCENDING)], sparse=True)


class MongoMerges:
    """`learner_merges`; `_id` is the account that was given up."""

    def __init__(self, database: Database) -> None:
        self._merges = database.get_collection(LEARNER_MERGES, read_concern=ReadConcern("majority"))

    async def add(self, merges: Sequence[Merge]) -> None:
        """The first word stays."""
        first: dict[str, dict[str, Any]] = {}
        for each in merges:
            document = {"_id": each.learner, "tenant": each.tenant, "into": each.into, "tries": each.tries}
            first.setdefault(each.learner, {**document, "stored_at": each.stored_at, "look_at": each.look_at})
        if first:
            await insert_new(self._merges, list(first.values()))

    async def since(self, moment: datetime) -> list[Merge]:
        """By the time of storing."""
        return await self._found({"stored_at": {"$gte": moment}})

    async def to_look_at(self, now: datetime) -> list[Merge]:
        """By the time of storing: what was merged into a third account goes there."""
        return await self._found({"look_at": {"$lte": now}})

    async def looked(self, merge: Merge, again: datetime | None) -> None:
        """Unless another evaluator did."""
        mine = {"_id": merge.learner, "tries": merge.tries}
        later = {"$unset": {"look_at": ""}} if again is None else {"$set": {"look_at": again}}
        with translated(LEARNER_MERGES):
            await self._merges.update_one(mine, {"$inc": {"tries": 1}, **later})

    async def _found(self, query: Mapping[str, Any]) -> list[Merge]:
        with translated(LEARNER_MERGES):
            found = await self._merges.find(query).sort([("stored_at", ASCENDING), ("_id", ASCENDING)]).to_list(None)
        return [
            Merge(each["tenant"], each["_id"], each["into"], each["stored_at"], each.get("look_at"), each["tries"])
            for each in found
        ]
