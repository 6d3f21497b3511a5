"""A service: what it consumes, sweeps, requires and serves, wired by its `app.py` and run until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog
import uvloop
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from shared.contracts import topics
from shared.contracts.events import Event
from shared.errors import Unavailable
from shared.runtime import logs
from shared.runtime.breaker import Breakers
from shared.runtime.catalogue import LiveCatalogue
from shared.runtime.consumer import Consumer
from shared.runtime.dead_letters import DeadLetters
from shared.runtime.failures import cause
from shared.runtime.health import Check, Health
from shared.runtime.http import HttpServer
from shared.runtime.metrics import RuntimeMetrics
from shared.runtime.mongo import Database, connect, translated
from shared.runtime.publisher import Publisher
from shared.runtime.records import Record
from shared.runtime.routes import Handler, Route
from shared.runtime.settings import Settings
from shared.runtime.sweep import Job, every, until_available

logger = structlog.get_logger()

E = TypeVar("E", bound=Event)


class Service:
    """One process. Handlers see lists of events and return events; offsets, failures and clocks are here."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        pictures: bool = False,
        speaks_kafka: bool = True,
        database: Database | None = None,
    ) -> None:
        self.name = name
        self.settings = settings
        self.registry = CollectorRegistry()
        self.metrics = RuntimeMetrics(self.registry, name)
        self.database: Database = connect(settings) if database is None else database
        self.catalogue = LiveCatalogue(self.database, pictures=pictures)
        self.publisher = Publisher(settings)
        self.dead_letters = DeadLetters(name, self.publisher, self.metrics)
        self.breakers = Breakers(
            refusals=settings.breaker_refusals,
            retest_seconds=settings.breaker_retest_seconds,
            clock=time.monotonic,
            on_change=self._breaker_changed,
        )
        self.http = FastAPI(title=f"Laurel {name}", docs_url=None, redoc_url=None, openapi_url=None)
        self.stopping = asyncio.Event()
        self._routes: dict[str, Route] = {}
        self._pattern: tuple[str, Route] | None = None
        self._sweeps: list[tuple[float, Job, str]] = []
        self._on_start: list[Job] = []
        self._on_stop: list[Job] = []
        self._consumer: Consumer | None = None
        self.health = Health(self.metrics, self._is_stuck)
        self.health.requires("store", self._store_answers)
        self._speaks_kafka = speaks_kafka
        if speaks_kafka:
            self.health.requires("kafka", self.publisher.ping)
        self.health.routes(self.http, self.registry)

    def consumes(self, topic: topics.Topic[E], handler: Handler) -> None:
        """Events of a topic go to a handler, in batches, in the consumer group of this service's name."""
        self._routes[topic.name] = Route.typed(topic, handler)

    def consumes_pattern(self, pattern: str, handler: Handler, *, source_of: Callable[[Record], str]) -> None:
        """Raw records of every topic whose name matches, those created later too."""
        self._pattern = (pattern, Route(handler, None, source_of))

    def every(self, seconds: float, job: Job, *, name: str) -> None:
        """Runs a job again and again; what fails is tried again next time."""
        self._sweeps.append((seconds, job, name))

    def requires(self, name: str, check: Check) -> None:
        """Not ready while the check raises a LaurelError."""
        self.health.requires(name, check)

    def on_start(self, job: Job) -> None:
        """Runs before anything is consumed, again while Unavailable."""
        self._on_start.append(job)

    def on_stop(self, job: Job) -> None:
        """Runs after the last batch."""
        self._on_stop.append(job)

    async def publish(self, events: Iterable[Event]) -> None:
        """Publishes to the topics that the events belong to; returns when all are acknowledged. Raises Unavailable."""
        await self.publisher.publish(events)

    def run(self) -> None:
        """Runs until SIGTERM or SIGINT: stops reading, finishes the batch in hand, then leaves.

        A crash ends the process with 1 and a line in the log; never with a traceback, which may quote what was read.
        """
        logs.configure(self.name, self.settings.log_level)
        try:
            uvloop.run(self._until_told())
        except Exception as error:  # noqa: BLE001 - whatever it was, the log says where and whoever watches restarts us
            logger.critical("crashed", error=cause(error))
            raise SystemExit(1) from None

    async def _until_told(self) -> None:
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self.stopping.set)
        await self.serve()

    async def serve(self) -> None:
        """The life of the process, in the running loop, until `stopping` is set."""
        server = HttpServer(self.http, self.settings)
        await server.begin()
        life = asyncio.create_task(self._live())
        told = asyncio.create_task(self.stopping.wait())
        try:
            await asyncio.wait({life, told}, return_when=asyncio.FIRST_COMPLETED)
            if life.done():
                life.result()
        finally:
            self.health.not_ready("stopping")
            self.stopping.set()
            life.cancel()
            await asyncio.gather(life, told, return_exceptions=True)
            await self._stop()
            await server.end()

    async def _live(self) -> None:
        if self._speaks_kafka:
            await until_available(self.publisher.start, what="kafka")
            await until_available(self._topics_exist, what="topics")
        await until_available(self.catalogue.refresh, what="catalogue")
        for job in self._on_start:
            await until_available(job, what=self.name)
        if self._routes or self._pattern:
            self._consumer = self._make_consumer()
            self.health.requires("consumer", self._consumer.joined)
            await until_available(self._consumer.start, what="consumer")
            self.every(1, self._consumer.tick, name="consumer")
        tune_garbage_collector()
        logger.info("started")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.health.watch())
            poll = self.settings.catalogue_poll_seconds
            tasks.create_task(every(poll, self.catalogue.refresh, name="catalogue", metrics=self.metrics))
            for seconds, job, name in self._sweeps:
                tasks.create_task(every(seconds, job, name=name, metrics=self.metrics))

    async def _stop(self) -> None:
        if self._consumer is not None:
            await self._consumer.stop()
        for job in self._on_stop:
            await job()
        await self.publisher.stop()
        self.database.client.close()
        logger.info("stopped")

    def _make_consumer(self) -> Consumer:
        return Consumer(
            self.name,
            self.settings,
            routes=self._routes,
            pattern=self._pattern,
            publisher=self.publisher,
            dead_letters=self.dead_letters,
            breakers=self.breakers,
            metrics=self.metrics,
            stopping=self.stopping,
        )

    async def _topics_exist(self) -> None:
        """Waits for the topics of its own: whoever comes first must not create them with one partition."""
        missing = {topic.name for topic in topics.ALL} - await self.publisher.topics()
        if missing:
            raise Unavailable(f"topic {min(missing)} (create topics with `laurel topics apply`)")

    async def _store_answers(self) -> None:
        with translated("ping"):
            await self.database.command("ping")

    def _is_stuck(self) -> bool:
        return self._consumer is not None and self._consumer.is_stuck()

    def _breaker_changed(self, topic: str, source: str, is_open: bool) -> None:
        self.metrics.breaker_open.labels(topic, self.name, source).set(int(is_open))
        logger.warning("breaker", topic=topic, source=source, open=is_open)


def tune_garbage_collector() -> None:
    """What start-up made lives as long as the process; looking at it again costs two fifths of batch validation."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)
