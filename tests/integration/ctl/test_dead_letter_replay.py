from __future__ import annotations

import secrets

import pytest
from aiokafka import AIOKafkaConsumer

from services.ctl import dead_letters
from services.ctl import topics as provisioning
from services.ctl.dead_letters import NoSuchDeadLetter
from services.ctl.settings import CtlSettings
from shared.errors import Rejected
from shared.runtime.dead_letters import headers_of
from shared.runtime.kafka import connection, producer
from shared.runtime.records import Record, Refusal


@pytest.fixture
def settings(kafka: str) -> CtlSettings:
    return CtlSettings(kafka=kafka, topic_partitions=3, topic_replication=1, kafka_idempotent=False)


@pytest.fixture
async def source(settings: CtlSettings) -> str:
    name = f"lms.test.{secrets.token_hex(4)}"
    await provisioning.apply(settings, [name])
    return name


async def refuse(settings: CtlSettings, *records: Record) -> None:
    client = producer(settings)
    await client.start()
    for each in records:
        headers = headers_of(Refusal(each, Rejected("no learner", code="invalid")), "intake")
        await client.send_and_wait(f"{each.topic}.intake.dlq", each.value, each.key, headers=headers)
    await client.stop()


def mine(found: list[dead_letters.DeadLetter], source: str) -> list[dead_letters.DeadLetter]:
    return [each for each in found if each.topic == source]


async def test_each_original_is_listed_once_though_written_twice(settings: CtlSettings, source: str) -> None:
    first, second = (Record(source, 1, offset, b"k", b"{", (), 0) for offset in (7, 8))

    await refuse(settings, first, second, first)

    found = mine(await dead_letters.all_of(settings), source)
    assert [(each.id, each.written) for each in found] == [(f"{source}/1/7", 2), (f"{source}/1/8", 1)]


async def test_many_dead_letters_are_all_read(settings: CtlSettings, source: str) -> None:
    await refuse(settings, *(Record(source, 0, offset, None, b"{", (), 0) for offset in range(250)))

    assert len(mine(await dead_letters.all_of(settings), source)) == 250


async def test_a_replay_is_the_original_byte_for_byte(settings: CtlSettings, source: str) -> None:
    original = Record(source, 0, 3, None, b"\xff\x00{", (("x", b"\xfe"), ("x", b"")), 0)
    await refuse(settings, original, original)

    client = producer(settings)
    await client.start()
    count = await dead_letters.replay(await dead_letters.named(settings, [f"{source}/0/3"]), client)
    await client.stop()

    consumer = AIOKafkaConsumer(source, **connection(settings), auto_offset_reset="earliest")
    await consumer.start()
    record = await consumer.getone()
    more = await consumer.getmany(timeout_ms=300)
    await consumer.stop()
    assert count == 1
    assert (record.key, record.value) == (None, original.value)
    assert record.headers == (*original.headers, ("laurel-attempt", b"1"))
    assert not more


async def test_an_id_that_is_not_there_is_told(settings: CtlSettings, source: str) -> None:
    with pytest.raises(NoSuchDeadLetter, match=f"{source}/0/99"):
        await dead_letters.named(settings, [f"{source}/0/99"])
