"""`laurel import` beside a bare aiokafka producer that sends the same records; the import reads its file, too."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.ctl.history import History
from services.ctl.importing import Importer, Position, Target, attempt
from services.ctl.settings import CtlSettings
from services.devstack.servers import Broker
from shared.catalogue.model import Source
from tests.bench.rounds import Line, at_least, figure, medians

ROWS = 40_000
GOAL = 0.5
GATHERED = 2000
_NOW = datetime(2026, 11, 23, tzinfo=UTC)


def report() -> list[Line]:
    """Import ÷ bare produce, in rows a second; and what trying every row before takes."""
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker.start(Path(folder))
        try:
            settings = CtlSettings(kafka=broker.bootstrap, kafka_idempotent=False)
            history = _history(Path(folder) / "history.csv", ROWS)
            records = [row.value for row in history.rows()]
            found = medians(
                {
                    "bare": lambda: ROWS / asyncio.run(_bare(settings, records)),
                    "import": lambda: ROWS / asyncio.run(_import(settings, history, Path(folder))),
                }
            )
            tried = ROWS / _seconds(lambda: attempt(history, _target("none"), _NOW, lambda _place: None))
        finally:
            broker.stop()
    detail = f"bare {found['bare']:,.0f}, import {found['import']:,.0f} rows a second"
    return [
        at_least("laurel import ÷ bare aiokafka produce", found["import"] / found["bare"], GOAL, detail),
        figure("trying rows before they are sent", tried, "rows/s", "once, before the first is sent"),
    ]


def _history(path: Path, count: int) -> History:
    lines = ["learner,email,name,course,run,score,completed_at\n"]
    for number in range(count):
        learner, course = number % 5000, number % 97
        lines.append(
            f"{learner},learner{learner}@example.org,Learner {learner},EDS{course},EDS{course}-2025,"
            f"{number % 101}%,2025-{number % 12 + 1:02}-{number % 28 + 1:02}T12:00:00Z\n"
        )
    path.write_text("".join(lines))
    return History.open(path)


def _target(topic: str) -> Target:
    return Target("north", Source(name="history", dialect="rows", topic=topic), {})


async def _topic(settings: CtlSettings) -> str:
    """A fresh one, so that no round meets what another left."""
    name = f"lms.{secrets.token_hex(4)}"
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    await admin.start()
    await admin.create_topics([NewTopic(name, num_partitions=6, replication_factor=1)])
    await admin.close()
    return name


async def _bare(settings: CtlSettings, records: Sequence[bytes]) -> float:
    topic = await _topic(settings)
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, acks="all", linger_ms=5)
    await producer.start()
    began = time.perf_counter()
    for start in range(0, len(records), GATHERED):
        await asyncio.gather(
            *[
                await producer.send(topic, value, key=b"%08x" % (start + number))
                for number, value in enumerate(records[start : start + GATHERED])
            ]
        )
    seconds = time.perf_counter() - began
    await producer.stop()
    return seconds


async def _import(settings: CtlSettings, history: History, folder: Path) -> float:
    target = _target(await _topic(settings))
    began = time.perf_counter()
    position = Position.of(folder, history, target, settings.kafka)
    await Importer(settings, target).send(history.rows(), position.write)
    return time.perf_counter() - began


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
