"""Dead letters as an operator sees them: each original record once, however often it was written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from services.ctl.topics import WEBHOOK_DEAD_LETTERS
from shared.errors import LaurelError, Unavailable
from shared.runtime.dead_letters import ATTEMPT, ERROR_CODE, OURS
from shared.runtime.kafka import MAX_REQUEST_BYTES, connection
from shared.runtime.settings import Settings

SUFFIX = ".dlq"
_ORIGINAL = "kafka_dlt-original-"


class NoSuchDeadLetter(LaurelError):
    """No dead letter has this id."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record that could not succeed, byte for byte, with what is known about why."""

    topic: str
    partition: int
    offset: int
    group: str
    error_code: str
    message: str
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    """the original's; the attempts made so far among them"""
    attempts: int
    written: int = 1
    """how often this group wrote it: a crash between writing and committing writes it again"""

    @property
    def id(self) -> str:
        """`topic/partition/offset` of the original; a webhook's is `webhook/0/` and its own offset."""
        return f"{self.topic}/{self.partition}/{self.offset}"


def read(topic: str, partition: int, offset: int, record: Any) -> DeadLetter:
    """A record of a dead-letter topic, told by its headers; `topic` and so on are where it lies."""
    told = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    is_webhook = topic == WEBHOOK_DEAD_LETTERS
    kept = tuple((name, value) for name, value in record.headers if name == ATTEMPT or not name.startswith(OURS))
    return DeadLetter(
        topic=told.get(_ORIGINAL + "topic", topic.removesuffix(SUFFIX)),
        # a delivery was no record before it was refused: its place is that of its dead letter
        partition=0 if is_webhook else _number(told, _ORIGINAL + "partition", partition),
        offset=offset if is_webhook else _number(told, _ORIGINAL + "offset", offset),
        group=told.get(_ORIGINAL + "consumer-group", "unknown"),
        error_code=told.get(ERROR_CODE, "unknown"),
        message=told.get("kafka_dlt-exception-message", ""),
        timestamp_ms=_number(told, _ORIGINAL + "timestamp", record.timestamp),
        key=record.key,
        value=record.value,
        headers=kept,
        attempts=_number(told, ATTEMPT, 1),
    )


def distinct(letters: Iterable[DeadLetter]) -> list[DeadLetter]:
    """Each (topic, partition, offset, group) once, the last word counting, in order."""
    found: dict[tuple[str, int, int, str], DeadLetter] = {}
    for each in letters:
        place = (each.topic, each.partition, each.offset, each.group)
        times = found[place].written + 1 if place in found else 1
        found[place] = DeadLetter(
            **{name: getattr(each, name) for name in each.__slots__ if name != "written"}, written=times
        )
    return [found[place] for place in sorted(found)]


async def all_of(settings: Settings) -> list[DeadLetter]:
    """Every dead letter of every group, each original record once. Raises Unavailable."""
    return distinct([each async for each in _everything(settings)])


async def named(settings: Settings, ids: Iterable[str]) -> list[DeadLetter]:
    """Those with these ids. Raises NoSuchDeadLetter for one that isn't there, Unavailable."""
    asked = list(ids)
    found = [each for each in await all_of(settings) if each.id in asked]
    missing = [id_ for id_ in asked if id_ not in {each.id for each in found}]
    if missing:
        msg = f"no dead letter {', '.join(missing)}: `laurel dlq list` names them all"
        raise NoSuchDeadLetter(msg)
    return found


async def replay(letters: Iterable[DeadLetter], client: AIOKafkaProducer) -> int:
    """Gives each original record, byte for byte, back to the topic that it came from; a record once, though several
    groups refused it. Whoever had no trouble with it takes it for the repeat that it is. Raises Unavailable.
    """
    originals = {each.id: each for each in letters}
    try:
        for each in originals.values():
            # aiokafka sends no record that has neither key nor value
            key = b"" if each.key is None and each.value is None else each.key
            await client.send_and_wait(each.topic, value=each.value, key=key, headers=list(each.headers))
    except KafkaError as error:
        raise Unavailable("kafka") from error
    return len(originals)


async def _everything(settings: Settings) -> AsyncIterator[DeadLetter]:
    consumer = AIOKafkaConsumer(
        **connection(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=50,
        max_partition_fetch_bytes=MAX_REQUEST_BYTES,
    )
    try:
        await consumer.start()
        left = await _places(settings)
        if not left:
            return
        consumer.assign(list(left))
        await consumer.seek_to_beginning()
        while left:
            batches = await consumer.getmany(timeout_ms=100)
            for partition, records in batches.items():
                for record in records:
                    yield read(partition.topic, partition.partition, record.offset, record)
            left = {each for each in left if not await _at_end(consumer, each)}
    except (KafkaError, OSError) as error:
        raise Unavailable("kafka") from error
    finally:
        await consumer.stop()


async def _places(settings: Settings) -> set[TopicPartition]:
    """Every partition of dead letters; a consumer that reads nothing yet is told of none by Apache Kafka."""
    admin = AIOKafkaAdminClient(**connection(settings))
    try:
        await admin.start()
        names = [name for name in await admin.list_topics() if name.endswith(SUFFIX)]
        described = await admin.describe_topics(names) if names else []
    finally:
        await admin.close()
    return {TopicPartition(each["topic"], part["partition"]) for each in described for part in each["partitions"]}


async def _at_end(consumer: AIOKafkaConsumer, partition: TopicPartition) -> bool:
    """By the high watermark that fetching tells: the embedded broker's list of end offsets counts batches."""
    end = consumer.highwater(partition)
    return end is not None and await consumer.position(partition) >= end


def _number(told: dict[str, str], name: str, otherwise: int) -> int:
    try:
        return int(told[name])
    except (KeyError, ValueError):
        return otherwise
