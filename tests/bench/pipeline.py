"""The whole pipeline beside the bare store, what each service spends on a badge, and how long a badge takes.

The bare store is given the very documents that the pipeline stored: into collections with the same indexes, which is
what storing them costs, and into one without any, which shows what indexes cost the embedded store. Two cores carry
broker, store and all services, so e-mails are held back while documents are counted (the mail server is away, as it may
be); what they cost is in the CPU figures.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil
from aiokafka import AIOKafkaProducer
from pymongo import IndexModel

from shared.contracts import documents
from shared.runtime.kafka import producer
from shared.runtime.mongo import Database
from tests.bench.rounds import ROUNDS, Line, at_least, at_most, figure
from tests.stack import SERVICES, Stack, running
from tests.survivors import completions, write_catalogue

BADGES = 5_000
"""a round: long enough that filling and draining six services hardly counts"""
MAILED = 2_000
GOAL = 0.4
TOPIC = "lms.chaos"
_TOLD = re.compile(r'^laurel_batch_records_sum\{topic="credential\.issued\.v1"\} (\S+)$', re.MULTILINE)
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


@dataclass(frozen=True, slots=True)
class Rates:
    """Documents a second, one a round."""

    piped: list[float] = field(default_factory=list)
    indexed: list[float] = field(default_factory=list)
    unindexed: list[float] = field(default_factory=list)


def report() -> list[Line]:
    """Starts a stack, then interleaves bare inserts with floods of events; at last sends at half of that rate."""
    with tempfile.TemporaryDirectory(prefix="laurel-bench-") as name:
        return asyncio.run(_measure(Path(name)))


async def _measure(folder: Path) -> list[Line]:
    """Two stacks: one that never mails, for the rates; one that does, for CPU and latency."""
    rates = Rates()
    catalogue = write_catalogue(folder / "catalogue")
    async with running(folder / "rates", catalogue, env={"LAUREL_SMTP_PORT": "1"}) as stack:
        await _flood(stack, "warm", BADGES)
        stored = {each: await stack.database[each].find({}).to_list(None) for each in STORED}
        for number in range(ROUNDS):
            rates.unindexed.append(await _bare(stack.database, stored, indexed=False))
            rates.indexed.append(await _bare(stack.database, stored, indexed=True))
            rates.piped.append(await _flood(stack, f"round-{number}", BADGES))
        assert await stack.database[documents.DELIVERIES].count_documents({}) == (1 + ROUNDS) * BADGES
    async with running(folder / "mails", catalogue) as stack:
        await _flood(stack, "warm", 100)
        await stack.settled()
        before = _cpu(stack)
        await _flood(stack, "cpu", MAILED)
        await stack.settled(patience=120)
        cpu = {each: (spent - before[each]) / MAILED * 1e6 for each, spent in _cpu(stack).items()}
        events_a_second = statistics.median(rates.piped) / len(STORED) / 2
        latencies = await _latencies(stack, events_a_second)
    spent = [figure(f"CPU a badge, {each}", cpu[each], "µs") for each in (*SERVICES, "store")]
    return [*_rate_lines(rates), *spent, *_latency_lines(latencies, events_a_second)]


def _rate_lines(rates: Rates) -> list[Line]:
    piped, indexed, unindexed = map(statistics.median, (rates.piped, rates.indexed, rates.unindexed))
    return [
        at_least(
            "documents/s the pipeline stores ÷ bare insert_many",
            *(piped / indexed, GOAL, f"{piped:,.0f} of {indexed:,.0f} documents/s, the same indexes"),
        ),
        figure("… ÷ bare insert_many without an index", piped / unindexed, "×", f"{unindexed:,.0f} documents/s"),
    ]


def _latency_lines(seconds: list[float], rate: float) -> list[Line]:
    hundredths = statistics.quantiles(seconds, n=100)
    detail = f"at {rate:,.0f} events/s"
    return [
        at_most("event → readable, p50", hundredths[49], "s", P50_GOAL, detail),
        at_most("event → readable, p99", hundredths[98], "s", P99_GOAL, detail),
    ]


async def _flood(stack: Stack, prefix: str, count: int) -> float:
    """Sends as fast as it can; documents stored a second, until the last is."""
    records = [(line["key"].encode(), orjson.dumps(line["value"])) for line in completions(count, prefix)]
    client = producer(stack.settings)
    await client.start()
    async with httpx.AsyncClient() as asking:
        before = await _told(asking, stack)
        began = time.monotonic()
        await asyncio.gather(*await _sent(client, records))
        while await _told(asking, stack) < before + count:
            await asyncio.sleep(0.1)
        rate = count * len(STORED) / (time.monotonic() - began)
    await client.stop()
    return rate


async def _sent(client: AIOKafkaProducer, records: Sequence[tuple[bytes, bytes]]) -> list[asyncio.Future[object]]:
    """In whole batches, because an LMS doesn't run on Laurel's two cores: what sending costs is none of its."""
    partitions = sorted(await client.partitions_for(TOPIC))
    waiting = []
    for number, partition in enumerate(partitions):
        batch = client.create_batch()
        for key, value in records[number :: len(partitions)]:
            if batch.append(key=key, value=value, timestamp=None, headers=HEADERS) is None:
                waiting.append(await client.send_batch(batch, TOPIC, partition=partition))
                batch = client.create_batch()
                batch.append(key=key, value=value, timestamp=None, headers=HEADERS)
        waiting.append(await client.send_batch(batch, TOPIC, partition=partition))
    return waiting


async def _told(client: httpx.AsyncClient, stack: Stack) -> int:
    """How many badges have come all the way: asked of the last service, because counting documents costs the store."""
    page = (await client.get(f"{stack.supervisor.addresses.url('notifier')}/metrics")).text
    found = _TOLD.search(page)
    return int(float(found[1])) if found else 0


async def _bare(database: Database, stored: Mapping[str, Sequence[dict[str, Any]]], *, indexed: bool) -> float:
    """Documents a second, a thousand at a time, into new collections; making and dropping those isn't measured."""
    seconds = 0.0
    for name, found in stored.items():
        bare: Any = database[f"bare_{name}"]
        if indexed:
            await bare.create_indexes(await _indexes(database, name))
        began = time.monotonic()
        for start in range(0, len(found), 1000):
            await bare.insert_many(found[start : start + 1000], ordered=False)
        seconds += time.monotonic() - began
        await bare.drop()
    return sum(map(len, stored.values())) / seconds


async def _indexes(database: Database, name: str) -> list[IndexModel]:
    """As Laurel made them."""
    found = await database[name].index_information()
    own = {index: dict(options) for index, options in found.items() if index != "_id_"}
    return [IndexModel(options.pop("key"), name=index, **options) for index, options in own.items()]


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
