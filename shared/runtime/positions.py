"""Where a consumer stands in its partitions: commits, rewinds and pauses, of what is still ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from shared.errors import Unavailable
from shared.runtime.breaker import Breakers
from shared.runtime.metrics import RuntimeMetrics
from shared.runtime.postponements import Postponements
from shared.runtime.records import Record

COMMIT_SECONDS = 30

Spans = dict[int, tuple[int, int]]
"""first and last offset by partition, of one topic's records"""


def spans(records: Sequence[Record]) -> Spans:
    """Kafka hands a partition's records over in order, so the first seen is the first and the last the last."""
    found: Spans = {}
    for partition, run in groupby(records, key=attrgetter("partition")):
        of_one = list(run)
        first = found[partition][0] if partition in found else of_one[0].offset
        found[partition] = (first, of_one[-1].offset)
    return found


class Positions:
    """One consumer's positions. What a rebalance took away is counted and left to its new owner."""

    def __init__(
        self,
        group: str,
        consumer_of: Callable[[], AIOKafkaConsumer | None],
        metrics: RuntimeMetrics,
        postponements: Postponements,
    ) -> None:
        self._group = group
        self._consumer_of = consumer_of
        self._metrics = metrics
        self._postponements = postponements
        self.handled: dict[TopicPartition, int] = {}
        """the next offset of each partition, as last committed"""

    async def commit(self, topic: str, done: Spans) -> None:
        """Commits explicitly what was done, and only what is still assigned. Raises Unavailable."""
        consumer = self._consumer()
        mine = consumer.assignment()
        offsets = {
            tp: last + 1 for partition, (_, last) in done.items() if (tp := TopicPartition(topic, partition)) in mine
        }
        if len(offsets) < len(done):
            self._metrics.commit_failures.labels(self._group, "not_assigned").inc(len(done) - len(offsets))
        if not offsets:
            return
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            # somebody else owns the partitions now and will handle the records again, which is harmless
            self._metrics.commit_failures.labels(self._group, type(error).__name__).inc()
            return
        except (KafkaError, TimeoutError) as error:
            self._metrics.commit_failures.labels(self._group, type(error).__name__).inc()
            raise Unavailable("kafka") from error
        self.handled.update(offsets)
        for tp in offsets:
            self._postponements.over(tp)
        self._metrics.progress.labels(topic).set_to_current_time()

    def rewind(self, topic: str, to: Spans) -> None:
        """Goes back to the first offset of each partition, so that no later commit covers what was not done."""
        consumer = self._consumer_of()
        if consumer is None:
            return
        for partition, (first, _) in to.items():
            if (tp := TopicPartition(topic, partition)) in consumer.assignment():
                consumer.seek(tp, first)

    def pause(self, topic: str, held: Spans) -> None:
        """Stops reading partitions; a rebalance forgets it, and then the records are held again."""
        consumer = self._consumer_of()
        if consumer is not None:
            tps = {TopicPartition(topic, partition) for partition in held}
            consumer.pause(*(tps & consumer.assignment()))

    def postpone(self, topic: str, first: Mapping[int, int]) -> float:
        """Reads these partitions again from these offsets, but not now. Tells the seconds of the longest wait."""
        mine = self._consumer().assignment()
        held = {each: (at, at) for each, at in first.items() if TopicPartition(topic, each) in mine}
        self.rewind(topic, held)
        self.pause(topic, held)
        return max((self._postponements.put_off(TopicPartition(topic, each)) for each in held), default=0.0)

    def waits(self, topic: str, partition: int) -> bool:
        """Whether it was postponed and isn't due."""
        return self._postponements.waits(TopicPartition(topic, partition))

    def lost(self, tp: TopicPartition) -> None:
        """It is somebody else's now."""
        self.handled.pop(tp, None)
        self._postponements.over(tp)

    def resume_due(self, breakers: Breakers) -> None:
        """Reads a paused partition again once it has waited, and a retest of its topic is due."""
        consumer = self._consumer_of()
        if consumer is None:
            return
        for tp in consumer.paused() & consumer.assignment():
            if breakers.any_due(tp.topic) and not self._postponements.waits(tp):
                consumer.resume(tp)

    async def lag(self, *, idle: bool) -> dict[TopicPartition, int]:
        """Records not yet handled, as far as the last fetch told, of each assigned partition.

        While nothing is in hand, whatever was passed over counts as handled: the markers of transactions, and what
        retention or compaction removed, are never handed over, so nobody ever commits them.
        """
        consumer = self._consumer_of()
        if consumer is None:
            return {}
        found = {}
        for tp in consumer.assignment():
            end = consumer.highwater(tp)
            if end is not None:
                done = self.handled.get(tp, end)
                found[tp] = max(0, end - (max(done, await consumer.position(tp)) if idle else done))
        return found

    def _consumer(self) -> AIOKafkaConsumer:
        consumer = self._consumer_of()
        if consumer is None:
            raise Unavailable("kafka")
        return consumer
