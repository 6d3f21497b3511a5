from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer

from services.ctl import topics as provisioning
from services.ctl.events_file import Destination, Line
from services.ctl.sending import Sender
from services.ctl.settings import CtlSettings
from shared.catalogue.model import Source
from shared.runtime.kafka import connection


@pytest.fixture
def settings(kafka: str) -> CtlSettings:
    return CtlSettings(kafka=kafka, topic_partitions=3, topic_replication=1, kafka_idempotent=False)


@pytest.fixture
async def source(settings: CtlSettings) -> Source:
    name = f"lms.test.{secrets.token_hex(4)}"
    await provisioning.apply(settings, [name])
    return Source(name="bus", dialect="cloudevents", topic=name)


def lines(source: Source, keys: Iterable[bytes | None]) -> list[Line]:
    to = Destination("north", source)
    return [Line(number, to, key, str(number).encode(), (("n", b"\xff"),)) for number, key in enumerate(keys, start=1)]


async def read(settings: CtlSettings, topic: str, count: int) -> list[tuple[int, bytes | None, bytes]]:
    consumer = AIOKafkaConsumer(topic, **connection(settings), auto_offset_reset="earliest")
    await consumer.start()
    found = [await consumer.getone() for _ in range(count)]
    await consumer.stop()
    return [(record.partition, record.key, record.value) for record in found]


async def test_lines_without_a_key_keep_their_order_in_one_partition(settings: CtlSettings, source: Source) -> None:
    sent = await Sender(settings, None, {}).send(lines(source, [None] * 700))

    found = await read(settings, source.topic or "", 700)
    assert sent.lines == 700
    assert len({partition for partition, _, _ in found}) == 1
    assert [value for _, _, value in found] == [str(number).encode() for number in range(1, 701)]


async def test_lines_of_one_key_keep_their_order(settings: CtlSettings, source: Source) -> None:
    await Sender(settings, None, {}).send(lines(source, [b"a", b"b"] * 20))

    found = await read(settings, source.topic or "", 40)
    for key in (b"a", b"b"):
        values = [int(value) for _, key_, value in found if key_ == key]
        assert values == sorted(values)
        assert len({partition for partition, key_, _ in found if key_ == key}) == 1


async def test_what_no_topic_takes_is_told_and_the_rest_goes_on(settings: CtlSettings, source: Source) -> None:
    small = lines(source, [None, None])
    large = Line(3, small[0].to, None, b"x" * (9 * 1024 * 1024), ())

    sent = await Sender(settings, None, {}).send([small[0], large, small[1]])

    assert [(each.line.number, each.error_code) for each in sent.not_taken] == [(3, "too_large")]
    assert sent.lines == 3
    assert len(await read(settings, source.topic or "", 2)) == 2


async def test_progress_is_told_line_by_line(settings: CtlSettings, source: Source, tmp_path: Path) -> None:
    told: list[int] = []

    await Sender(settings, None, {}, on_line=lambda: told.append(1)).send(lines(source, [None] * 5))

    assert len(told) == 5
