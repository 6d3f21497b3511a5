"""How many deliveries a source may bring in a minute: a bucket of tokens for each, in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Rates:
    """A source may bring a minute's worth at once; then they come as they are refilled."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, source: str, per_minute: int) -> float:
        """Takes one token, and answers 0; or takes none, and answers in how many seconds there will be one."""
        now = self._clock()
        bucket = self._buckets.setdefault(source, _Bucket(per_minute, now))
        bucket.tokens = min(per_minute, bucket.tokens + (now - bucket.at) * per_minute / 60)
        bucket.at = now
        if bucket.tokens < 1:
            return (1 - bucket.tokens) * 60 / per_minute
        bucket.tokens -= 1
        return 0.0
