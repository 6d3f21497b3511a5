"""A statement that was voided never was, whichever of the two comes first; who voids it doesn't know whose it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from services.evaluator.arriving import Delivered
from shared.contracts.events import LearningActivity
from tests.unit.evaluator.memory import MemoryActivities
from tests.unit.evaluator.world import World, catalogue, did, live, voids

BOTH = live("both", {"all": [{"completed": {"course": "A"}}, {"completed": {"course": "B"}}]})
CLEAN = live("clean", {"all": [{"completed": {"course": "A"}}, {"not": {"completed": {"course": "B"}}}]})


def said(name: str, course: str, learner: str = "ada") -> LearningActivity:
    return did(name, course, learner=learner).model_copy(update={"dialect": "xapi"})


@pytest.mark.parametrize("order", [("e1", "void", "e2"), ("void", "e1", "e2"), ("e1", "e2 and void"), ("all",)])
async def test_what_was_voided_earns_nothing(order: Sequence[str]) -> None:
    world = World(catalogue(BOTH))
    batches = {
        "e1": [said("e1", "A")],
        "e2": [said("e2", "B")],
        "void": [voids("e1")],
        "e2 and void": [voids("e1"), said("e2", "B")],
        "all": [said("e1", "A"), said("e2", "B"), voids("e1")],
    }

    for name in order:
        await world.receive(*batches[name])

    assert await world.held() == {}


async def test_a_void_from_another_partition_counts_from_the_statements_arrival() -> None:
    """Voids have no learner, so they come by another partition than the learner's own activities."""
    world = World(catalogue(live("a", {"completed": {"course": "A"}})))
    await world.evaluator.receive([Delivered(voids("e1"), ("learning.activity.v1", 5, 900))])

    await world.receive(said("e1", "A"))
    await world.receive(said("e1", "A"))

    assert await world.held() == {}


async def test_the_learner_is_judged_again() -> None:
    world = World(catalogue(CLEAN))
    await world.receive(said("e2", "B"), said("e1", "A"))
    before = world.told()

    await world.receive(voids("e2"))

    assert (before, world.told()) == (set(), {"clean"})


async def test_an_award_that_was_made_stays() -> None:
    world = World(catalogue(live("a", {"completed": {"course": "A"}})))
    await world.receive(said("e1", "A"))

    await world.receive(voids("e1"))

    assert set(await world.held()) == {"a:once"}


async def test_others_statements_are_left_alone() -> None:
    world = World(catalogue(BOTH))

    await world.receive(said("e1", "A"), voids("e9"), said("e2", "B"), said("e3", "A", "bob"), voids("e3"))

    assert set(await world.held()) == {"both:once"}
    assert world.tally.counts["accepted"] == 5


async def test_a_void_of_something_that_never_comes_touches_nobody() -> None:
    world = World(catalogue(live("all", {"completed": {"course": "*"}})))

    verdicts = await world.receive(voids("e1"), voids("e1"))

    assert verdicts == [None, None]
    assert world.tally.counts["met"] + world.tally.counts["unmet"] == 0
    assert world.tally.counts["duplicate"] == 1


@pytest.mark.parametrize("first", ["statement", "void"])
async def test_statement_and_void_that_two_evaluators_store_at_once_find_each_other(first: str) -> None:
    """Each is stored before its writer looks for the other, so one of the two finds it."""
    activities = MemoryActivities()
    one, other = World(catalogue(BOTH), activities), World(catalogue(BOTH), activities)
    statement, void = said("e1", "A"), voids("e1")
    mine, others = (statement, void) if first == "statement" else (void, statement)
    inserting = activities.insert
    done: list[bool] = []

    async def both_stored_before_either_looks(documents: Any) -> Any:
        found = await inserting(documents)
        if not done:
            done.append(True)
            await other.receive(others)
        return found

    activities.insert = both_stored_before_either_looks  # type: ignore[method-assign,assignment]
    await one.receive(mine)
    await one.receive(said("e2", "B"))

    assert {each["learner"] for each in activities.documents.values()} == {"ada"}
    assert await one.held() == {}


async def test_a_crash_before_they_found_each_other_is_healed_by_the_redelivery() -> None:
    world = World(catalogue(BOTH))
    await world.receive(said("e1", "A"))
    adopting = world.activities.adopt

    async def crash(_: object) -> None:
        raise SystemExit

    world.activities.adopt = crash  # type: ignore[method-assign,assignment]
    with pytest.raises(SystemExit):
        await world.receive(voids("e1"))
    world.activities.adopt = adopting  # type: ignore[method-assign]

    await world.receive(voids("e1"))
    await world.receive(said("e2", "B"))

    assert await world.held() == {}


async def test_only_dialects_that_void_pay_for_it() -> None:
    world = World(catalogue(BOTH))
    looked = []

    async def counted(voided: Sequence[object]) -> None:
        looked.append(len(voided))

    world.activities.adopt = counted  # type: ignore[method-assign]
    await world.receive(did("e1", "A"), did("e2", "A"))
    await world.receive(said("e3", "A"), did("e4", "A"))

    assert looked == [1]
