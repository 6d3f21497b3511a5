"""What an operator reads of a batch: exact, and without anything that may name a learner."""

from __future__ import annotations

import pytest

from tests.unit.evaluator.world import TICK, World, catalogue, did, live

INTRO = live("intro", {"completed": {"course": "EDS101"}})


async def test_a_conflict_is_told_without_the_lms_id_that_may_name_a_learner() -> None:
    world = World(catalogue(INTRO))
    first = did("course-7/user-4711", "EDS101", content="a")
    await world.receive(first)

    (verdict,) = await world.receive(did("course-7/user-4711", "EDS101", content="b"))

    assert "4711" not in str(verdict)
    assert first.activity_id in str(verdict)


async def test_judging_is_timed_finer_than_the_clock_that_dates_awards() -> None:
    world = World(catalogue(INTRO))

    await world.receive(did("e1", "EDS101"))

    assert world.tally.seconds == pytest.approx([TICK])
