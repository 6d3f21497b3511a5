"""Canvas' ids: one thing under a local id (`123`) and a global one (`21070000000000123`, also written `2107~123`).

A global id is shard x 10^13 + local. Which spelling an event has depends on the event, so those are made one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.intake.dialects.shapes import distinct

_SHARD = 10**13
_NUMBER = re.compile(r"[0-9]{1,30}")
_TILDE = re.compile(r"([0-9]{1,10})~([0-9]{1,13})")


@dataclass(frozen=True, slots=True)
class CanvasId:
    """One id in its two spellings. `shard` is None where nothing says it."""

    local: int
    shard: int | None

    @property
    def spelled_globally(self) -> str | None:
        """`21070000000000123`"""
        return None if self.shard is None else str(self.shard * _SHARD + self.local)


def split(text: str, home: int | None) -> CanvasId | None:
    """An id's parts; None for one that is no number at all."""
    tilde = _TILDE.fullmatch(text)
    if tilde:
        return CanvasId(local=int(tilde[2]), shard=int(tilde[1]))
    if not _NUMBER.fullmatch(text):
        return None
    number = int(text)
    return CanvasId(local=number % _SHARD, shard=number // _SHARD or home)


def canonical(text: str, home: int | None) -> str:
    """The one spelling: local for the source's own shard, global for a guest's from another one."""
    known = split(text, home)
    if known is None:
        return text
    is_guest = home is not None and known.shard != home
    return known.spelled_globally or str(known.local) if is_guest else str(known.local)


def spellings(text: str, home: int | None) -> tuple[str, ...]:
    """Every way in which a pattern may name it, the canonical one first."""
    known = split(text, home)
    return distinct(canonical(text, home), known.spelled_globally if known else None)


def shard_of(*ids: str | None) -> int | None:
    """The shard that the first of these ids with one is on: where the school is at home."""
    for each in ids:
        known = split(each, None) if each else None
        if known is not None and known.shard is not None:
            return known.shard
    return None
