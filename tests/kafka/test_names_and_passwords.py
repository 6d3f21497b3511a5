"""Kafka's names, passwords and TLS are settings: the runtime publishes and consumes with nothing else changed."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from services.ctl import topics as provisioning
from services.ctl.settings import CtlSettings
from shared.contracts import topics
from shared.contracts.events import ActivityObject, Event, LearningActivity, ObjectKind, Verb
from shared.errors import Unavailable
from shared.runtime.breaker import Breakers
from shared.runtime.consumer import Consumer
from shared.runtime.dead_letters import DeadLetters
from shared.runtime.metrics import RuntimeMetrics
from shared.runtime.publisher import Publisher
from shared.runtime.records import Received
from shared.runtime.routes import Route

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif("LAUREL_TEST_KAFKA" not in os.environ, reason="run by make test-kafka"),
]
DOORS = [
    pytest.param("LAUREL_TEST_KAFKA", "PLAINTEXT", "PLAIN", id="no-password"),
    pytest.param("LAUREL_TEST_KAFKA_SASL", "SASL_PLAINTEXT", "SCRAM-SHA-512", id="scram"),
    pytest.param("LAUREL_TEST_KAFKA_SASL", "SASL_PLAINTEXT", "PLAIN", id="plain"),
    pytest.param("LAUREL_TEST_KAFKA_SSL", "SASL_SSL", "SCRAM-SHA-512", id="scram-over-tls"),
    pytest.param("LAUREL_TEST_KAFKA_SSL", "SASL_SSL", "PLAIN", id="plain-over-tls"),
]


def told(variable: str, protocol: str, mechanism: str, state: Path, **more: Any) -> CtlSettings:
    secured = {
        "kafka_username": os.environ["LAUREL_TEST_KAFKA_USER"],
        "kafka_password": os.environ["LAUREL_TEST_KAFKA_PASSWORD"],
        "kafka_ca_file": os.environ["LAUREL_TEST_KAFKA_CA"],
    }
    settings: dict[str, Any] = {
        "kafka": os.environ[variable],
        "kafka_security_protocol": protocol,
        "kafka_sasl_mechanism": mechanism,
        "kafka_session_timeout_ms": 6000,
        "kafka_heartbeat_ms": 1000,
        "state_dir": state,
        "topic_partitions": 3,
        "topic_replication": 1,
    }
    return CtlSettings.model_validate(settings | secured | more)


def an_activity(number: int) -> LearningActivity:
    now = datetime(2026, 9, 1, tzinfo=UTC)
    return LearningActivity(
        activity_id=str(uuid4()),
        event_id=f"event-{number}",
        tenant="example",
        source="lms",
        dialect="xapi",
        learner=f"learner-{number}",
        verb=Verb.COMPLETED,
        object=ActivityObject(kind=ObjectKind.COURSE, ids=("EDS101",)),
        occurred_at=now,
        received_at=now,
    )


@pytest.mark.parametrize(("variable", "protocol", "mechanism"), DOORS)
async def test_the_runtime_works_with_and_without_names_passwords_and_tls(
    variable: str, protocol: str, mechanism: str, tmp_path: Path
) -> None:
    settings = told(variable, protocol, mechanism, tmp_path)
    sent = [an_activity(number) for number in range(100)]
    expected = {each.activity_id for each in sent}
    received: set[str] = set()
    complete = asyncio.Event()

    async def on_activities(batch: Sequence[Received[LearningActivity]]) -> Iterable[Event]:
        received.update(each.event.activity_id for each in batch)
        if expected <= received:
            complete.set()
        return []

    await provisioning.apply(settings, [])
    publisher, group = Publisher(settings), f"door-{uuid4().hex}"
    await publisher.start()
    consumer = a_consumer(group, settings, publisher, Route.typed(topics.LEARNING_ACTIVITY, on_activities))
    await consumer.start()
    await publisher.publish(sent)
    async with asyncio.timeout(30):
        await complete.wait()
    await consumer.stop()
    await publisher.stop()

    assert expected <= received


async def test_a_wrong_password_is_a_dependency_that_is_down_and_nothing_is_dead_lettered(tmp_path: Path) -> None:
    settings = told("LAUREL_TEST_KAFKA_SSL", "SASL_SSL", "SCRAM-SHA-512", tmp_path, kafka_password="wrong")

    with pytest.raises(Unavailable):
        await Publisher(settings).start()


def a_consumer(group: str, settings: CtlSettings, publisher: Publisher, route: Route) -> Consumer:
    metrics = RuntimeMetrics(CollectorRegistry(), group)
    return Consumer(
        group,
        settings,
        routes={topics.LEARNING_ACTIVITY.name: route},
        pattern=None,
        publisher=publisher,
        dead_letters=DeadLetters(group, publisher, metrics),
        breakers=Breakers(refusals=50, retest_seconds=30, clock=time.monotonic, on_change=lambda *_: None),
        metrics=metrics,
        stopping=asyncio.Event(),
    )
