"""Breakers: a source that sends nothing but garbage isn't read for a while, and nobody else notices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

Key = tuple[str, str]
"""(topic, source)"""


class Gate(Enum):
    """What may pass: everything, one record to try, or nothing yet."""

    CLOSED = "closed"
    RETEST = "retest"
    OPEN = "open"


@dataclass(slots=True)
class _Breaker:
    refused_in_a_row: int = 0
    retest_at: float | None = None


class Breakers:
    """One breaker a topic and source. Open after `refusals` refused records in a row; one good record closes it.

    While open, one record is let through every `retest_seconds`.
    """

    def __init__(
        self,
        *,
        refusals: int,
        retest_seconds: float,
        clock: Callable[[], float],
        on_change: Callable[[str, str, bool], None],
    ) -> None:
        self._refusals = refusals
        self._retest_seconds = retest_seconds
        self._clock = clock
        self._on_change = on_change
        self._breakers: dict[Key, _Breaker] = {}

    def gate(self, topic: str, source: str) -> Gate:
        """Whether a record may pass now. RETEST lets its caller try exactly one and is not given again until due."""
        breaker = self._breakers.get((topic, source))
        if breaker is None or breaker.retest_at is None:
            return Gate.CLOSED
        if self._clock() < breaker.retest_at:
            return Gate.OPEN
        breaker.retest_at = self._clock() + self._retest_seconds
        return Gate.RETEST

    def admits(self, topic: str, source: str) -> bool:
        """Whether one request may pass now: for callers that bring one record at a time."""
        return self.gate(topic, source) is not Gate.OPEN

    def observe(self, topic: str, source: str, *, refused: bool) -> None:
        """Counts one outcome."""
        breaker = self._breakers.get((topic, source))
        if not refused:
            if breaker is not None and breaker.retest_at is not None:
                self._on_change(topic, source, False)
            self._breakers.pop((topic, source), None)
            return
        if breaker is None:
            breaker = self._breakers[topic, source] = _Breaker()
        breaker.refused_in_a_row += 1
        if breaker.retest_at is None and breaker.refused_in_a_row >= self._refusals:
            self.trip(topic, source)

    def trip(self, topic: str, source: str) -> None:
        """Opens at once: what failed is ours, not the record's."""
        breaker = self._breakers.setdefault((topic, source), _Breaker())
        breaker.retest_at = self._clock() + self._retest_seconds
        self._on_change(topic, source, True)

    def is_open(self, topic: str, source: str) -> bool:
        """Whether it is open, due for a retest or not."""
        breaker = self._breakers.get((topic, source))
        return breaker is not None and breaker.retest_at is not None

    def any_due(self, topic: str) -> bool:
        """Whether some source of a topic is due for a retest, or none is open: time to read the topic again."""
        open_ones = [each for key, each in self._breakers.items() if key[0] == topic and each.retest_at is not None]
        return not open_ones or any(
            each.retest_at is not None and each.retest_at <= self._clock() for each in open_ones
        )

    def untouched(self, topic: str) -> bool:
        """Whether no record of a topic was refused lately: the usual case, told without looking at records."""
        return all(key[0] != topic for key in self._breakers)
