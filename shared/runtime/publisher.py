"""Publishing: everything a batch has to say at once, and back only when all of it is acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.contracts import topics
from shared.contracts.events import Event
from shared.errors import Rejected, Unavailable
from shared.runtime.failures import meaning
from shared.runtime.kafka import producer
from shared.runtime.settings import Settings

Header = tuple[str, bytes]


class Publisher:
    """One raw producer a process: FastStream's own can't send binary or repeated headers, or no key."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connects. Raises Unavailable."""
        if self._producer is not None:
            return
        client = producer(self._settings)
        try:
            await client.start()
        except (KafkaError, OSError) as error:
            await client.stop()
            raise Unavailable("kafka") from error
        self._producer = client

    async def stop(self) -> None:
        """Sends what waits, then closes."""
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None

    async def publish(self, events: Iterable[Event]) -> None:
        """Sends each event to its topic under its key; returns when all are acknowledged.

        Raises Unavailable, or Rejected for an event that Kafka will never take; others may have been sent.
        """
        waiting = []
        for event in events:
            topic = topics.OF[type(event)]
            waiting.append((topic.name, topic.key(event).encode(), event.model_dump_json().encode(), ()))
        await self.send(waiting)

    async def send(self, records: Sequence[tuple[str, bytes | None, bytes | None, Sequence[Header]]]) -> None:
        """Sends records (topic, key, value, headers) as they are. Raises as `publish` does."""
        if not records:
            return
        client = self._client()
        try:
            acknowledgements = [
                await client.send(topic, value=value, key=key, headers=list(headers))
                for topic, key, value, headers in records
            ]
            outcomes = await asyncio.gather(*acknowledgements, return_exceptions=True)
        except (KafkaError, OSError) as error:
            raise _ours(error) from error
        failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if failed:
            worst = next((each for each in failed if isinstance(_ours(each), Unavailable)), failed[0])
            raise _ours(worst) from worst

    async def ping(self) -> None:
        """Asks the cluster for its metadata. Raises Unavailable."""
        try:
            async with asyncio.timeout(2):
                await self._client().client.fetch_all_metadata()
        except (KafkaError, OSError, TimeoutError) as error:
            raise Unavailable("kafka") from error

    async def topics(self) -> set[str]:
        """The names of all topics that exist. Raises Unavailable."""
        try:
            metadata = await self._client().client.fetch_all_metadata()
        except (KafkaError, OSError) as error:
            raise Unavailable("kafka") from error
        return set(metadata.topics())

    def _client(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise Unavailable("kafka")
        return self._producer


def _ours(error: BaseException) -> Rejected | Unavailable:
    ours = meaning(error)
    return ours if isinstance(ours, Rejected | Unavailable) else Unavailable("kafka")
