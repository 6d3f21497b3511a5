from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.ctl import topics as provisioning
from services.ctl.settings import CtlSettings
from services.ctl.settling import NotSettled, Watch
from shared.runtime.kafka import connection, producer

NOW = datetime.now(UTC)


@pytest.fixture
def settings(kafka: str) -> CtlSettings:
    return CtlSettings(kafka=kafka, topic_partitions=2, topic_replication=1, kafka_idempotent=False)


@pytest.fixture
async def source(settings: CtlSettings) -> str:
    name = f"lms.test.{secrets.token_hex(4)}"
    await provisioning.apply(settings, [name])
    return name


async def send(settings: CtlSettings, topic: str, count: int) -> None:
    client = producer(settings)
    await client.start()
    for number in range(count):
        await client.send(topic, str(number).encode(), partition=0)
    await client.stop()


async def commit(settings: CtlSettings, topic: str, offset: int) -> None:
    consumer = AIOKafkaConsumer(group_id="intake", enable_auto_commit=False, **connection(settings))
    await consumer.start()
    consumer.assign([TopicPartition(topic, 0)])
    await consumer.commit({TopicPartition(topic, 0): offset})
    await consumer.stop()


async def test_lag_is_counted_by_records_until_they_are_committed(
    settings: CtlSettings, source: str, database: Any
) -> None:
    async with Watch(settings, database, [source]) as watch:
        before, _ = await watch.lag()
        await send(settings, source, 5)
        sent, _ = await watch.lag()
        await commit(settings, source, 3)
        committed, _ = await watch.lag()

    assert (sent - before, committed - before) == (5, 2)


@pytest.mark.parametrize(
    ("collection", "document", "what"),
    [
        ("awards", {"state": "earned"}, "awards_due"),
        ("awards", {"state": "pending", "due_at": NOW - timedelta(days=1)}, "awards_due"),
        ("credentials", {"announced_at": None}, "unannounced"),
        ("deliveries", {"state": "queued"}, "deliveries"),
        ("deliveries", {"state": "sending"}, "deliveries"),
        ("status_lists", {"dirty": 3, "published": 2}, "lists"),
    ],
)
async def test_what_lacks_its_next_step_is_pending(
    settings: CtlSettings, source: str, database: Any, collection: str, document: dict[str, Any], what: str
) -> None:
    await database[collection].insert_one(document)

    async with Watch(settings, database, [source]) as watch:
        pending = await watch.look()

    assert getattr(pending, what) == 1


@pytest.mark.parametrize(
    ("collection", "document"),
    [
        ("awards", {"state": "pending", "due_at": NOW + timedelta(days=1)}),
        ("awards", {"state": "withdrawn"}),
        ("deliveries", {"state": "waiting"}),
        ("deliveries", {"state": "failed"}),
        ("status_lists", {"dirty": 3, "published": 3}),
    ],
)
async def test_what_waits_for_its_time_or_for_somebody_is_not(
    settings: CtlSettings, source: str, database: Any, collection: str, document: dict[str, Any]
) -> None:
    await database[collection].insert_one(document)

    async with Watch(settings, database, [source]) as watch:
        pending = await watch.look()

    assert not any((pending.awards_due, pending.unannounced, pending.deliveries, pending.lists))


async def test_what_never_settles_is_named(settings: CtlSettings, source: str, database: Any) -> None:
    await database.deliveries.insert_one({"state": "queued"})

    async with Watch(settings, database, [source]) as watch:
        with pytest.raises(NotSettled, match="1 e-mails not sent"):
            await watch.settled(patience=1)
