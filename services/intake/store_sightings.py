"""What was seen of sources, in MongoDB: the collection `source_sightings`, intake's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pymongo import UpdateOne

from services.intake.sightings import Sighting
from shared.contracts.documents import SOURCE_SIGHTINGS, SightingOf
from shared.runtime import mongo
from shared.runtime.mongo import Database, translated


class MongoSightings:
    """See `SightingsStore`. Processes add to one document each, so that none needs to know of another."""

    def __init__(self, database: Database) -> None:
        self._sightings: mongo.Collection = database[SOURCE_SIGHTINGS]

    async def add(self, sightings: Iterable[Sighting]) -> None:
        """One write for all."""
        changes = [_change(each) for each in sightings]
        if changes:
            with translated(SOURCE_SIGHTINGS):
                await self._sightings.bulk_write(changes, ordered=False)

    async def all(self) -> list[Sighting]:
        """A few hundred a source at most."""
        with translated(SOURCE_SIGHTINGS):
            return [_sighting(each) async for each in self._sightings.find({})]


def _change(each: Sighting) -> UpdateOne:
    once: dict[str, Any] = {"source": each.source, "of": each.of.value, "name": each.name}
    if each.example is not None:
        once["example"] = [{"field": name, "type": type_} for name, type_ in each.example.items()]
    change = {
        "$inc": {"count": each.count},
        "$min": {"first_at": each.first_at},
        "$max": {"last_at": each.last_at},
        "$setOnInsert": once,
    }
    return UpdateOne({"_id": f"{each.source}|{each.of.value}|{each.name}"}, change, upsert=True)


def _sighting(document: dict[str, Any]) -> Sighting:
    example = document.get("example")
    return Sighting(
        document["source"],
        SightingOf(document["of"]),
        document["name"],
        document["count"],
        document["first_at"],
        document["last_at"],
        {each["field"]: each["type"] for each in example} if example is not None else None,
    )
