"""Finding the guilty record of a batch whose handling failed: each is tried alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import structlog

from shared.errors import Rejected, Unavailable
from shared.runtime.failures import meaning, where
from shared.runtime.records import Postponed, Received, Record, Refusal

logger = structlog.get_logger()

ENOUGH_TO_BLAME_US = 10


@dataclass(slots=True)
class Found:
    """Who was refused or put off, and whether the failures look like ours rather than the records'."""

    setbacks: list[Refusal | Postponed] = field(default_factory=list)
    ours: bool = False
    """all of ten or more failed alike with an error that nobody knows"""
    unknown: str | None = None
    """type and place of an unknown error, if there was one"""


async def isolate(attempt: Callable[[Any], Awaitable[list[Refusal | Postponed]]], items: Sequence[Any]) -> Found:
    """Tries every item alone. Raises Unavailable as soon as a dependency turns out to be down."""
    found = Found()
    alike: Counter[str] = Counter()
    for item in items:
        try:
            found.setbacks += await attempt(item)
        except Exception as error:
            match meaning(error):
                case Unavailable() as unavailable:
                    raise unavailable from error
                case Rejected() as rejected:
                    found.setbacks.append(Refusal(_record(item), rejected))
                case _:
                    found.unknown = where(error)
                    alike[type(error).__name__] += 1
                    code = Rejected(f"handling failed: {type(error).__name__}", code="unexpected")
                    found.setbacks.append(Refusal(_record(item), code))
    if alike:
        logger.error("unexpected", error=found.unknown, records=sum(alike.values()))
    most_alike = max(alike.values(), default=0)
    found.ours = len(items) >= ENOUGH_TO_BLAME_US and most_alike == len(items)
    return found


def _record(item: Any) -> Record:
    return cast("Record", item.record if isinstance(item, Received) else item)
