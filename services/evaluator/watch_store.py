"""When rules were last touched and met, in MongoDB: the collection `rule_sightings`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pymongo import UpdateOne

from services.evaluator.watching import Name, Seen
from shared.contracts.documents import RULE_SIGHTINGS
from shared.runtime import mongo
from shared.runtime.mongo import Database, translated


class MongoSeenRules:
    """See `SeenRules`. Times only grow, so that processes need not know of each other."""

    def __init__(self, database: Database) -> None:
        self._rules: mongo.Collection = database[RULE_SIGHTINGS]

    async def add(self, seen: Mapping[Name, Seen]) -> None:
        """One write for all."""
        changes = [_change(name, each) for name, each in seen.items()]
        if changes:
            with translated(RULE_SIGHTINGS):
                await self._rules.bulk_write(changes, ordered=False)

    async def all(self) -> dict[Name, Seen]:
        """One an achievement."""
        with translated(RULE_SIGHTINGS):
            return {
                (each["tenant"], each["achievement"]): Seen(
                    each["since"], each.get("touched_at"), each.get("matched_at")
                )
                async for each in self._rules.find({})
            }


def _change(name: Name, seen: Seen) -> UpdateOne:
    tenant, achievement = name
    newest: dict[str, datetime | None] = {"touched_at": seen.touched_at, "matched_at": seen.matched_at}
    newest = {field: at for field, at in newest.items() if at is not None}
    change = {
        "$setOnInsert": {"tenant": tenant, "achievement": achievement},
        "$min": {"since": seen.since},
        **({"$max": newest} if newest else {}),
    }
    return UpdateOne({"_id": f"{tenant}/{achievement}"}, change, upsert=True)
