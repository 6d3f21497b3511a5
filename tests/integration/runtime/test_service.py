"""A service of a few lines against a real broker and a real store: what the runtime promises to every service."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.devstack.ports import free_port
from shared.contracts import topics
from shared.contracts.events import Event
from shared.contracts.learners import LearnerMergeRequested
from shared.errors import Rejected, Unavailable
from shared.runtime.records import Received, Record, Refusal
from shared.runtime.service import Service
from shared.runtime.settings import Settings

Handler = Callable[[Sequence[Record]], Awaitable[Iterable[Event | Refusal]]]


@pytest.fixture
async def topic(kafka: str) -> str:
    name = f"lms.{secrets.token_hex(4)}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        known = set(await admin.list_topics())
        needed = {each.name for each in topics.ALL} | {name, f"{name}.{group_of(name)}.dlq"}
        await admin.create_topics(
            [NewTopic(each, num_partitions=2, replication_factor=1) for each in sorted(needed - known)]
        )
    finally:
        await admin.close()
    return name


def group_of(topic: str) -> str:
    return f"group-{topic}"


@pytest.fixture
def settings(kafka: str, store: Any, tmp_path: Path) -> Settings:
    return Settings(
        kafka=kafka,
        kafka_idempotent=False,
        kafka_session_timeout_ms=1500,
        kafka_heartbeat_ms=400,
        mongo_uri=store.uri,
        mongo_database=f"test_{secrets.token_hex(4)}",
        http_port=free_port(),
        state_dir=tmp_path,
        backoff_max_seconds=0.3,
        breaker_retest_seconds=1,
    )


@asynccontextmanager
async def running(settings: Settings, topic: str, handler: Handler) -> AsyncIterator[Service]:
    service = Service(group_of(topic), settings)
    service.consumes_pattern(f"^{topic}$", handler, source_of=lambda record: record.topic)
    task = asyncio.create_task(service.serve())
    try:
        yield service
    finally:
        service.stopping.set()
        await task


async def send(kafka: str, topic: str, *records: tuple[bytes | None, list[tuple[str, bytes]]]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, max_request_size=8_000_000)
    await producer.start()
    try:
        for value, headers in records:
            await producer.send_and_wait(topic, value, key=b"k", headers=headers)
    finally:
        await producer.stop()


async def until(condition: Callable[[], Awaitable[bool] | bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while True:
            met = condition()
            if met if isinstance(met, bool) else await met:
                return
            await asyncio.sleep(0.05)


async def read(kafka: str, topic: str, count: int) -> list[Any]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, auto_offset_reset="earliest", max_partition_fetch_bytes=8_000_000
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0), TopicPartition(topic, 1)])
        found: list[Any] = []
        async with asyncio.timeout(20):
            while len(found) < count:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += records
        return found
    finally:
        await consumer.stop()


async def test_a_poisonous_record_with_a_binary_header_is_one_dead_letter_and_its_neighbours_live(
    kafka: str, topic: str, settings: Settings
) -> None:
    seen: list[bytes | None] = []

    async def handler(batch: Sequence[Record]) -> Iterable[Event | Refusal]:
        bad = [each for each in batch if (each.value or b"").startswith(b"bad")]
        seen.extend(each.value for each in batch if each not in bad)
        return [Refusal(each, Rejected("bad", code="bad")) for each in bad]

    headers = [("x", b"\xff\xfe"), ("x", b"again"), ("reply_to", b"elsewhere")]
    await send(kafka, topic, (b"one", headers), (b"bad\x00", headers), (b"two", []), (None, []))

    async with running(settings, topic, handler):
        await until(lambda: len(seen) == 3)
        (letter,) = await read(kafka, f"{topic}.{group_of(topic)}.dlq", 1)

    assert seen == [b"one", b"two", None]
    assert letter.value == b"bad\x00"
    assert letter.key == b"k"
    assert list(letter.headers)[:3] == headers
    assert dict(letter.headers)["kafka_dlt-original-topic"] == topic.encode()


async def test_an_outage_is_waited_out_and_every_record_is_handled_in_order(
    kafka: str, topic: str, settings: Settings
) -> None:
    seen: list[bytes | None] = []
    failures = 3

    async def handler(batch: Sequence[Record]) -> Iterable[Event | Refusal]:
        nonlocal failures
        if failures:
            failures -= 1
            raise Unavailable("mongodb")
        seen.extend(each.value for each in batch)
        return []

    await send(kafka, topic, *[(str(n).encode(), []) for n in range(50)])

    async with running(settings, topic, handler):
        await until(lambda: len(seen) == 50)

    assert seen == [str(n).encode() for n in range(50)]


async def test_what_was_committed_is_not_handled_again_after_a_restart(
    kafka: str, topic: str, settings: Settings
) -> None:
    seen: list[bytes | None] = []

    async def handler(batch: Sequence[Record]) -> Iterable[Event | Refusal]:
        seen.extend(each.value for each in batch)
        return []

    await send(kafka, topic, (b"before", []))
    async with running(settings, topic, handler):
        await until(lambda: len(seen) == 1)
    await send(kafka, topic, (b"after", []))
    async with running(settings, topic, handler):
        await until(lambda: len(seen) == 2)

    assert seen == [b"before", b"after"]


async def test_a_process_says_that_it_lives_and_when_it_is_ready(kafka: str, topic: str, settings: Settings) -> None:
    async def handler(_: Sequence[Record]) -> Iterable[Event | Refusal]:
        return []

    address = f"http://127.0.0.1:{settings.http_port}"
    async with running(settings, topic, handler) as service, httpx.AsyncClient(base_url=address) as client:

        async def ready() -> bool:
            try:
                return (await client.get("/readyz")).status_code == 200
            except httpx.ConnectError:
                return False

        await until(ready)
        alive = await client.get("/livez")
        metrics = await client.get("/metrics")
        service.health.not_ready("stopping")
        stopping = await client.get("/readyz")

    assert alive.status_code == 200
    assert "laurel_build_info" in metrics.text
    assert stopping.status_code == 503


async def test_a_source_of_nothing_but_garbage_is_closed_off_and_opened_by_one_good_record(
    kafka: str, topic: str, settings: Settings
) -> None:
    seen: list[bytes | None] = []

    async def handler(batch: Sequence[Record]) -> Iterable[Event | Refusal]:
        bad = [each for each in batch if (each.value or b"").startswith(b"bad")]
        seen.extend(each.value for each in batch if each not in bad)
        return [Refusal(each, Rejected("bad", code="bad")) for each in bad]

    async with running(settings, topic, handler) as service:
        await send(kafka, topic, *[(b"bad", [])] * 50)
        await until(lambda: service.breakers.is_open(topic, topic))
        await send(kafka, topic, (b"good", []))
        await until(lambda: seen == [b"good"])
        closed = not service.breakers.is_open(topic, topic)

    assert closed


async def test_a_service_hears_a_topic_by_name_beside_a_pattern(kafka: str, topic: str, settings: Settings) -> None:
    raw: list[bytes | None] = []
    asked: list[str] = []

    async def on_records(batch: Sequence[Record]) -> Iterable[Event | Refusal]:
        raw.extend(each.value for each in batch)
        return []

    async def on_requests(batch: Sequence[Received[LearnerMergeRequested]]) -> Iterable[Event | Refusal]:
        asked.extend(each.event.learner for each in batch)
        return []

    learner = secrets.token_hex(4)
    request = LearnerMergeRequested(
        request_id="r", tenant="north", learner=learner, into="b", reason="one person", requested_at=datetime.now(UTC)
    )
    await send(kafka, topic, (b"raw", []))
    await send(kafka, topics.LEARNER_MERGE_REQUESTED.name, (request.model_dump_json().encode(), []))
    service = Service(group_of(topic), settings)
    service.consumes_pattern(f"^{topic}$", on_records, source_of=lambda record: record.topic)
    service.consumes(topics.LEARNER_MERGE_REQUESTED, on_requests)
    task = asyncio.create_task(service.serve())
    try:
        await until(lambda: raw == [b"raw"] and learner in asked)
    finally:
        service.stopping.set()
        await task
