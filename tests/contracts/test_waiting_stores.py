"""Aliases, the waiting room and sightings: what unit tests use, and MongoDB."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.intake.people import Alias
from services.intake.ports import Aliases, Parked, WaitingRoom
from services.intake.sightings import Sighting, SightingsStore
from services.intake.store import create_indexes
from services.intake.store_sightings import MongoSightings
from services.intake.store_waiting import MongoAliases, MongoWaitingRoom
from shared.contracts.documents import SightingOf
from shared.runtime.records import Record
from tests.unit.intake.memory import InMemoryAliases, InMemorySightings, InMemoryWaitingRoom

MONDAY = datetime(2026, 11, 23, 12, 0, 0, 917000, tzinfo=UTC)
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
BOTH = ["in memory", "MongoDB"]


@pytest.fixture(params=BOTH)
def aliases(request: pytest.FixtureRequest) -> Aliases:
    return InMemoryAliases() if request.param == BOTH[0] else MongoAliases(request.getfixturevalue("database"))


@pytest.fixture(params=BOTH)
def room(request: pytest.FixtureRequest) -> WaitingRoom:
    return InMemoryWaitingRoom() if request.param == BOTH[0] else MongoWaitingRoom(request.getfixturevalue("database"))


@pytest.fixture(params=BOTH)
def sightings(request: pytest.FixtureRequest) -> SightingsStore:
    return InMemorySightings() if request.param == BOTH[0] else MongoSightings(request.getfixturevalue("database"))


def alias(as_of: datetime, word: str, *, id_: str = "a39", kind: str = "email") -> Alias:
    return Alias(id_, "north", kind, word, as_of)


WORDS = [
    alias(MONDAY, "ada@monday.example"),
    alias(TUESDAY, "ada@tuesday.example"),
    alias(TUESDAY, "ada@another.example"),
    alias(WEDNESDAY, "S-1", kind="sis_id"),
]


async def test_an_alias_leads_to_what_was_said_of_it(aliases: Aliases) -> None:
    await aliases.learn([alias(MONDAY, "ada@example.org")])

    assert await aliases.find(["a39", "a40"]) == {"a39": {"email": "ada@example.org"}}
    assert await aliases.find([]) == {}


@pytest.mark.parametrize("order", list(itertools.permutations(range(len(WORDS)))), ids=str)
async def test_an_alias_leads_to_the_newest_word_in_any_order(aliases: Aliases, order: tuple[int, ...]) -> None:
    for each in order:
        await aliases.learn([WORDS[each]])

    assert await aliases.find(["a39"]) == {"a39": {"email": "ada@tuesday.example", "sis_id": "S-1"}}


async def test_an_alias_leads_to_the_newest_word_however_writers_race(aliases: Aliases) -> None:
    await asyncio.gather(*(aliases.learn([each]) for each in [*WORDS, *reversed(WORDS)]))

    assert await aliases.find(["a39"]) == {"a39": {"email": "ada@tuesday.example", "sis_id": "S-1"}}


def parked(id_: str, *waits_for: str, source: str = "north/lms", facts: Sequence[int] = (0,)) -> Parked:
    headers = (("ce_type", b"\xff"), ("ce_type", b"twice"))
    record = Record("lms.main", 3, 42, b"\x00key", b"\x00\xff{}", headers, 1_700_000_000_000)
    return Parked(id_, source, record, waits_for, tuple(facts), MONDAY)


async def test_what_waits_is_found_by_what_it_waits_for_byte_for_byte(room: WaitingRoom) -> None:
    one = parked("1", "a39", "a40")
    await room.park([one, parked("2", "a41")])

    assert list(await room.waiting_for(["a40", "a99"], 10)) == [one]
    assert list(await room.waiting_for([], 10)) == []


async def test_a_redelivery_of_what_waits_is_told(room: WaitingRoom) -> None:
    await room.park([parked("1", "a39")])

    twins = await room.park([parked("1", "a39"), parked("2", "a40")])

    assert set(twins) == {"1"}
    assert await room.counts() == {"north/lms": 2}


async def test_what_waits_is_found_by_an_index_that_is_made_as_often_as_a_process_starts(database: Any) -> None:
    await create_indexes(database)
    await create_indexes(database)
    await MongoWaitingRoom(database).park([parked("1", "a39", "a40")])

    assert [each.id for each in await MongoWaitingRoom(database).waiting_for(["a40"], 10)] == ["1"]


async def test_what_is_left_of_one_waits_on(room: WaitingRoom) -> None:
    whole = parked("1", "a39", "a40", facts=(0, 2))
    await room.park([whole])

    await room.go_on(whole, replace(whole, facts=(2,), aliases=("a40",)))

    assert list(await room.waiting_for(["a39"], 10)) == []
    (left,) = await room.waiting_for(["a40"], 10)
    assert (left.facts, left.record) == ((2,), whole.record)


async def test_what_has_gone_on_is_gone_and_going_on_twice_is_harmless(room: WaitingRoom) -> None:
    one = parked("1", "a39")
    await room.park([one])

    await room.go_on(one, None)
    await room.go_on(one, None)
    await room.go_on(one, replace(one, facts=(1,)))

    assert await room.counts() == {}


async def test_everybody_that_waits_is_come_by_in_the_order_of_ids(room: WaitingRoom) -> None:
    await room.park([parked(each, "a39", source=f"north/{each}") for each in ("c", "a", "b")])

    first = await room.after("", 2)
    rest = await room.after(first[-1].id, 2)

    assert [each.id for each in (*first, *rest)] == ["a", "b", "c"]
    assert await room.counts() == {"north/a": 1, "north/b": 1, "north/c": 1}


async def test_processes_add_up_what_they_saw_and_the_first_example_stays(sightings: SightingsStore) -> None:
    kind = SightingOf.UNKNOWN_KIND
    first = Sighting("north/lms", kind, "org.example.v2", 2, MONDAY, TUESDAY, {"data.id": "text", "": "3 bytes"})
    await sightings.add([first])
    await sightings.add([Sighting("north/lms", kind, "org.example.v2", 3, MONDAY, WEDNESDAY, {"b": "number"})])
    await sightings.add([])

    (seen,) = await sightings.all()

    assert seen == replace(first, count=5, last_at=WEDNESDAY)


async def test_names_with_dots_and_dollars_are_names(sightings: SightingsStore) -> None:
    names = {"$where", "a.b.c", "", "ünï|cödé"}
    await sightings.add([Sighting("north/lms", SightingOf.KIND, each, 1, MONDAY, MONDAY) for each in names])

    assert {each.name for each in await sightings.all()} == names
