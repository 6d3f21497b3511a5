"""When everything that was sent has been worked through: no lag, nothing pending, twice in a row."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from shared.contracts import topics
from shared.contracts.documents import (
    ACTIVITIES,
    AWARDS,
    CREDENTIALS,
    DELIVERIES,
    STATUS_LISTS,
    AwardState,
    DeliveryState,
)
from shared.errors import LaurelError, Unavailable
from shared.runtime.kafka import connection
from shared.runtime.mongo import Database, translated
from shared.runtime.settings import Settings

INTAKE = "intake"
POLL_SECONDS = 0.25
PAUSE = 3
"""times as long as a look took: looking must not slow down what it waits for"""
FETCH_WAIT_MS = 20
ENDS_SECONDS = 5


class NotSettled(LaurelError):
    """Nothing moved for too long, and something is still pending; the message says what."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What is still under way. All zero means: settled, unless something moved meanwhile."""

    lag: int = 0
    awards_due: int = 0
    """due awards without a credential; one that waits for an address is not pending"""
    unannounced: int = 0
    deliveries: int = 0
    """e-mails queued or being sent; one that waits for an address is not pending"""
    lists: int = 0
    """status lists whose newest facts are not published"""
    end: int = 0
    """sum of all end offsets: tells movement, never pending itself"""

    done: int = 0
    """activities, credentials, announcements, e-mails and lists that are through"""

    @property
    def progress(self) -> tuple[int, int]:
        """Grows while anything gets done, or a backlog that nothing comes of gets shorter."""
        return self.done, -self.lag

    @property
    def nothing(self) -> bool:
        """Whether all of it is done."""
        return not any((self.lag, self.awards_due, self.unannounced, self.deliveries, self.lists))

    def __str__(self) -> str:
        words = {
            "records not yet consumed": self.lag,
            "awards without a credential": self.awards_due,
            "credentials not announced": self.unannounced,
            "e-mails not sent": self.deliveries,
            "status lists not published": self.lists,
        }
        return ", ".join(f"{count} {what}" for what, count in words.items() if count) or "nothing"

    def as_json(self) -> dict[str, int]:
        """For scripts."""
        return asdict(self)


class Watch:
    """Looks at broker and store; holds a connection while it is open."""

    def __init__(self, settings: Settings, database: Database, source_topics: Iterable[str]) -> None:
        self._database = database
        self._reads: dict[str, list[str]] = {INTAKE: [*source_topics, topics.WEBHOOK]}
        for topic in topics.ALL:
            for group in topic.consumers:
                self._reads.setdefault(group, []).append(topic.name)
        self._options = connection(settings)
        self._admin = AIOKafkaAdminClient(**self._options)

    async def __aenter__(self) -> Watch:
        try:
            await self._admin.start()
        except (KafkaError, OSError) as error:
            raise Unavailable("kafka") from error
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._admin.close()

    async def settled(self, patience: float = 60.0, tell: Callable[[Pending], None] = lambda pending: None) -> None:
        """Returns when nothing is pending in two looks, and nothing moved between them.

        Raises NotSettled when what is pending did not become less, nor more get done, for `patience` seconds.
        """
        before, moved_at, best = None, time.monotonic(), None
        while True:
            began = time.monotonic()
            now = await self._look()
            if now is not None:
                tell(now)
                if now.nothing and now == before:
                    return
                # whatever is refused over and over makes records without end, and gets nothing done
                if best is None or now.progress > best:
                    best, moved_at = now.progress, time.monotonic()
                before = now
            if time.monotonic() - moved_at > patience:
                msg = f"nothing moved for {patience:.0f} s; pending: {before or 'unknown'}"
                raise NotSettled(msg)
            await asyncio.sleep(max(POLL_SECONDS, PAUSE * (time.monotonic() - began)))

    async def _look(self) -> Pending | None:
        try:
            return await self.look()
        except Unavailable:
            return None  # an outage is not an answer

    async def look(self) -> Pending:
        """One look: the broker first, so that what leaves it meanwhile is seen in the store. Raises Unavailable."""
        lag, end = await self.lag()
        with translated("progress"):
            return Pending(lag=lag, end=end, **await self._in_store())

    async def lag(self) -> tuple[int, int]:
        """Records not yet committed by the group that reads them, and all ends added up. Raises Unavailable."""
        try:
            return await self._lag()
        except (KafkaError, OSError, TimeoutError) as error:
            raise Unavailable("kafka") from error

    async def _lag(self) -> tuple[int, int]:
        at: dict[TopicPartition, list[int]] = {}
        for group, names in self._reads.items():
            described = await self._admin.describe_topics(list(dict.fromkeys(names)))
            partitions = [
                TopicPartition(each["topic"], part["partition"]) for each in described for part in each["partitions"]
            ]
            committed = await self._admin.list_consumer_group_offsets(group, partitions=partitions)
            for partition in partitions:
                known = committed.get(partition)
                at.setdefault(partition, []).append(max(0, known.offset if known is not None else 0))
        ends = await self._ends({partition: min(offsets) for partition, offsets in at.items()})
        lag = sum(ends[partition] - offset for partition, offsets in at.items() for offset in offsets)
        return lag, sum(ends.values())

    async def _ends(self, positions: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """High watermarks as fetching tells them: the embedded broker's list of end offsets counts batches."""
        consumer = AIOKafkaConsumer(**self._options, fetch_max_wait_ms=FETCH_WAIT_MS, max_partition_fetch_bytes=1)
        try:
            await consumer.start()
            consumer.assign(list(positions))
            for partition, offset in positions.items():
                consumer.seek(partition, offset)
            async with asyncio.timeout(ENDS_SECONDS):
                while any(consumer.highwater(each) is None for each in positions):
                    await consumer.getmany(timeout_ms=FETCH_WAIT_MS)
            return {each: consumer.highwater(each) for each in positions}
        finally:
            await consumer.stop()

    async def _in_store(self) -> dict[str, int]:
        now = datetime.now(UTC)
        earned = {"state": AwardState.EARNED.value}
        # what waits for an address may wait for a day, and isn't under way
        nothing_missing = {"$or": [{"waits_for": None}, {"waits_until": {"$lte": now}}]}
        due = {"state": AwardState.PENDING.value, "due_at": {"$lte": now}, **nothing_missing}
        moving = {"state": {"$in": [DeliveryState.QUEUED.value, DeliveryState.SENDING.value]}}
        issued = await self._count(CREDENTIALS, {})
        lists: list[dict[str, Any]] = (
            await self._database[STATUS_LISTS].find({}, {"dirty": 1, "published": 1}).to_list(None)
        )
        unannounced = await self._count(CREDENTIALS, {"announced_at": None})
        activities = await self._database[ACTIVITIES].estimated_document_count()
        sent = await self._count(DELIVERIES, {"state": DeliveryState.SENT.value})
        return {
            "awards_due": max(0, await self._count(AWARDS, earned) - issued) + await self._count(AWARDS, due),
            "unannounced": unannounced,
            "deliveries": await self._count(DELIVERIES, moving),
            "lists": sum(each["published"] < each["dirty"] for each in lists),
            "done": activities + 2 * issued - unannounced + sent + sum(each["published"] for each in lists),
        }

    async def _count(self, collection: str, query: dict[str, Any]) -> int:
        counted: int = await self._database[collection].count_documents(query)
        return counted
