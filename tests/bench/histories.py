"""The evaluator over its store: learners who did much beside learners who did little, and many learners beside few."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from services.devstack.servers import Store
from services.evaluator import award_store, store
from services.evaluator.arriving import document_of
from services.evaluator.award_store import MongoAwards
from services.evaluator.store import MongoActivities
from tests.bench.rounds import Line, at_least
from tests.unit.evaluator.world import World, catalogue, deliver, did, live

LITTLE, MUCH = 20, 2_000
FEW, MANY = 1_000, int(os.environ.get("LAUREL_BENCH_LEARNERS", "1000000"))
"""stored learners; filling the store with a million takes minutes"""
BATCH = 40
ROUNDS = 7
LEARNER_GOAL, STORED_GOAL = 0.5, 0.8
CHUNK = 5_000


def report() -> list[Line]:
    """Throughput by history, and the evaluator's own CPU by the number of learners that are stored."""
    with tempfile.TemporaryDirectory() as folder:
        server = Store.start(Path(folder))
        try:
            return asyncio.run(_report(server))
        finally:
            server.stop()


async def _report(server: Store) -> list[Line]:
    client: Any = AsyncIOMotorClient(server.uri, tz_aware=True, w="majority")
    sizes = {"little": (BATCH, LITTLE), "much": (BATCH, MUCH), "few": (FEW, 1), "many": (MANY, 1)}
    contestants = {name: Contestant(await _filled(client[name], *size)) for name, size in sizes.items()}
    try:
        seconds = await _medians({name: contestants[name] for name in ("little", "much")})
        cpu = await _medians({name: contestants[name] for name in ("few", "many")}, own=True)
    finally:
        client.close()
    each = {name: found / BATCH * 1e3 for name, found in (seconds | cpu).items()}
    return [
        at_least(
            f"learners with {MUCH:,} past activities ÷ with {LITTLE}",
            seconds["little"] / seconds["much"],
            LEARNER_GOAL,
            f"{each['little']:.2f} ms and {each['much']:.2f} ms an activity, the store's time with it",
        ),
        at_least(
            f"{MANY:,} stored learners ÷ {FEW:,}",
            cpu["few"] / cpu["many"],
            STORED_GOAL,
            f"{each['few']:.2f} ms and {each['many']:.2f} ms of the evaluator's CPU an activity",
        ),
    ]


class Contestant:
    """Batches of one activity each of some learners, ever new ones."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rounds = 0

    async def measure(self, *, own: bool) -> float:
        """Seconds for a batch: of this process' CPU, or all of them."""
        self._rounds += 1
        batch = [did(f"new-{self._rounds}-{each}", "X", learner=_name(each)) for each in range(BATCH)]
        now = time.process_time if own else time.perf_counter
        begun = now()
        await self._world.receive(*batch)
        return now() - begun


async def _medians(contestants: dict[str, Contestant], *, own: bool = False) -> dict[str, float]:
    measured: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(ROUNDS + 1):
        for name, each in contestants.items():
            measured[name].append(await each.measure(own=own))
    return {name: statistics.median(found[1:]) for name, found in measured.items()}


async def _filled(database: Any, learners: int, past: int) -> World:
    """Each learner did that much, all of it of concern to a rule, and little of it to the one that is touched later."""
    rules = catalogue(
        live("touched", {"all": [{"completed": {"course": "X"}}, {"completed": {"course": "never"}}]}),
        live("others", {"count": {"of": {"completed": {"course": "PAST-*"}}, "at_least": 1_000_000}}),
    )
    await store.create_indexes(database)
    await award_store.create_indexes(database)
    world = World(rules, MongoActivities(database), MongoAwards(database))
    compiled = await world.live()
    for documents in _chunks(_past(learners, past, compiled)):
        await database.activities.insert_many(documents, ordered=False)
    await world.tagged.look(compiled)
    return world


def _past(learners: int, past: int, compiled: Any) -> Iterator[dict[str, Any]]:
    for learner in range(learners):
        activities = [did(f"{learner}-{each}", f"PAST-{each}", learner=_name(learner)) for each in range(past)]
        for delivered in deliver(activities):
            yield document_of(delivered, delivered.activity.learner, compiled)


def _chunks(documents: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for each in documents:
        chunk.append(each)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _name(learner: int) -> str:
    return f"{learner:08x}"
