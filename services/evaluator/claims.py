"""What may be earned: once, and again after an award is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.evaluator.known import Held, Position
from shared.contracts import identity


@dataclass(frozen=True, slots=True)
class Claim:
    """What may be earned, and by what."""

    key: str
    award_key: str
    award_id: str | None = None
    """of a withdrawn award that would be earned after all"""
    since: datetime | None = None
    """what happened until then doesn't count"""
    after: Position | None = None
    """it was not true after that arrival"""
    whole: bool = False
    """by everything that is known now alone"""


def claim_of(key: str, chain: Sequence[Held]) -> Claim | None:
    """Nothing, while an award for it stands. One that is over is followed by another: of the facts alone if they ended
    it, of what happened since if people did.
    """
    if any(each.stands for each in chain):
        return None
    since = max((each for had in chain for each in (had.since, had.ended and had.ended.since) if each), default=None)
    for had in sorted(chain, key=lambda each: each.holding.award_id):
        if had.withdrawn:
            return Claim(key, had.award_key, had.holding.award_id, had.since, had.after, whole=had.after is None)
    after = max((had.ended.after for had in chain if had.ended and had.ended.after), default=None)
    taken = {had.award_key for had in chain}
    following = (identity.award_key_after(key, had.ended.by) for had in chain if had.ended and had.ended.by)
    free = min((each for each in following if each not in taken), default=None)
    if chain and free is None:
        return None
    return Claim(key, free or key, since=since, after=after)
