"""The one place that knows the MongoDB driver beyond the services' `store.py` modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import ReadPreference, WriteConcern
from pymongo.errors import BulkWriteError, PyMongoError

from shared.errors import Unavailable
from shared.runtime.failures import meaning
from shared.runtime.settings import Settings

Database = AsyncIOMotorDatabase[Any]
Collection = AsyncIOMotorCollection[Any]

DUPLICATE = 11000
_CHUNK = 1000
_AT_ONCE = 25
"""values in one `$in`: a store that compares each of them with each document takes nine times as long for 500"""


def connect(settings: Settings) -> Database:
    """The deployment's database: aware datetimes, writes acknowledged by a majority, reads from the primary."""
    client: Any = AsyncIOMotorClient(
        settings.mongo_uri.get_secret_value(),
        tz_aware=True,
        serverSelectionTimeoutMS=settings.mongo_timeout_ms,
        connectTimeoutMS=settings.mongo_timeout_ms,
        socketTimeoutMS=4 * settings.mongo_timeout_ms,
        appname="laurel",
    )
    database: Database = client.get_database(
        settings.mongo_database,
        write_concern=WriteConcern(w="majority", j=True),
        read_preference=ReadPreference.PRIMARY,
    )
    return database


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turns the driver's errors into ours; `what` names the collection or step for people. Unknown ones pass."""
    try:
        yield
    except (PyMongoError, TimeoutError, ConnectionError) as error:
        ours = meaning(error)
        if ours is None:
            raise
        if isinstance(ours, Unavailable):
            raise Unavailable(f"{ours.dependency} ({what})") from error
        raise ours from error


async def insert_new(collection: Collection, documents: Sequence[dict[str, Any]]) -> set[str]:
    """Inserts what isn't there yet; a twin is not an error.

    Returns the `_id`s that were not inserted because something unique existed: the same `_id`, or another unique
    index, which only reading back can tell apart. Raises Unavailable or Rejected.
    """
    existed: set[str] = set()
    for start in range(0, len(documents), _CHUNK):
        chunk = documents[start : start + _CHUNK]
        with translated(collection.name):
            try:
                await collection.insert_many(chunk, ordered=False)
            except BulkWriteError as error:
                details = error.details or {}
                refused = details.get("writeErrors", [])
                if details.get("writeConcernErrors") or any(each["code"] != DUPLICATE for each in refused):
                    raise
                existed.update(chunk[each["index"]]["_id"] for each in refused)
    return existed


async def find_among(
    collection: Collection, field: str, values: Iterable[str], fields: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """Documents whose field has one of these values, in no order; `fields` names what is read of them.

    Raises Unavailable.
    """
    found: list[dict[str, Any]] = []
    with translated(collection.name):
        for some in portions(values):
            found += await collection.find({field: {"$in": some}}, fields).to_list(None)
    return found


def portions(values: Iterable[str]) -> Iterator[list[str]]:
    """Distinct values, few enough at once for one `$in`."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), _AT_ONCE):
        yield distinct[start : start + _AT_ONCE]
