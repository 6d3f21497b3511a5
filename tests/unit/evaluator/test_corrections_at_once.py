"""Two evaluators correct one award, and their clocks differ: one change is asked for, and the newest fact wins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.contracts.events import LearningActivity, Verb
from tests.unit.evaluator.world import DAY, World, catalogue, did, live

HOUR = timedelta(hours=1)


def good(policy: str, **fields: Any) -> Any:
    rule = {"score": {"course": "A", "at_least": "80%"}}
    return live("good", rule, name="Good work", on_correction=policy, **fields)


def graded(score: float, said: int, *, withdrawn: bool = False) -> LearningActivity:
    return did(
        "e1", "A", score=score, verb=Verb.SCORED, version=DAY + said * HOUR, withdrawn=withdrawn,
        content=f"{score} {said} {withdrawn}",
    )  # fmt: skip


async def test_two_evaluators_ask_for_one_thing_once() -> None:
    world = World(catalogue(good("suspend")))
    await world.receive(graded(0.9, 1))
    other = World(catalogue(good("suspend")), world.activities, world.awards, asked=world.asked)
    marking = world.awards.correct

    async def correct_after_the_other(*arguments: Any) -> None:
        world.awards.correct = marking  # type: ignore[method-assign]
        other.sent = world.sent
        await other.receive(graded(0.5, 2))
        await marking(*arguments)

    world.awards.correct = correct_after_the_other  # type: ignore[method-assign,assignment]
    await world.receive(graded(0.5, 2))
    await world.registry_tells()

    assert len({each.request_id for each in (*world.requests, *other.requests)}) == 1
    assert [len(each.corrections) for each in await world.everything()] == [1]


async def test_who_marks_looks_again_for_somebody_may_have_known_more() -> None:
    """One reads a lowered grade; before it marks, the other stores a raised one and finds nothing to mend yet."""
    world = World(catalogue(good("suspend")))
    await world.receive(graded(0.9, 1))
    other = World(catalogue(good("suspend")), world.activities, world.awards, asked=world.asked)
    marking = world.awards.correct

    async def correct_after_the_other(*arguments: Any) -> None:
        world.awards.correct = marking  # type: ignore[method-assign]
        other.sent = 9
        await other.receive(graded(0.95, 3))
        await marking(*arguments)

    world.awards.correct = correct_after_the_other  # type: ignore[method-assign,assignment]
    await world.receive(graded(0.5, 2))
    await world.registry_tells()

    assert await world.holds() == {"good:once"}


async def test_changes_are_in_order_though_the_clock_of_the_next_evaluator_is_behind() -> None:
    world = World(catalogue(good("suspend")))
    await world.receive(graded(0.9, 1))
    await world.receive(graded(0.5, 2))

    world.now -= timedelta(minutes=1)
    await world.receive(graded(0.9, 3))
    await world.registry_tells()

    assert await world.holds() == {"good:once"}
