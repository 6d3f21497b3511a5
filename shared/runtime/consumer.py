"""The one consumer of a process: FastStream brings batches of raw records to the stage."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from shared.contracts.topics import DEAD_LETTER_MAX_BYTES
from shared.errors import Unavailable
from shared.runtime import kafka
from shared.runtime.breaker import Breakers
from shared.runtime.dead_letters import DeadLetters
from shared.runtime.inflight import InFlight
from shared.runtime.metrics import RuntimeMetrics
from shared.runtime.positions import Positions
from shared.runtime.postponements import Postponements
from shared.runtime.publisher import Publisher
from shared.runtime.routes import Route
from shared.runtime.settings import Settings
from shared.runtime.stage import Stage

FETCH_WAIT_MS = 50
BATCH = "batch"
METADATA_MAX_AGE_MS = 5_000


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """A service's consumer group member. Everything it reads goes through one `Stage`."""

    def __init__(
        self,
        group: str,
        settings: Settings,
        *,
        routes: Mapping[str, Route],
        pattern: tuple[str, Route] | None,
        publisher: Publisher,
        dead_letters: DeadLetters,
        breakers: Breakers,
        metrics: RuntimeMetrics,
        stopping: asyncio.Event,
    ) -> None:
        self._settings = settings
        self._routes = routes
        self._pattern = pattern
        self._metrics = metrics
        self._breakers = breakers
        self._joined = False
        self._lag: dict[TopicPartition, int] = {}
        self._inflight = InFlight.of(settings.state_dir, group, settings.instance)
        postponements = Postponements(
            longest=settings.backoff_max_seconds,
            clock=time.monotonic,
            on_change=lambda topic, partitions: metrics.postponed.labels(topic).set(partitions),
        )
        self.positions = Positions(group, self._client, metrics, postponements)
        self.stage = Stage(
            group=group,
            route_of=self._route_of,
            publisher=publisher,
            dead_letters=dead_letters,
            breakers=breakers,
            positions=self.positions,
            inflight=self._inflight,
            metrics=metrics,
            stopping=stopping,
            backoff_max_seconds=settings.backoff_max_seconds,
        )
        self._broker = KafkaBroker(
            settings.kafka.split(","),
            security=kafka.security(settings),
            request_timeout_ms=settings.kafka_request_timeout_ms,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
            allow_auto_create_topics=False,
            apply_types=False,
            graceful_timeout=30,
            logger=logging.getLogger("laurel.consumer"),
            log_level=logging.DEBUG,
        )
        self._subscriber = self._broker.subscriber(*(() if pattern else routes), **self._options(group))
        self._subscriber(self.stage.on_batch)

    def _options(self, group: str) -> dict[str, Any]:
        settings = self._settings
        options: dict[str, Any] = {
            "batch": True,
            "max_records": settings.batch_max_records,
            "batch_timeout_ms": settings.batch_wait_ms,
            "fetch_max_wait_ms": FETCH_WAIT_MS,
            "max_partition_fetch_bytes": DEAD_LETTER_MAX_BYTES,
            "group_id": group,
            "group_instance_id": settings.kafka_group_instance_id,
            "auto_offset_reset": "earliest",
            "session_timeout_ms": settings.kafka_session_timeout_ms,
            "heartbeat_interval_ms": settings.kafka_heartbeat_ms,
            "listener": self,
            "ack_policy": AckPolicy.MANUAL,
            "parser": _as_it_is,
            "decoder": _undecoded,
            "no_reply": True,
        }
        if self._pattern is not None:
            # a subscription has names or a pattern
            names = "|".join(re.escape(each) for each in self._routes)
            options["pattern"] = f"(?:{self._pattern[0]})|(?:{names})$" if names else self._pattern[0]
        return options

    async def start(self) -> None:
        """Joins the group. Raises Unavailable."""
        try:
            await self._broker.start()
        except (KafkaError, OSError) as error:
            await self._broker.stop()
            raise Unavailable("kafka") from error

    async def stop(self) -> None:
        """Finishes the batch in hand, then leaves the group."""
        await self._broker.stop()
        self._inflight.close()

    async def tick(self) -> None:
        """Reads again what was held back or postponed and is due, and measures the lag."""
        self.positions.resume_due(self._breakers)
        self._lag = await self.positions.lag(idle=not self.stage.busy)
        if not self.stage.busy and not any(self._lag.values()):
            # where there is nothing to do, doing nothing is no standstill
            self.stage.progressed_at = time.monotonic()
        for tp, lag in self._lag.items():
            self._metrics.lag.labels(tp.topic, str(tp.partition)).set(lag)

    async def joined(self) -> None:
        """Raises Unavailable while the group hasn't given this member its partitions, which may be none."""
        if not self._joined:
            raise Unavailable("consumer group")

    def is_stuck(self) -> bool:
        """Whether there is lag but no progress for too long, without a known failure to wait out."""
        if self.stage.waiting or time.monotonic() - self.stage.progressed_at < self._settings.stuck_after_seconds:
            return False
        client = self._client()
        paused = client.paused() if client is not None else set()
        return self.stage.busy or any(lag for tp, lag in self._lag.items() if tp not in paused)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """The group gave this member its share: it starts where the group last committed."""
        self._joined = True
        self.stage.progressed_at = time.monotonic()
        client = self._client()
        for tp in assigned:
            committed = await client.committed(tp) if client is not None else None
            self.positions.handled[tp] = committed or 0

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """A rebalance begins."""
        self._joined = False
        for tp in revoked:
            self.positions.lost(tp)
            self._lag.pop(tp, None)
            with contextlib.suppress(KeyError):
                self._metrics.lag.remove(tp.topic, str(tp.partition))

    def _route_of(self, topic: str) -> Route:
        if topic in self._routes or self._pattern is None:
            return self._routes[topic]
        return self._pattern[1]

    def _client(self) -> AIOKafkaConsumer | None:
        return self._subscriber.consumer


async def _as_it_is(batch: tuple[ConsumerRecord, ...]) -> KafkaMessage:
    """The default parser decodes headers as UTF-8, and a binary one would kill it before our code."""
    # never acknowledged through the message; with an id of its own FastStream makes none up
    return KafkaMessage(body=b"", raw_message=batch, correlation_id=BATCH, consumer=None)  # type: ignore[arg-type]


async def _undecoded(message: KafkaMessage) -> Any:
    return message.raw_message
