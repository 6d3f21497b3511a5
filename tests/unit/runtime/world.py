"""A stage on a log and a broker of ours: every single effect can be made to fail."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from aiokafka import TopicPartition
from prometheus_client import CollectorRegistry

from shared.contracts.events import Event
from shared.runtime.breaker import Breakers
from shared.runtime.dead_letters import DeadLetters
from shared.runtime.inflight import InFlight
from shared.runtime.metrics import RuntimeMetrics
from shared.runtime.positions import Positions
from shared.runtime.postponements import Postponements
from shared.runtime.records import Received, Record, Refusal
from shared.runtime.routes import Handler, Route
from shared.runtime.stage import Stage

TOPIC = "things.v1"


class Thing(Event):
    number: int


class Crash(BaseException):
    """The process is gone: nothing catches it."""


class FakeConsumer:
    """A partitioned log with one reader."""

    def __init__(self, values: Sequence[bytes | None], partitions: int = 2) -> None:
        self.log: dict[TopicPartition, list[Record]] = {TopicPartition(TOPIC, n): [] for n in range(partitions)}
        for number, value in enumerate(values):
            tp = TopicPartition(TOPIC, number % partitions)
            self.log[tp].append(Record(TOPIC, tp.partition, len(self.log[tp]), b"k", value, (), 0))
        self.position = dict.fromkeys(self.log, 0)
        self.committed = dict.fromkeys(self.log, 0)
        self.on_hold: set[TopicPartition] = set()
        self.fail_commit: BaseException | None = None

    def assignment(self) -> set[TopicPartition]:
        return set(self.log)

    def paused(self) -> set[TopicPartition]:
        return self.on_hold

    def pause(self, *tps: TopicPartition) -> None:
        self.on_hold |= set(tps)

    def resume(self, *tps: TopicPartition) -> None:
        self.on_hold -= set(tps)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.position[tp] = offset

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        if self.fail_commit is not None:
            error, self.fail_commit = self.fail_commit, None
            raise error
        self.committed.update(offsets)

    def fetch(self, limit: int = 500) -> tuple[Record, ...]:
        batch: list[Record] = []
        for tp, records in self.log.items():
            if tp not in self.on_hold:
                taken = records[self.position[tp] : self.position[tp] + limit]
                self.position[tp] += len(taken)
                batch += taken
        return tuple(batch)

    def restart(self) -> None:
        self.position = dict(self.committed)


class FakeKafka:
    """What was acknowledged, and the error that comes next."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.letters: list[tuple[str, bytes | None, bytes | None, Sequence[tuple[str, bytes]]]] = []
        self.next_error: BaseException | None = None

    def _maybe_fail(self) -> None:
        if self.next_error is not None:
            error, self.next_error = self.next_error, None
            raise error

    async def publish(self, events: Iterable[Event]) -> None:
        self._maybe_fail()
        self.events += events

    async def send(
        self, records: Sequence[tuple[str, bytes | None, bytes | None, Sequence[tuple[str, bytes]]]]
    ) -> None:
        self._maybe_fail()
        self.letters += records


class World:
    def __init__(self, folder: Path, values: Sequence[bytes | None], handler: Handler, partitions: int = 2) -> None:
        self.consumer = FakeConsumer(values, partitions)
        self.kafka = FakeKafka()
        self.folder = folder
        self.handler = handler
        self.now = 0.0
        self.boot()

    def boot(self) -> None:
        metrics = RuntimeMetrics(CollectorRegistry(), "test")
        self.breakers = Breakers(refusals=50, retest_seconds=30, clock=lambda: self.now, on_change=lambda *_: None)
        self.waiting: dict[str, int] = {}
        self.postponements = Postponements(
            longest=10, clock=lambda: self.now, on_change=lambda topic, count: self.waiting.update({topic: count})
        )
        self.consumer.restart()
        self.stage = Stage(
            group="test",
            route_of=lambda _: Route(self.handler, Thing, lambda record: record.topic),
            publisher=self.kafka,  # type: ignore[arg-type]
            dead_letters=DeadLetters("test", self.kafka, metrics),  # type: ignore[arg-type]
            breakers=self.breakers,
            positions=Positions("test", lambda: self.consumer, metrics, self.postponements),
            inflight=InFlight(self.folder / "test.inflight"),
            metrics=metrics,
            stopping=asyncio.Event(),
            backoff_max_seconds=0.001,
            _backoff=0.001,
        )

    async def turn(self, limit: int = 500) -> None:
        batch = self.consumer.fetch(limit)
        if batch:
            await self.stage.on_batch(batch)

    async def until_done(self) -> None:
        for _ in range(50):
            await self.turn()
        assert self.consumer.committed == {tp: len(records) for tp, records in self.consumer.log.items()}


def things(numbers: Iterable[int]) -> list[bytes | None]:
    return [Thing(number=number).model_dump_json().encode() for number in numbers]


def numbers(events: Iterable[Event]) -> list[int]:
    return sorted(event.number for event in events if isinstance(event, Thing))


async def echo(batch: Sequence[Received[Thing]]) -> Iterable[Event | Refusal]:
    return [each.event for each in batch]
