"""What a source compresses arrives, whichever codec it chose."""

from __future__ import annotations

import os
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif("LAUREL_TEST_KAFKA" not in os.environ, reason="run by make test-kafka"),
]


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_compressed_topics_are_read(codec: str) -> None:
    kafka, topic = os.environ["LAUREL_TEST_KAFKA"], f"compressed-{codec}-{uuid4().hex}"
    value = b'{"verb": "completed"}' * 500
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])

    async with AIOKafkaProducer(bootstrap_servers=kafka, compression_type=codec) as producer:
        await producer.send_and_wait(topic, value)
    async with AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
        received = await consumer.getone()

    assert received.value == value
    await admin.delete_topics([topic])
    await admin.close()
