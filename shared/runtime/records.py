"""What a handler sees of Kafka: a record, the event in it, and the way to refuse one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.contracts.events import Event
from shared.errors import Rejected

E_co = TypeVar("E_co", bound=Event, covariant=True)


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
