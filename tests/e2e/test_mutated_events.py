"""A hundred thousand events that somebody broke: each is answered, counted once and explained, and nothing grows."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psutil
import pytest
import pytest_asyncio

from services.ctl.dead_letters import DeadLetter
from shared.runtime.kafka import producer
from tests.e2e.any_lms_tables import TABLES, body_of, headers_of, write_catalogue
from tests.e2e.mutations import mutated
from tests.stack import Stack, running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]

EVENTS = 100_000
PART = EVENTS // 6
ALLOWED_GROWTH = 30 * 2**20
"""bytes of memory, once the same events come again: the fullest batches of them have been in hand, and what leaks is
added to it; the bodies of one part alone are 75 MB"""
A_PLACE = re.compile(
    r"(char|byte|line) \d+|larger than \d+ bytes|[\w.\[\]/<>@-]+: |the event's time|no (mapping|dialect)"
)
FOREVER = {"LAUREL_BREAKER_REFUSALS": "1000000"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("mutated")
    async with running(folder / "stack", write_catalogue(folder), env=FOREVER, services=("intake",)) as stack:
        yield stack


async def test_broken_events_are_refused_by_name_counted_once_and_leave_nothing_behind(stack: Stack) -> None:
    intake = psutil.Process(stack.supervisor.child("intake").pid)

    await _send(stack, EVENTS - 2 * PART, seed=1)
    await _send(stack, PART, seed=2)
    await _send(stack, PART, seed=3)
    before = intake.memory_info().rss
    await _send(stack, PART, seed=2)
    await _send(stack, PART, seed=3)
    grown = intake.memory_info().rss - before

    letters = await stack.dead_letters()
    counted = await _counted(stack)
    assert stack.restarts == Counter()
    assert grown < ALLOWED_GROWTH
    assert counted["rejected"] == len(letters)
    assert sum(counted.values()) >= EVENTS
    assert [each for each in letters if each.error_code in {"unexpected", "deadly"}] == []
    assert [_said(each) for each in letters if not A_PLACE.search(each.message)] == []


async def _send(stack: Stack, count: int, seed: int) -> None:
    """Returns when intake has read them all."""
    chance = random.Random(seed)
    before = await _records(stack)
    client = producer(stack.settings)
    await client.start()
    waiting: list[Any] = []
    for topic, body, headers in _broken(count, chance):
        waiting.append(await client.send(topic, body, headers=headers))
        if len(waiting) == 1000:
            await asyncio.gather(*waiting)
            waiting.clear()
    await asyncio.gather(*waiting)
    await client.stop()
    while await _records(stack) < before + count:
        await asyncio.sleep(0.5)


def _broken(count: int, chance: random.Random) -> Iterator[tuple[str, bytes, list[tuple[str, bytes]]]]:
    whole = [
        (table["source"]["topic"], body_of(event), headers_of(event))
        for table in TABLES.values()
        for event in table["events"]
        if "topic" in table["source"]
    ]
    for _ in range(count):
        topic, body, headers = chance.choice(whole)
        if chance.random() < 0.05 and headers:
            name, value = headers[chance.randrange(len(headers))]
            headers = [*(each for each in headers if each[0] != name), (name, mutated(value, chance))]
        yield topic, mutated(body, chance), headers


async def _records(stack: Stack) -> int:
    """How many records intake is through with."""
    lines = (await stack.metrics("intake")).splitlines()
    return sum(int(float(each.rsplit(" ", 1)[1])) for each in lines if each.startswith("laurel_batch_records_sum"))


async def _counted(stack: Stack) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in (await stack.metrics("intake")).splitlines():
        if line.startswith("laurel_events_received_total{"):
            [outcome] = re.findall(r'outcome="(\w+)"', line)
            found[outcome] += int(float(line.rsplit(" ", 1)[1]))
    return found


def _said(letter: DeadLetter) -> str:
    return f"{letter.error_code}: {letter.message}"
