"""Which topics a deployment needs, and making those that are missing. Nothing else ever creates one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from services.ctl.settings import CtlSettings
from shared.contracts import topics
from shared.errors import LaurelError, Unavailable
from shared.runtime.kafka import connection

INTAKE = "intake"
ALREADY_EXISTS = 36
VISIBLE_TRIES = 100
VISIBLE_SECONDS = 0.1
WEBHOOK_DEAD_LETTERS = topics.dead_letters(topics.WEBHOOK, INTAKE)


class TopicsNotMade(LaurelError):
    """The broker refused to create a topic."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A topic as it is to be made."""

    name: str
    partitions: int
    config: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is there, what is missing, and what is there with other partitions than wanted (left as it is)."""

    missing: tuple[Wanted, ...]
    present: tuple[str, ...]
    different: tuple[tuple[str, int, int], ...]
    """name, partitions that are, partitions wanted"""


def wanted(source_topics: Iterable[str], partitions: int) -> Iterator[Wanted]:
    """Laurel's own topics, the sources', and the dead letters of every consumer group of each."""
    large = {"max.message.bytes": str(topics.SOURCE_MAX_BYTES)}
    larger = {"max.message.bytes": str(topics.DEAD_LETTER_MAX_BYTES)}
    for topic in topics.ALL:
        yield Wanted(topic.name, partitions, large)
        for group in topic.consumers:
            yield Wanted(topics.dead_letters(topic.name, group), partitions, larger)
    for name in dict.fromkeys([*source_topics, topics.WEBHOOK]):
        yield Wanted(name, partitions, large)
        # a refused delivery is known by its place among the webhook's dead letters: one partition, one numbering
        own = 1 if name == topics.WEBHOOK else partitions
        yield Wanted(topics.dead_letters(name, INTAKE), own, larger)


def compare(want: Iterable[Wanted], there: dict[str, int]) -> Plan:
    """`there` maps each existing topic to its number of partitions."""
    every = tuple(want)
    return Plan(
        missing=tuple(each for each in every if each.name not in there),
        present=tuple(each.name for each in every if each.name in there),
        different=tuple(
            (each.name, there[each.name], each.partitions)
            for each in every
            if each.name in there and there[each.name] != each.partitions
        ),
    )


@asynccontextmanager
async def admin(settings: CtlSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A connected admin client. Raises Unavailable."""
    client = AIOKafkaAdminClient(**connection(settings))
    try:
        await client.start()
        yield client
    except (KafkaError, OSError) as error:
        raise Unavailable(f"kafka at {settings.kafka}") from error
    finally:
        await client.close()


async def plan(settings: CtlSettings, source_topics: Iterable[str]) -> Plan:
    """What is missing on this cluster. Raises Unavailable."""
    async with admin(settings) as client:
        return compare(wanted(source_topics, settings.topic_partitions), await _there(client))


async def apply(settings: CtlSettings, source_topics: Iterable[str]) -> Plan:
    """Creates what is missing, and returns what was. Raises Unavailable or TopicsNotMade; may be repeated."""
    async with admin(settings) as client:
        found = compare(wanted(source_topics, settings.topic_partitions), await _there(client))
        if found.missing:
            answer = await client.create_topics(
                [
                    NewTopic(each.name, each.partitions, settings.topic_replication, topic_configs=each.config)
                    for each in found.missing
                ],
                timeout_ms=30_000,
            )
            _check(answer)
            await _visible(client, {each.name for each in found.missing})
    return found


async def _visible(client: AIOKafkaAdminClient, names: set[str]) -> None:
    """A cluster acknowledges new topics a moment before every broker knows them."""
    for _ in range(VISIBLE_TRIES):
        if names <= (await _there(client)).keys():
            return
        await asyncio.sleep(VISIBLE_SECONDS)
    msg = "the broker took new topics, but does not list them"
    raise TopicsNotMade(msg)


async def _there(client: AIOKafkaAdminClient) -> dict[str, int]:
    names = [name for name in await client.list_topics() if not name.startswith("__")]
    described = await client.describe_topics(names) if names else []
    return {each["topic"]: len(each["partitions"]) for each in described}


def _check(answer: Any) -> None:
    refused = [
        f"{name}: {rest[0] if rest and rest[0] else f'error {code}'}"
        for name, code, *rest in answer.topic_errors
        if code not in (0, ALREADY_EXISTS)
    ]
    if refused:
        msg = "the broker did not create " + "; ".join(refused)
        raise TopicsNotMade(msg)
