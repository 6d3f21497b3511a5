"""Partitions that wait for what only they need, while others go on: since when, and when they are read again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiokafka import TopicPartition

FIRST_WAIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Wait:
    until: float
    seconds: float


class Postponements:
    """Each wait is twice as long as the one before, until something of its partition is done."""

    def __init__(self, *, longest: float, clock: Callable[[], float], on_change: Callable[[str, int], None]) -> None:
        self._longest = longest
        self._clock = clock
        self._on_change = on_change
        """how many partitions of a topic wait"""
        self._waits: dict[TopicPartition, _Wait] = {}

    def put_off(self, tp: TopicPartition) -> float:
        """Begins the next wait, and tells its seconds."""
        before = self._waits.get(tp)
        seconds = min(self._longest, before.seconds * 2 if before else FIRST_WAIT_SECONDS)
        self._waits[tp] = _Wait(self._clock() + seconds, seconds)
        self._tell(tp.topic)
        return seconds

    def over(self, tp: TopicPartition) -> None:
        """Something of it was done, or it is somebody else's now."""
        if self._waits.pop(tp, None) is not None:
            self._tell(tp.topic)

    def waits(self, tp: TopicPartition) -> bool:
        """Whether it isn't to be read yet."""
        wait = self._waits.get(tp)
        return wait is not None and self._clock() < wait.until

    def _tell(self, topic: str) -> None:
        self._on_change(topic, sum(tp.topic == topic for tp in self._waits))
