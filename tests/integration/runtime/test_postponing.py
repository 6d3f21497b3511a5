"""Postponing against a real broker: one topic waits, its neighbour in the same consumer goes on, nothing is lost."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.devstack.ports import free_port
from shared.contracts import topics
from shared.contracts.events import Event
from shared.errors import Unavailable
from shared.runtime.records import Postponed, Record, Refusal
from shared.runtime.service import Service
from shared.runtime.settings import Settings


class Registry:
    """What the records of one topic need."""

    def __init__(self, needed_by: str) -> None:
        self.needed_by = needed_by
        self.is_down = True
        self.done: list[tuple[str, int, bytes | None]] = []

    async def handle(self, batch: Sequence[Record]) -> Iterable[Event | Refusal | Postponed]:
        waiting = [each for each in batch if self.is_down and each.topic == self.needed_by]
        self.done += [(each.topic, each.partition, each.value) for each in batch if each not in waiting]
        return [Postponed(each, Unavailable("schema registry")) for each in waiting]

    def of(self, topic: str) -> list[bytes | None]:
        return [value for name, _, value in self.done if name == topic]


@pytest.fixture
async def names(kafka: str) -> tuple[str, str]:
    word = secrets.token_hex(4)
    waits, goes_on = f"lms.{word}.waits", f"lms.{word}.goes-on"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        needed = {each.name for each in topics.ALL} | {waits, goes_on}
        missing = sorted(needed - set(await admin.list_topics()))
        await admin.create_topics([NewTopic(each, num_partitions=2, replication_factor=1) for each in missing])
    finally:
        await admin.close()
    return waits, goes_on


@asynccontextmanager
async def running(kafka: str, store: Any, folder: Path, pattern: str, registry: Registry) -> AsyncIterator[Settings]:
    settings = Settings(
        kafka=kafka,
        kafka_idempotent=False,
        kafka_session_timeout_ms=1500,
        kafka_heartbeat_ms=400,
        mongo_uri=store.uri,
        mongo_database=f"test_{secrets.token_hex(4)}",
        http_port=free_port(),
        state_dir=folder,
        stuck_after_seconds=3,
        backoff_max_seconds=1,
    )
    service = Service(f"group-{pattern}", settings)
    service.consumes_pattern(pattern, registry.handle, source_of=lambda record: record.topic)
    task = asyncio.create_task(service.serve())
    try:
        yield settings
    finally:
        service.stopping.set()
        await task


async def send(kafka: str, topic: str, values: Iterable[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(topic, value, partition=0)
    finally:
        await producer.stop()


def numbered(start: int, end: int) -> list[bytes]:
    return [str(each).encode() for each in range(start, end)]


async def test_a_topic_that_waits_holds_up_no_other_and_goes_on_in_order(
    kafka: str, store: Any, tmp_path: Path, names: tuple[str, str]
) -> None:
    waits, goes_on = names
    registry = Registry(waits)

    async with (
        running(kafka, store, tmp_path, rf"^{waits.removesuffix('.waits')}\..*$", registry) as settings,
        httpx.AsyncClient(base_url=f"http://{settings.http_host}:{settings.http_port}") as http,
        asyncio.timeout(40),
    ):
        await send(kafka, waits, numbered(0, 20))
        for round_ in range(10):
            await send(kafka, goes_on, numbered(round_ * 5, round_ * 5 + 5))
            while len(registry.of(goes_on)) < round_ * 5 + 5:
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.4)
        while not (await http.get("/metrics")).text.count(f'laurel_postponed_partitions{{topic="{waits}"}} 1.0'):
            await asyncio.sleep(0.2)
        await asyncio.sleep(settings.stuck_after_seconds + 1)
        health = [(await http.get(path)).status_code for path in ("/livez", "/readyz")]
        before = registry.of(waits)
        registry.is_down = False
        while len(registry.of(waits)) < 20:
            await asyncio.sleep(0.1)
        while not (await http.get("/metrics")).text.count(f'laurel_postponed_partitions{{topic="{waits}"}} 0.0'):
            await asyncio.sleep(0.2)

    assert before == []
    assert registry.of(waits) == numbered(0, 20)
    assert registry.of(goes_on) == numbered(0, 50)
    assert health == [200, 200], "waiting is no standstill"
