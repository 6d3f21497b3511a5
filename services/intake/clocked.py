"""Documents whose fields have clocks of their own, `<field>_as_of`: the newest word on each counts, not the last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import UpdateOne

from shared.contracts.documents import whole_milliseconds
from shared.runtime.mongo import Collection

Words = Mapping[str, tuple[datetime, str]]
"""by field: when it was said, and what"""


def with_clocks(fields: Sequence[str]) -> tuple[str, ...]:
    """What is read of a document to know how old its words are."""
    return tuple(name for field in fields for name in (field, clock_of(field)))


def clock_of(field: str) -> str:
    """Where a field's time stands."""
    return f"{field}_as_of"


def newest(said: Iterable[tuple[str, datetime | None, str | None]]) -> Words:
    """Of several words on each field. An empty word says nothing; of two of one moment the same one always wins."""
    found: dict[str, tuple[datetime, str]] = {}
    for field, as_of, word in said:
        if as_of is not None and word:
            spoken = (whole_milliseconds(as_of), word)
            found[field] = max(found.get(field, spoken), spoken)
    return found


def as_fields(words: Words) -> dict[str, Any]:
    """As they are stored."""
    return {
        name: value for field, (at, word) in words.items() for name, value in ((field, word), (clock_of(field), at))
    }


def of_document(document: Mapping[str, Any], fields: Sequence[str]) -> Words:
    """As they were stored."""
    return newest((field, document.get(clock_of(field)), document.get(field)) for field in fields)


def news(words: Words, known: Words) -> Words:
    """What of it is newer than what is known."""
    return {field: said for field, said in words.items() if field not in known or said > known[field]}


@dataclass(frozen=True, slots=True)
class Change:
    """A word on one field. Filters name what may be replaced, so that writers may race."""

    newer: UpdateOne
    tie: UpdateOne
    """of two words of one moment the same one wins whichever comes first. Apart, as there are stores that look at every
    document for a filter with alternatives"""


def changes(id_: str, words: Words, *, marks: Mapping[str, Mapping[str, Any]] | None = None) -> Iterator[Change]:
    """One a field. `marks` are set along with one."""
    for field, (at, word) in words.items():
        clock = clock_of(field)
        update = {"$set": {field: word, clock: at, **(marks or {}).get(field, {})}, "$max": {"as_of": at}}
        yield Change(
            UpdateOne({"_id": id_, clock: {"$not": {"$gte": at}}}, update),
            UpdateOne({"_id": id_, clock: at, field: {"$lt": word}}, update),
        )


async def write(collection: Collection, said: Sequence[Change]) -> None:
    """Raises what the driver raises."""
    if not said:
        return
    done = await collection.bulk_write([each.newer for each in said], ordered=False)
    if done.matched_count < len(said):
        await collection.bulk_write([each.tie for each in said], ordered=False)
