"""Aliases, and deliveries that wait for them, in MongoDB: the collections `aliases` and `waiting`, intake's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from services.intake.clocked import Words, as_fields, changes, newest, news, of_document, with_clocks, write
from services.intake.people import KINDS, Alias, Found
from services.intake.ports import Parked
from shared.contracts.documents import ALIASES, WAITING
from shared.runtime import mongo
from shared.runtime.mongo import Database, find_among, insert_new, portions, translated
from shared.runtime.records import Record


class MongoAliases:
    """See `Aliases`. An alias is a document; each kind of id that it leads to has a clock of its own."""

    def __init__(self, database: Database) -> None:
        self._aliases: mongo.Collection = database[ALIASES]

    async def learn(self, said: Sequence[Alias]) -> None:
        """One read for a batch, and writes only for what is new."""
        if not said:
            return
        tenants = {each.id: each.tenant for each in said}
        told: dict[str, list[Alias]] = {}
        for each in said:
            told.setdefault(each.id, []).append(each)
        words = {id_: newest((a.kind, a.as_of, a.word) for a in its) for id_, its in told.items()}
        known = {each["_id"]: each for each in await find_among(self._aliases, "_id", tenants, with_clocks(KINDS))}
        fresh = [_alias(id_, tenants[id_], words[id_]) for id_ in tenants if id_ not in known]
        raced = await insert_new(self._aliases, fresh) if fresh else set()
        new = [
            each
            for id_ in tenants
            if id_ in known or id_ in raced
            for each in changes(id_, news(words[id_], of_document(known.get(id_, {}), KINDS)))
        ]
        with translated(ALIASES):
            await write(self._aliases, new)

    async def find(self, aliases: Collection[str]) -> Found:
        """What each leads to."""
        if not aliases:
            return {}
        found = await find_among(self._aliases, "_id", aliases, KINDS)
        return {each["_id"]: {kind: each[kind] for kind in KINDS if kind in each} for each in found}


def _alias(id_: str, tenant: str, words: Words) -> dict[str, Any]:
    return {"_id": id_, "tenant": tenant, **as_fields(words), "as_of": max(at for at, _ in words.values())}


class MongoWaitingRoom:
    """See `WaitingRoom`."""

    def __init__(self, database: Database) -> None:
        self._waiting: mongo.Collection = database[WAITING]

    async def park(self, parked: Sequence[Parked]) -> Collection[str]:
        """A twin waits already."""
        distinct = {each.id: each for each in parked}
        return await insert_new(self._waiting, [_stored(each) for each in distinct.values()]) if distinct else ()

    async def waiting_for(self, aliases: Collection[str], limit: int) -> Sequence[Parked]:
        """By the index."""
        found: dict[str, Parked] = {}
        with translated(WAITING):
            for some in portions(aliases):
                left = limit - len(found)
                if not left:
                    break
                several = await self._waiting.find({"aliases": {"$in": some}}).limit(left).to_list(None)
                found |= {each["_id"]: _parked(each) for each in several}
        return list(found.values())

    async def after(self, id_: str, limit: int) -> Sequence[Parked]:
        """In the order of ids, which is none in time: everybody's turn comes."""
        with translated(WAITING):
            found = self._waiting.find({"_id": {"$gt": id_}}).sort("_id", 1).limit(limit)
            return [_parked(each) async for each in found]

    async def go_on(self, parked: Parked, left: Parked | None) -> None:
        """Nothing is written for what another process has let go on."""
        with translated(WAITING):
            if left is None:
                await self._waiting.delete_one({"_id": parked.id})
            else:
                change = {"aliases": list(left.aliases), "facts": list(left.facts)}
                await self._waiting.update_one({"_id": parked.id}, {"$set": change})

    async def counts(self) -> Mapping[str, int]:
        """By source."""
        with translated(WAITING):
            found = self._waiting.aggregate([{"$group": {"_id": "$source", "count": {"$sum": 1}}}])
            return {each["_id"]: each["count"] async for each in found}


def _stored(parked: Parked) -> dict[str, Any]:
    record = parked.record
    return {
        "_id": parked.id,
        "source": parked.source,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": record.key,
        "value": record.value,
        "headers": [{"name": name, "value": value} for name, value in record.headers],
        "aliases": list(parked.aliases),
        "facts": list(parked.facts),
        "since": parked.since,
    }


def _parked(document: Mapping[str, Any]) -> Parked:
    record = Record(
        topic=document["topic"],
        partition=document["partition"],
        offset=document["offset"],
        key=document["key"],
        value=document["value"],
        headers=tuple((each["name"], each["value"]) for each in document["headers"]),
        timestamp=document["timestamp"],
    )
    aliases, facts = tuple(document["aliases"]), tuple(document["facts"])
    return Parked(document["_id"], document["source"], record, aliases, facts, document["since"])
