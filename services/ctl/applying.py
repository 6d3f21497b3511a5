"""Putting a catalogue live: the difference first, then documents, and the head last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pymongo import ReplaceOne, UpdateOne

from shared.catalogue.changes import Diff, diff
from shared.catalogue.documents import from_documents
from shared.catalogue.model import Catalogue, Tenant
from shared.catalogue.reading import ReadResult, read_catalogue
from shared.contracts.documents import CATALOGUE, KEYS, PublicKey
from shared.errors import LaurelError
from shared.runtime.mongo import Database, translated

HEAD = "head"


class NotApplicable(LaurelError):
    """The folder has mistakes, or would change what is live and must not change."""


class NoSuchFolder(NotApplicable):
    """What was named is no folder."""


def read(folder: Path) -> ReadResult:
    """The folder as it is. Raises NoSuchFolder."""
    if not folder.is_dir():
        msg = f"{folder} is no folder: name the parent folder of the tenants' folders"
        raise NoSuchFolder(msg)
    return read_catalogue(folder)


def applicable(folder: Path) -> tuple[Tenant, ...]:
    """Its tenants. Raises NotApplicable with every mistake, one a line."""
    result = read(folder)
    if not result.valid:
        msg = "\n".join([f"{folder} can't be applied:", *map(str, result.problems)])
        raise NotApplicable(msg)
    return result.tenants


async def live(database: Database) -> Catalogue:
    """What is live now. Raises Unavailable."""
    with translated(CATALOGUE):
        return from_documents(await database[CATALOGUE].find({}).to_list(None))


async def changes(database: Database, tenants: Iterable[Tenant]) -> tuple[Catalogue, Diff]:
    """What is live, and what applying would change. Raises Unavailable, or NotApplicable for a forbidden change."""
    now_live = await live(database)
    found = diff(now_live, tuple(tenants))
    if found.problems:
        raise NotApplicable("\n".join(["this can't be applied:", *found.problems]))
    return now_live, found


async def apply(database: Database, now_live: Catalogue, found: Diff, now: datetime) -> int:
    """Writes what changed and returns the revision that is live; nothing changed, nothing is written.

    Readers go by the head, which is written last: what a crash in between left behind is announced by the next run.
    """
    if found.empty and not await _unfinished(database, now_live):
        return now_live.revision
    revision = now_live.revision + 1
    documents = [ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in found.documents(revision)]
    head = {"_id": HEAD, "revision": revision, "applied_at": now}
    with translated(CATALOGUE):
        if documents:
            await database[CATALOGUE].bulk_write(documents, ordered=True)
        await database[CATALOGUE].replace_one({"_id": HEAD}, head, upsert=True)
    return revision


async def _unfinished(database: Database, now_live: Catalogue) -> bool:
    """Whether an earlier run wrote documents and died before the head: nothing differs, and nobody was told."""
    query = {"_id": {"$ne": HEAD}, "revision": {"$gt": now_live.revision}}
    with translated(CATALOGUE):
        return await database[CATALOGUE].find_one(query, {"_id": 1}) is not None


async def register(database: Database, public: Iterable[PublicKey]) -> tuple[str, ...]:
    """Publishes keys that aren't yet; a known key keeps its state and date. Returns the new ones."""
    every = list(public)
    if not every:
        return ()
    writes = []
    for key in every:
        document = key.to_store()
        writes.append(UpdateOne({"_id": document.pop("_id")}, {"$setOnInsert": document}, upsert=True))
    with translated(KEYS):
        result = await database[KEYS].bulk_write(writes, ordered=False)
    return tuple(every[index].id for index in sorted(result.upserted_ids or {}))
