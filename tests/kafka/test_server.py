"""The broker that `make test-kafka` starts is the one that the other suites count on."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif("LAUREL_TEST_KAFKA" not in os.environ, reason="run by make test-kafka"),
]
MIB = 1024 * 1024


@pytest.fixture
async def topic() -> AsyncIterator[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=os.environ["LAUREL_TEST_KAFKA"])
    await admin.start()
    name = f"door-{uuid4().hex}"
    await admin.create_topics(
        [NewTopic(name, 3, 1, topic_configs={"max.message.bytes": str(5 * MIB)})],
    )
    yield name
    await admin.delete_topics([name])
    await admin.close()


def doors() -> Iterator[Any]:
    yield pytest.param("LAUREL_TEST_KAFKA", {"security_protocol": "PLAINTEXT"}, id="plaintext")
    for mechanism in ("PLAIN", "SCRAM-SHA-512"):
        for variable, protocol in (
            ("LAUREL_TEST_KAFKA_SASL", "SASL_PLAINTEXT"),
            ("LAUREL_TEST_KAFKA_SSL", "SASL_SSL"),
        ):
            options = {"security_protocol": protocol, "sasl_mechanism": mechanism}
            yield pytest.param(variable, options, id=f"{protocol}-{mechanism}")


def credentials(options: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = dict(options)
    if options["security_protocol"].startswith("SASL"):
        told["sasl_plain_username"] = os.environ["LAUREL_TEST_KAFKA_USER"]
        told["sasl_plain_password"] = os.environ["LAUREL_TEST_KAFKA_PASSWORD"]
    if options["security_protocol"].endswith("SSL"):
        told["ssl_context"] = ssl.create_default_context(cafile=os.environ["LAUREL_TEST_KAFKA_CA"])
    return told


@pytest.mark.parametrize(("variable", "options"), list(doors()))
async def test_an_idempotent_producer_and_a_group_get_in_by_every_door(
    topic: str, variable: str, options: dict[str, str]
) -> None:
    connection = {"bootstrap_servers": os.environ[variable], **credentials(options)}
    large = b"x" * (4 * MIB)

    async with AIOKafkaProducer(
        **connection, enable_idempotence=True, acks="all", max_request_size=8 * MIB
    ) as producer:
        await producer.send_and_wait(topic, large, key=b"ada")
    async with AIOKafkaConsumer(
        topic, **connection, group_id=f"group-{topic}", auto_offset_reset="earliest", session_timeout_ms=1500
    ) as consumer:
        received = await consumer.getone()
        await consumer.commit()

    assert (received.key, received.value) == (b"ada", large)


async def test_a_wrong_password_is_refused() -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=os.environ["LAUREL_TEST_KAFKA_SASL"],
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_plain_username=os.environ["LAUREL_TEST_KAFKA_USER"],
        sasl_plain_password="wrong",
    )

    with pytest.raises(KafkaError):
        await producer.start()

    await producer.stop()


async def test_a_topic_that_nobody_provisioned_is_not_made_by_asking_for_it() -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=os.environ["LAUREL_TEST_KAFKA"])
    await admin.start()
    name = f"unknown-{uuid4().hex}"

    producer = AIOKafkaProducer(bootstrap_servers=os.environ["LAUREL_TEST_KAFKA"], request_timeout_ms=2000)
    await producer.start()
    with pytest.raises(KafkaError):
        await producer.send_and_wait(name, b"anything")
    known = await admin.list_topics()

    assert name not in known
    await producer.stop()
    await admin.close()
