"""What a handler sees of Kafka: a record, the event in it, and the ways to refuse one of them or to put it off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.contracts.events import Event
from shared.errors import Rejected, Unavailable

E_co = TypeVar("E_co", bound=Event, covariant=True)
E = TypeVar("E", bound=Event)


@dataclass(slots=True)
class Record:
    """A Kafka record as it was sent, byte for byte. aiokafka's ConsumerRecord has the same attributes."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp: int
    """milliseconds since the epoch"""


@dataclass(slots=True)
class Received(Generic[E_co]):
    """An event, and the record that it came in."""

    event: E_co
    record: Record


@dataclass(frozen=True, slots=True)
class Refusal:
    """This one record can never succeed: it is dead-lettered, its neighbours go on."""

    record: Record
    error: Rejected


@dataclass(frozen=True, slots=True)
class Postponed:
    """This record waits for something that its neighbours do without: its partition is read again from here, later.

    Everything behind it in its partition waits too, so that order is kept: whatever was answered of that is forgotten.
    """

    record: Record
    error: Unavailable


def outcomes(batch: Sequence[Received[Event]], answers: Sequence[E | Rejected | None]) -> list[E | Refusal]:
    """A use case's answer to each event of a batch, as the runtime takes them: None is nothing to say."""
    return [
        Refusal(each.record, answer) if isinstance(answer, Rejected) else answer
        for each, answer in zip(batch, answers, strict=True)
        if answer is not None
    ]
