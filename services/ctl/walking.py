"""Everything that is stored of learners, some learners at a time: memory holds a portion, whatever the number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.contracts.documents import ACTIVITIES
from shared.runtime.mongo import Database, translated

_TOGETHER = 1500
"""activities in a portion, about"""
_FINEST = 4
"""hexadecimal digits: 65,536 portions"""


async def portions(database: Database) -> list[dict[str, Any]]:
    """Conditions on `learner` that cut all learners into portions of about one size. Raises Unavailable.

    Learners' ids are random, and in hexadecimal digits: their beginnings divide them evenly. Whatever else an id may
    look like is in one of the portions.
    """
    with translated(ACTIVITIES):
        stored = await database[ACTIVITIES].estimated_document_count()
    digits = next((each for each in range(_FINEST) if stored <= _TOGETHER * 16**each), _FINEST)
    begins = [f"{each:0{digits}x}" for each in range(1, 16**digits)]
    starts: list[dict[str, str]] = [{"$gt": ""}, *({"$gte": each} for each in begins)]
    ends: list[dict[str, str]] = [*({"$lt": each} for each in begins), {}]
    return [start | end for start, end in zip(starts, ends, strict=True)]


async def read(
    database: Database,
    collection: str,
    portion: Mapping[str, Any],
    query: Mapping[str, Any] | None = None,
    fields: Sequence[str] | None = None,
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """By tenant and learner. Raises Unavailable."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    with translated(collection):
        async for each in database[collection].find({"learner": dict(portion), **(query or {})}, fields):
            found.setdefault((each["tenant"], each["learner"]), []).append(each)
    return found
