"""The batch stage with a raw-bytes handler beside a bare aiokafka loop; both commit after each batch."""

from __future__ import annotations

import asyncio
import logging
import secrets
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from prometheus_client import CollectorRegistry

from services.devstack.servers import Broker
from shared.contracts.events import Event
from shared.contracts.topics import DEAD_LETTER_MAX_BYTES
from shared.runtime.breaker import Breakers
from shared.runtime.consumer import FETCH_WAIT_MS, Consumer
from shared.runtime.dead_letters import DeadLetters
from shared.runtime.metrics import RuntimeMetrics
from shared.runtime.publisher import Publisher
from shared.runtime.records import Record, Refusal
from shared.runtime.routes import Route
from shared.runtime.service import tune_garbage_collector
from shared.runtime.settings import Settings
from tests.bench.rounds import Line, at_least, medians

RECORDS = 60_000
ROUNDS = 9
BATCH = 1000
GOAL = 0.7


def report() -> list[Line]:
    """Stage ÷ bare, in CPU."""
    tune_garbage_collector()
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker.start(Path(folder))
        try:
            topic = f"lms.{secrets.token_hex(4)}"
            asyncio.run(_fill(broker.bootstrap, topic))
            found = medians(
                {
                    "bare": lambda: asyncio.run(_bare(broker.bootstrap, topic)),
                    "stage": lambda: asyncio.run(_stage(broker.bootstrap, topic, Path(folder))),
                },
                rounds=ROUNDS,
            )
        finally:
            broker.stop()
    micro = {name: seconds / RECORDS * 1e6 for name, seconds in found.items()}
    detail = f"bare {micro['bare']:.1f} µs, stage {micro['stage']:.1f} µs of CPU a record"
    return [at_least("batch stage ÷ bare getmany, CPU", found["bare"] / found["stage"], GOAL, detail)]


async def _fill(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=5)
    await producer.start()
    value = b'{"specversion":"1.0","type":"org.example.course.completed.v1"}' * 5
    for _ in range(RECORDS // 1000):
        sent = [await producer.send(topic, value, key=b"k") for _ in range(1000)]
        await asyncio.gather(*sent)
    await producer.stop()


async def _bare(bootstrap: str, topic: str) -> float:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=secrets.token_hex(4), auto_offset_reset="earliest",
        enable_auto_commit=False, fetch_max_wait_ms=FETCH_WAIT_MS,
        max_partition_fetch_bytes=DEAD_LETTER_MAX_BYTES, session_timeout_ms=1500, heartbeat_interval_ms=400,
    )  # fmt: skip
    await consumer.start()
    await _first(consumer)
    before, seen = time.process_time(), 0
    while seen < RECORDS:
        batch = await consumer.getmany(timeout_ms=25, max_records=BATCH)
        for tp, records in batch.items():
            seen += len(records)
            await consumer.commit({tp: records[-1].offset + 1})
    spent = time.process_time() - before
    await consumer.stop()
    return spent


async def _first(consumer: AIOKafkaConsumer) -> None:
    """Joining isn't measured: reads one batch, then starts again at the beginning."""
    while not await consumer.getmany(timeout_ms=25, max_records=1):
        pass
    for tp in consumer.assignment():
        consumer.seek(TopicPartition(*tp), 0)


async def _stage(bootstrap: str, topic: str, folder: Path) -> float:
    logging.disable(logging.WARNING)
    settings = Settings(
        kafka=bootstrap, kafka_idempotent=False, kafka_session_timeout_ms=1500, kafka_heartbeat_ms=400,
        state_dir=folder, instance=secrets.token_hex(4),
    )  # fmt: skip
    done = asyncio.Event()
    started = 0.0
    seen = 0

    async def handler(batch: Sequence[Record]) -> Iterable[Event | Refusal]:
        nonlocal started, seen
        if not started:
            started = time.process_time()
        seen += len(batch)
        if seen >= RECORDS:
            done.set()
        return ()

    metrics = RuntimeMetrics(CollectorRegistry(), "bench")
    publisher = Publisher(settings)
    await publisher.start()
    consumer = Consumer(
        secrets.token_hex(4), settings, routes={},
        pattern=(f"^{topic}$", Route(handler, None, lambda record: record.topic)),
        publisher=publisher, dead_letters=DeadLetters("bench", publisher, metrics),
        breakers=Breakers(refusals=50, retest_seconds=30, clock=time.monotonic, on_change=lambda *_: None),
        metrics=metrics, stopping=asyncio.Event(),
    )  # fmt: skip
    await consumer.start()
    await done.wait()
    spent = time.process_time() - started
    await consumer.stop()
    await publisher.stop()
    return spent
