"""E-mails that go out together: written down together, and none at the cost of another."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.documents import DeliveryState
from shared.errors import Unavailable

LEASE = timedelta(seconds=91)


class Counting:
    """Counts what is asked of the deliveries."""

    def __init__(self, inner: Any, asked: Counter[str]) -> None:
        self._inner = inner
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        self._asked[name] += 1
        return getattr(self._inner, name)


async def test_no_more_than_four_are_in_flight(room: Any) -> None:
    await room.owe(*(f"learner{number}" for number in range(20)))
    room.server.pause = lambda: asyncio.sleep(0.001)

    await room.sender().work_off()

    assert room.server.most_in_flight == 4


@pytest.mark.parametrize("dies_at", range(1, 35))
async def test_a_crash_with_four_in_flight_loses_none_and_doubles_no_more_than_those(
    room: Any, crash: type[BaseException], dies_at: int
) -> None:
    learners = [f"learner{number}" for number in range(9)]
    await room.owe(*learners)
    with pytest.raises(crash):
        await room.fragile(dies_at, in_flight=4).work_off()

    for _ in range(4):
        room.now += LEASE
        await room.sender().work_off()

    taken = Counter(room.server.taken)
    assert sorted(taken) == learners
    assert max(taken.values()) <= 2
    assert taken.total() <= 9 + 4
    assert {room.delivery(each).state for each in learners} == {DeliveryState.SENT}


async def test_a_lost_connection_costs_its_neighbours_nothing_and_what_was_claimed_with_them(room: Any) -> None:
    learners = [f"learner{number}" for number in range(12)]
    await room.owe(*learners)
    room.server.lost.add("learner1")

    with pytest.raises(Unavailable):
        await room.sender().work_off()

    assert sorted(room.server.taken) == ["learner0", "learner2", "learner3"]
    unsent = [room.delivery(each) for each in learners if each not in room.server.taken]
    assert {(each.state, each.attempts, each.claim) for each in unsent} == {(DeliveryState.QUEUED, 0, None)}
    room.server.lost.clear()
    await room.sender().work_off()
    assert sorted(room.server.taken) == sorted(learners)


async def test_a_delivery_that_nobody_foresaw_harms_no_other_and_is_left_alone_for_a_while(room: Any) -> None:
    await room.owe("ada", "poison", "bob", *(f"learner{number}" for number in range(6)))

    with pytest.raises(ZeroDivisionError):
        await room.sender().work_off()
    await room.sender().work_off()

    assert len(room.server.taken) == 8
    assert (room.delivery("poison").state, room.delivery("poison").attempts) == (DeliveryState.QUEUED, 1)


async def test_with_fewer_connections_than_wanted_it_sends_by_those(room: Any) -> None:
    await room.owe(*(f"learner{number}" for number in range(8)))
    room.server.connections = 3
    room.server.pause = lambda: asyncio.sleep(0.001)

    await room.sender().work_off()

    assert len(room.server.taken) == 8
    assert room.server.most_in_flight == 3


async def test_mails_that_are_sent_together_are_written_down_together(room: Any) -> None:
    await room.owe(*(f"learner{number}" for number in range(20)))
    written = Counter[str]()

    await room.sender(Counting(room.deliveries, written)).work_off()

    assert len(room.server.taken) == 20
    assert written == {"due": 1, "claim": 1, "begin": 5, "settle": 5, "release": 1}


async def test_a_long_queue_is_looked_at_once_and_sent_over_connections_that_are_renewed(room: Any) -> None:
    await room.owe(*(f"learner{number}" for number in range(250)))
    asked = Counter[str]()

    await room.sender(Counting(room.deliveries, asked)).work_off()

    assert len(room.server.taken) == len(set(room.server.taken)) == 250
    assert asked["due"] == 1
    assert room.server.connected == 3 * 4


async def test_a_slow_answer_leaves_its_neighbours_in_no_doubt(room: Any) -> None:
    await room.owe("ada", "bob", "eve")
    room.server.slow["bob"] = asyncio.Event()

    sending = asyncio.create_task(room.sender().work_off())
    while room.delivery("ada").state is not DeliveryState.SENT:
        await asyncio.sleep(0.01)
    states = [room.delivery(each).state for each in ("ada", "bob", "eve")]
    room.server.slow["bob"].set()
    await sending

    assert states == [DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.SENT]
    assert room.delivery("bob").state is DeliveryState.SENT
