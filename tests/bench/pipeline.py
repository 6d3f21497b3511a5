"""The whole pipeline beside the bare store, what each service spends on a badge, and how long a badge takes.

Two cores carry broker, store and all services, so e-mails are held back while documents are counted (the mail server is
away, as it may be) and go out between the rounds; what they cost is in the CPU figures.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import psutil

from shared.contracts import documents
from shared.runtime.kafka import producer
from shared.runtime.mongo import Database
from tests.bench.rounds import ROUNDS, Line, at_least, at_most, figure
from tests.stack import SERVICES, Stack, running
from tests.survivors import completions, write_catalogue

BADGES = 2_000
GOAL = 0.4
HEADERS = [("content-type", b"application/cloudevents+json")]
P50_GOAL, P99_GOAL = 1.0, 5.0
LATENCY_SECONDS = 15
STORED = (
    documents.LEARNERS,
    documents.ACTIVITIES,
    documents.AWARDS,
    documents.CREDENTIALS,
    documents.DELIVERIES,
)


def report() -> list[Line]:
    """Starts a stack, then interleaves bare inserts with floods of events; at last sends at half of that rate."""
    with tempfile.TemporaryDirectory(prefix="laurel-bench-") as name:
        return asyncio.run(_measure(Path(name)))


async def _measure(folder: Path) -> list[Line]:
    """Two stacks: one that never mails, for the rates; one that does, for CPU and latency."""
    bare: list[float] = []
    piped: list[float] = []
    catalogue = write_catalogue(folder / "catalogue")
    async with running(folder / "rates", catalogue, env={"LAUREL_SMTP_PORT": "1"}) as stack:
        await _flood(stack, "warm", 200)
        samples = await _samples(stack.database)
        for number in range(ROUNDS):
            bare.append(await _bare(stack.database, samples))
            piped.append(await _flood(stack, f"round-{number}", BADGES))
        assert await stack.database[documents.DELIVERIES].count_documents({}) == 200 + ROUNDS * BADGES
    async with running(folder / "mails", catalogue) as stack:
        await _flood(stack, "warm", 100)
        await stack.settled()
        before = _cpu(stack)
        await _flood(stack, "cpu", BADGES)
        await stack.settled(patience=120)
        cpu = {each: (spent - before[each]) / BADGES * 1e6 for each, spent in _cpu(stack).items()}
        events_a_second = statistics.median(piped) / len(STORED) / 2
        latencies = await _latencies(stack, events_a_second)
    return [*_rates(bare, piped, cpu), *_latency_lines(latencies, events_a_second)]


def _rates(bare: list[float], piped: list[float], cpu: Mapping[str, float]) -> list[Line]:
    rate, ceiling = statistics.median(piped), statistics.median(bare)
    detail = f"{rate:,.0f} of {ceiling:,.0f} documents/s"
    spent = [figure(f"CPU a badge, {each}", cpu[each], "µs") for each in (*SERVICES, "store")]
    return [at_least("documents/s the pipeline stores ÷ bare insert_many", rate / ceiling, GOAL, detail), *spent]


def _latency_lines(seconds: list[float], rate: float) -> list[Line]:
    hundredths = statistics.quantiles(seconds, n=100)
    detail = f"at {rate:,.0f} events/s"
    return [
        at_most("event → readable, p50", hundredths[49], "s", P50_GOAL, detail),
        at_most("event → readable, p99", hundredths[98], "s", P99_GOAL, detail),
    ]


async def _flood(stack: Stack, prefix: str, count: int) -> float:
    """Sends as fast as it can; documents stored a second, until the last is."""
    before = await _told(stack)
    records = [(line["key"].encode(), orjson.dumps(line["value"])) for line in completions(count, prefix)]
    client = producer(stack.settings)
    await client.start()
    began = time.monotonic()
    await asyncio.gather(*[await client.send("lms.chaos", value, key, headers=HEADERS) for key, value in records])
    while await _told(stack) < before + count:
        await asyncio.sleep(0.1)
    rate = count * len(STORED) / (time.monotonic() - began)
    await client.stop()
    return rate


async def _told(stack: Stack) -> int:
    """How many badges have come all the way: asked of the last service, because counting documents costs the store."""
    for line in (await stack.metrics("notifier")).splitlines():
        if line.startswith('laurel_batch_records_sum{topic="credential.issued.v1"}'):
            return int(float(line.rsplit(" ", 1)[1]))
    return 0


async def _samples(database: Database) -> list[dict[str, Any]]:
    """A document of each kind, as the pipeline stores it."""
    found = [await database[each].find_one({}) for each in STORED]
    return [each for each in found if each is not None]


async def _bare(database: Database, samples: list[dict[str, Any]]) -> float:
    """Documents of those sizes, a thousand at a time, into a collection with no index of its own."""
    documents_ = [{**sample, "_id": str(uuid4())} for sample in samples for _ in range(BADGES)]
    began = time.monotonic()
    for start in range(0, len(documents_), 1000):
        await database.bare.insert_many(documents_[start : start + 1000], ordered=False)
    rate = len(documents_) / (time.monotonic() - began)
    await database.bare.drop()
    return rate


def _cpu(stack: Stack) -> Mapping[str, float]:
    pids = {name: stack.supervisor.child(name).pid for name in SERVICES}
    pids["store"] = next(each.child.pid for each in stack.supervisor.servers if each.child.name == "store")
    return {name: sum(psutil.Process(pid).cpu_times()[:2]) for name, pid in pids.items()}


async def _latencies(stack: Stack, events_a_second: float) -> list[float]:
    """From acceptance at intake to stored and announced, as the registry's documents say."""
    for second in range(LATENCY_SECONDS):
        began = time.monotonic()
        await stack.send(completions(max(1, int(events_a_second)), f"steady-{second}"))
        await asyncio.sleep(max(0.0, 1 - (time.monotonic() - began)))
    await stack.settled(patience=120)
    found: list[float] = []
    query = {"learner": {"$in": await _steady_learners(stack.database)}}
    async for each in stack.database[documents.CREDENTIALS].find(query, {"received_at": 1, "announced_at": 1}):
        received, announced = each["received_at"], each["announced_at"]
        assert isinstance(received, datetime)
        assert isinstance(announced, datetime)
        found.append((announced - received).total_seconds())
    return found


async def _steady_learners(database: Database) -> list[str]:
    query = {"external_id": {"$regex": "^steady-"}}
    return [each["_id"] async for each in database[documents.LEARNERS].find(query, {"_id": 1})]
