"""Credentials, status facts and status lists in MongoDB, and the evaluator's awards as the registry reads them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, UpdateMany
from pymongo.read_concern import ReadConcern

from services.registry.domain import Fact, Intent, ListId, ListState, Note, Stored
from shared.contracts import documents
from shared.contracts.documents import AwardState, Credential, PublicKey
from shared.contracts.events import StatusListSigned
from shared.runtime.mongo import Collection as Collection_
from shared.runtime.mongo import Database, find_among, insert_new, portions, translated

ANNOUNCEMENTS = "announcements"
"""The registry's own: nobody else reads it."""
_INTENT = ("tenant", "achievement", "version", "learner", "due_at", "state", "status_list", "status_index")
_STORED = (
    "credential_id", "tenant", "achievement", "version", "learner", "status_list", "stored_at", "received_at",
    "announced_at",
)  # fmt: skip
_LIST = ("tenant", "number", "dirty", "published", "drawn_at", "drafted", "drafted_at")


async def create_indexes(database: Database) -> None:
    """What the sweeps and the drawing of lists look things up by."""
    with translated("indexes"):
        await database[documents.CREDENTIALS].create_index([("announced_at", ASCENDING), ("stored_at", ASCENDING)])
        facts = database[documents.STATUS_FACTS]
        await facts.create_index("award_id")
        await facts.create_index([("tenant", ASCENDING), ("status_list", ASCENDING)])
        await facts.create_index([("settled_at", ASCENDING), ("stored_at", ASCENDING)])


async def read_keys(database: Database) -> list[PublicKey]:
    """Every published key of every issuer."""
    with translated(documents.KEYS):
        return [PublicKey.from_store(each) async for each in database[documents.KEYS].find({})]


class MongoIntents:
    """Awards are inserted with majority concern before anything is published about them: read the same way."""

    def __init__(self, database: Database) -> None:
        self._awards = database.get_collection(documents.AWARDS, read_concern=ReadConcern("majority"))

    async def find(self, ids: Collection[str]) -> dict[str, Intent]:
        """Those that exist, by id."""
        with translated(documents.AWARDS):
            return {each["_id"]: _intent(each) for each in await find_among(self._awards, "_id", ids, _INTENT)}

    async def taken_below(self, list_id: ListId, index: int) -> int:
        """Counted over the evaluator's unique index on positions."""
        tenant, number = list_id
        with translated(documents.AWARDS):
            taken: int = await self._awards.count_documents(
                {"tenant": tenant, "status_list": number, "status_index": {"$lt": index}}
            )
            return taken


class MongoCredentials:
    """`credentials`: inserted once; only `announced_at` is added."""

    def __init__(self, database: Database) -> None:
        self._credentials = database[documents.CREDENTIALS]

    async def insert(self, credentials: Sequence[Credential]) -> set[str]:
        """One bulk insert; returns the ids that were there."""
        return await insert_new(self._credentials, [each.to_store() for each in credentials])

    async def find(self, ids: Collection[str]) -> list[Stored]:
        """Without their securings, which announcing doesn't take."""
        with translated(documents.CREDENTIALS):
            return [_stored(each) for each in await find_among(self._credentials, "_id", ids, _STORED)]

    async def unannounced(
        self, *, before: datetime, limit: int, on: Collection[ListId] | None = None, off: Collection[ListId] = ()
    ) -> list[Stored]:
        """Oldest first: on these lists, or on all but those."""
        query: dict[str, Any] = {"announced_at": None, "stored_at": {"$lte": before}}
        if on is not None:
            query["$or"] = [{"tenant": tenant, "status_list": number} for tenant, number in on]
        elif off:
            query["$nor"] = [{"tenant": tenant, "status_list": number} for tenant, number in off]
        with translated(documents.CREDENTIALS):
            found = self._credentials.find(query, _STORED).sort("stored_at", ASCENDING).limit(limit)
            return [_stored(each) async for each in found]

    async def mark_announced(self, ids: Collection[str], at: datetime) -> None:
        """The first mark stays."""
        with translated(documents.CREDENTIALS):
            await _mark(self._credentials, ids, "announced_at", at)


class MongoNotes:
    """`announcements`: one small document a batch, for as long as the batch takes."""

    def __init__(self, database: Database) -> None:
        self._notes = database[ANNOUNCEMENTS]

    async def add(self, note: Note) -> None:
        """The same note twice is one."""
        await insert_new(self._notes, [{"_id": note.id, "awards": list(note.awards), "noted_at": note.noted_at}])

    async def remove(self, note_id: str) -> None:
        """Whoever comes second finds nothing to remove."""
        with translated(ANNOUNCEMENTS):
            await self._notes.delete_one({"_id": note_id})

    async def left(self, *, before: datetime) -> list[Note]:
        """The collection is as small as the number of registries, so it needs no index."""
        with translated(ANNOUNCEMENTS):
            return [
                Note(each["_id"], tuple(each["awards"]), each["noted_at"])
                async for each in self._notes.find({"noted_at": {"$lte": before}})
            ]


class MongoFacts:
    """`status_facts`: inserted; place and settlement are added."""

    def __init__(self, database: Database) -> None:
        self._facts = database[documents.STATUS_FACTS]

    async def insert(self, facts: Sequence[Fact]) -> set[str]:
        """One bulk insert; returns the ids that were there."""
        return await insert_new(self._facts, [each.to_store() for each in facts])

    async def find(self, ids: Collection[str]) -> list[Fact]:
        """Those that exist."""
        with translated(documents.STATUS_FACTS):
            return [Fact.from_store(each) for each in await find_among(self._facts, "_id", ids)]

    async def of_awards(self, ids: Collection[str]) -> list[Fact]:
        """Everything said about these awards."""
        with translated(documents.STATUS_FACTS):
            return [Fact.from_store(each) for each in await find_among(self._facts, "award_id", ids)]

    async def of_list(self, list_id: ListId) -> list[Fact]:
        """Everything said about credentials that are placed on this list."""
        tenant, number = list_id
        with translated(documents.STATUS_FACTS):
            found = self._facts.find({"tenant": tenant, "status_list": number})
            return [Fact.from_store(each) async for each in found]

    async def place(self, intents: Collection[Intent]) -> None:
        """An award's position never changes, so neither does a fact's place."""
        placed = [
            UpdateMany(
                {"award_id": intent.id, "tenant": intent.tenant, "status_list": None},
                {"$set": {"status_list": intent.status_list, "status_index": intent.status_index}},
            )
            for intent in intents
        ]
        if placed:
            with translated(documents.STATUS_FACTS):
                await self._facts.bulk_write(placed, ordered=False)

    async def settle(self, ids: Collection[str], at: datetime) -> None:
        """Everybody was told."""
        with translated(documents.STATUS_FACTS):
            await _mark(self._facts, ids, "settled_at", at)

    async def unsettled(self, *, before: datetime, limit: int) -> list[Fact]:
        """Oldest first."""
        with translated(documents.STATUS_FACTS):
            found = self._facts.find({"settled_at": None, "stored_at": {"$lte": before}})
            return [Fact.from_store(each) async for each in found.sort("stored_at", ASCENDING).limit(limit)]


class MongoLists:
    """`status_lists`: `dirty` only grows, `published` follows it only forward."""

    def __init__(self, database: Database) -> None:
        self._lists = database[documents.STATUS_LISTS]

    async def open(self, list_id: ListId) -> bool:
        """Two registries may open one list: one of them makes it."""
        tenant, number = list_id
        made = documents.StatusList(id=_id(list_id), tenant=tenant, number=number)
        return not await insert_new(self._lists, [made.to_store()])

    async def find(self, ids: Collection[ListId]) -> dict[ListId, ListState]:
        """Those that exist, without their signed forms."""
        if not ids:
            return {}
        states = await self._states({"_id": {"$in": [_id(each) for each in ids]}})
        return {state.id: state for state in states}

    async def all(self) -> list[ListState]:
        """By tenant and number."""
        return sorted(await self._states({}), key=lambda state: state.id)

    async def raise_dirty(self, ids: Collection[ListId]) -> None:
        """Counted up, so that two who raise at once raise twice."""
        if ids:
            with translated(documents.STATUS_LISTS):
                await self._lists.update_many({"_id": {"$in": [_id(each) for each in ids]}}, {"$inc": {"dirty": 1}})

    async def refresh(self, seen: ListState) -> None:
        """Only from where it was seen: of two registries' sweeps one raises it."""
        with translated(documents.STATUS_LISTS):
            await self._lists.update_one({"_id": _id(seen.id), "dirty": seen.dirty}, {"$inc": {"dirty": 1}})

    async def mark_drafted(self, list_id: ListId, version: int, at: datetime) -> None:
        """So that the sweep waits a little for its signature."""
        with translated(documents.STATUS_LISTS):
            await self._lists.update_one({"_id": _id(list_id)}, {"$set": {"drafted": version, "drafted_at": at}})

    async def publish(self, signed: Sequence[StatusListSigned]) -> set[ListId]:
        """Both securings in one write, and only forward."""
        moved = set()
        with translated(documents.STATUS_LISTS):
            for each in signed:
                key = (each.tenant, each.list_number)
                written = await self._lists.update_one(
                    {"_id": _id(key), "published": {"$lt": each.version}},
                    {
                        "$set": {
                            "published": each.version,
                            "jwt": each.jwt,
                            "data_integrity": each.data_integrity,
                            "drawn_at": each.drawn_at,
                        }
                    },
                )
                if written.modified_count:
                    moved.add(key)
        return moved

    async def _states(self, query: dict[str, Any]) -> list[ListState]:
        with translated(documents.STATUS_LISTS):
            return [
                ListState(**{name: each[name] for name in _LIST if name in each})
                async for each in self._lists.find(query, _LIST)
            ]


async def _mark(collection: Collection_, ids: Collection[str], field: str, at: datetime) -> None:
    for some in portions(ids):
        await collection.update_many({"_id": {"$in": some}, field: None}, {"$set": {field: at}})


def _id(list_id: ListId) -> str:
    tenant, number = list_id
    return f"{tenant}/{number}"


def _intent(award: dict[str, Any]) -> Intent:
    return Intent(
        id=award["_id"],
        valid_from=award["due_at"],
        withdrawn=award["state"] == AwardState.WITHDRAWN.value,
        **{name: award[name] for name in _INTENT if name not in {"due_at", "state"}},
    )


def _stored(credential: dict[str, Any]) -> Stored:
    return Stored(id=credential["_id"], **{name: credential[name] for name in _STORED})
