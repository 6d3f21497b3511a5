"""The batch stage: one list of records in, effects and events out, then one commit. Written once for every service."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any, cast

import structlog
from aiokafka import ConsumerRecord

from shared.errors import Rejected, Unavailable
from shared.runtime.breaker import Breakers, Gate
from shared.runtime.dead_letters import DeadLetters
from shared.runtime.failures import meaning, where
from shared.runtime.inflight import InFlight
from shared.runtime.isolation import isolate
from shared.runtime.metrics import RuntimeMetrics
from shared.runtime.positions import Positions, Spans, spans
from shared.runtime.publisher import Publisher
from shared.runtime.records import Postponed, Received, Record, Refusal
from shared.runtime.routes import Route

logger = structlog.get_logger()

FIRST_BACKOFF_SECONDS = 0.25

Setback = Refusal | Postponed


@dataclass(slots=True)
class Stage:
    """Consumes batches at-least-once: decode, handle, publish, dead-letter, commit, in this order.

    Every way out that is not a commit rewinds, because a later commit would cover what was skipped.
    """

    group: str
    route_of: Callable[[str], Route]
    publisher: Publisher
    dead_letters: DeadLetters
    breakers: Breakers
    positions: Positions
    inflight: InFlight
    metrics: RuntimeMetrics
    stopping: asyncio.Event
    backoff_max_seconds: float = 10.0
    waiting: bool = False
    """waiting out a known failure: not stuck"""
    busy: bool = False
    """records are in hand"""
    progressed_at: float = field(default_factory=time.monotonic)
    _backoff: float = FIRST_BACKOFF_SECONDS

    async def on_batch(self, raw: tuple[ConsumerRecord, ...]) -> None:
        """FastStream's handler; never raises."""
        self.busy = True
        try:
            await self._on_batch(raw)
        finally:
            self.busy = False

    async def _on_batch(self, raw: tuple[ConsumerRecord, ...]) -> None:
        parts: dict[str, list[Record]] = {}
        # a ConsumerRecord has a Record's attributes; wrapping each would cost a fifth of the stage
        for topic, records_of_one in groupby(cast("tuple[Record, ...]", raw), key=attrgetter("topic")):
            parts.setdefault(topic, []).extend(records_of_one)
        left = list(parts.items())
        while left:
            topic, records = left[0]
            try:
                await self._handle(topic, records)
            except Exception as error:  # noqa: BLE001 - FastStream would swallow it, and read on
                for name, undone in left:
                    self.positions.rewind(name, spans(undone))
                self.inflight.leave()
                await self._wait_out(topic, _unavailable(error))
                return
            left.pop(0)
        self._backoff = FIRST_BACKOFF_SECONDS

    async def _handle(self, topic: str, records: list[Record]) -> None:
        """One topic's records of a batch. Raises Unavailable, with nothing committed."""
        route = self.route_of(topic)
        kept, held, testing = self._gated(route, topic, records)
        if kept:
            done = spans(kept)
            with self.metrics.batch_seconds.labels("all").time():
                if any(self.inflight.careful(f"{topic}/{each}", span) for each, span in done.items()):
                    for record in kept:
                        if not self.positions.waits(topic, record.partition):
                            await self._one_by_one(route, topic, record)
                else:
                    await self._process(route, topic, kept, done, testing=testing)
            self.metrics.batch_records.labels(topic).observe(len(kept))
        # what was postponed before them is where their partition goes on
        held = [record for record in held if not self.positions.waits(topic, record.partition)]
        if held:
            self.positions.rewind(topic, spans(held))
            if not self.breakers.any_due(topic):
                self.positions.pause(topic, spans(held))

    async def _one_by_one(self, route: Route, topic: str, record: Record) -> None:
        span = spans([record])
        if self.inflight.deadly(f"{topic}/{record.partition}", record.offset):
            deadly = Rejected("killed the process three times when it was alone in flight", code="deadly")
            await self._conclude(route, topic, [record], span, [Refusal(record, deadly)])
        else:
            await self._process(route, topic, [record], span, testing=False)

    async def _process(self, route: Route, topic: str, records: list[Record], done: Spans, *, testing: bool) -> None:
        self.inflight.enter({f"{topic}/{partition}": span for partition, span in done.items()})
        setbacks: list[Setback] = []
        with self._step("decode"):
            good, refusals = route.decode(records)
        if good:
            try:
                setbacks = await self._attempt(route, good)
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - given its meaning by the table, or by isolation
                setbacks = await self._isolated(route, good, error, testing=testing)
        refusals += [each for each in setbacks if isinstance(each, Refusal)]
        postponed = [each for each in setbacks if isinstance(each, Postponed)]
        if postponed:
            await self._put_off(route, topic, records, refusals, postponed)
        else:
            await self._conclude(route, topic, records, done, refusals)

    async def _put_off(
        self, route: Route, topic: str, records: list[Record], refusals: list[Refusal], postponed: list[Postponed]
    ) -> None:
        """Concludes what comes before the first postponed record of each partition; that and the rest comes again."""
        first: dict[int, int] = {}
        for each in postponed:
            partition, offset = each.record.partition, each.record.offset
            first[partition] = min(offset, first.get(partition, offset))
        before = [each for each in records if each.offset < first.get(each.partition, each.offset + 1)]
        refused = [each for each in refusals if each.record.offset < first.get(each.record.partition, sys.maxsize)]
        await self._conclude(route, topic, before, spans(before), refused)
        seconds = self.positions.postpone(topic, first)
        needed = sorted({each.error.dependency for each in postponed})
        logger.warning("postponed", topic=topic, partitions=sorted(first), needed=needed, seconds=seconds)

    async def _isolated(self, route: Route, good: list[Any], error: Exception, *, testing: bool) -> list[Setback]:
        ours = meaning(error)
        if isinstance(ours, Unavailable):
            raise ours from error
        found = await isolate(lambda one: self._attempt(route, [one]), good)
        if found.ours or (testing and found.unknown):
            for record in (each.record if isinstance(each, Received) else each for each in good):
                self.breakers.trip(record.topic, route.source_of(record))
            raise Unavailable("this service's own code")
        return found.setbacks

    async def _attempt(self, route: Route, good: Sequence[Any]) -> list[Setback]:
        """Handles and publishes. Returns what the handler refused or postponed."""
        with self._step("handle"):
            outcome = list(await route.handler(good))
        events = [each for each in outcome if not isinstance(each, (Refusal, Postponed))]
        if events:
            with self._step("publish"):
                await self.publisher.publish(events)
        return (
            [each for each in outcome if isinstance(each, (Refusal, Postponed))] if len(events) < len(outcome) else []
        )

    async def _conclude(
        self, route: Route, topic: str, records: list[Record], done: Spans, refusals: list[Refusal]
    ) -> None:
        """Dead-letters, counts and commits: last, after every effect is acknowledged."""
        if refusals:
            await self.dead_letters.write_all(refusals)
        self._observe(route, topic, records, refusals)
        with self._step("commit"):
            await self.positions.commit(topic, done)
        self.inflight.leave()
        self.progressed_at = time.monotonic()
        self.waiting = False

    def _observe(self, route: Route, topic: str, records: list[Record], refusals: list[Refusal]) -> None:
        if not refusals and self.breakers.untouched(topic):
            return
        refused = {(each.record.partition, each.record.offset) for each in refusals}
        for record in records:
            is_refused = route.foreign and (record.partition, record.offset) in refused
            self.breakers.observe(topic, route.source_of(record), refused=is_refused)

    def _gated(self, route: Route, topic: str, records: list[Record]) -> tuple[list[Record], list[Record], bool]:
        """Records that may be handled now, those of open sources, and whether one is let through on trial."""
        if self.breakers.untouched(topic):
            return records, [], False
        kept: list[Record] = []
        held: list[Record] = []
        closed_off: set[int] = set()
        testing = False
        for record in records:
            is_open = record.partition in closed_off
            gate = Gate.OPEN if is_open else self.breakers.gate(topic, route.source_of(record))
            testing = testing or gate is Gate.RETEST
            (held if gate is Gate.OPEN else kept).append(record)
            if gate is not Gate.CLOSED:
                closed_off.add(record.partition)
        return kept, held, testing

    async def _wait_out(self, topic: str, error: Unavailable) -> None:
        self.waiting = True
        logger.warning("waiting", group=self.group, topic=topic, dependency=error.dependency, seconds=self._backoff)
        try:
            await asyncio.wait_for(self.stopping.wait(), self._backoff)
        except TimeoutError:
            self._backoff = min(self._backoff * 2, self.backoff_max_seconds)

    def _step(self, step: str) -> Any:
        return self.metrics.batch_seconds.labels(step).time()


def _unavailable(error: Exception) -> Unavailable:
    """What nobody knows, and no record is guilty of, is our own mistake: nothing goes on until it is mended."""
    ours = meaning(error)
    if isinstance(ours, Unavailable):
        return ours
    logger.error("unexpected", error=where(error), records=0)
    return Unavailable("this service's own code")
