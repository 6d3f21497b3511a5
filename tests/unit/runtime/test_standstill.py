"""What counts as standing still: work that doesn't get done, and neither idleness nor offsets that hold no record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition
from prometheus_client import CollectorRegistry

from shared.errors import Unavailable
from shared.runtime.consumer import Consumer
from shared.runtime.health import Health
from shared.runtime.metrics import RuntimeMetrics
from shared.runtime.positions import Positions
from shared.runtime.postponements import Postponements
from shared.runtime.routes import Route
from shared.runtime.settings import Settings
from tests.unit.runtime.world import TOPIC, Thing, echo

ONE = TopicPartition(TOPIC, 0)


class Fetched:
    """A consumer that has read up to `position` of `end`."""

    def __init__(self, position: int, end: int) -> None:
        self._position = position
        self._end = end

    def assignment(self) -> set[TopicPartition]:
        return {ONE}

    def highwater(self, _: TopicPartition) -> int:
        return self._end

    async def position(self, _: TopicPartition) -> int:
        return self._position


def positions(client: Any) -> Positions:
    nobody_waits = Postponements(longest=10, clock=lambda: 0.0, on_change=lambda *_: None)
    found = Positions("test", lambda: client, RuntimeMetrics(CollectorRegistry(), "test"), nobody_waits)
    found.handled[ONE] = 7
    return found


async def test_the_marker_of_a_transaction_is_no_lag_once_everything_before_it_is_done() -> None:
    at_the_end = positions(Fetched(position=8, end=8))

    assert await at_the_end.lag(idle=True) == {ONE: 0}


async def test_what_was_fetched_and_is_in_hand_is_lag() -> None:
    in_hand = positions(Fetched(position=8, end=8))

    assert await in_hand.lag(idle=False) == {ONE: 1}


async def test_what_was_not_read_yet_is_lag() -> None:
    behind = positions(Fetched(position=7, end=10))

    assert await behind.lag(idle=True) == {ONE: 3}


@pytest.fixture
def consumer(tmp_path: Path) -> Consumer:
    metrics: Any = RuntimeMetrics(CollectorRegistry(), "test")
    unused: Any = None
    return Consumer(
        "test",
        Settings(state_dir=tmp_path, stuck_after_seconds=120),
        routes={TOPIC: Route(echo, Thing, lambda record: record.topic)},
        pattern=None,
        publisher=unused,
        dead_letters=unused,
        breakers=unused,
        metrics=metrics,
        stopping=asyncio.Event(),
    )


async def test_a_consumer_that_had_nothing_to_do_for_hours_is_not_stuck_when_a_batch_comes(consumer: Consumer) -> None:
    consumer.stage.progressed_at = time.monotonic() - 3600
    await consumer.tick()

    consumer.stage.busy = True

    assert not consumer.is_stuck()


async def test_a_consumer_that_has_had_a_batch_in_hand_for_too_long_is_stuck(consumer: Consumer) -> None:
    consumer.stage.progressed_at = time.monotonic() - 3600
    consumer.stage.busy = True
    await consumer.tick()

    assert consumer.is_stuck()


async def _unavailable() -> None:
    raise Unavailable("mongodb")


async def _broken() -> None:
    raise ZeroDivisionError("ada@example.edu")


@pytest.mark.parametrize("check", [_unavailable, _broken])
async def test_a_check_that_fails_in_whatever_way_makes_a_service_unready_and_never_ends_it(
    check: Callable[[], Any],
) -> None:
    health = Health(RuntimeMetrics(CollectorRegistry(), "test"), lambda: False)
    health.requires("thing", check)

    watching = asyncio.create_task(health.watch())
    while "start" in health.missing:
        await asyncio.sleep(0)

    assert not watching.done()
    assert "ada" not in health.missing["thing"]
    watching.cancel()
