"""An award that the facts no longer bear out is kept, suspended or revoked, as its achievement says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.documents import AwardState
from shared.contracts.events import CORRECTION, Change, LearningActivity, Verb
from tests.unit.evaluator.world import DAY, World, catalogue, decided, did, live, voids

HOUR = timedelta(hours=1)


def good(policy: str, **fields: Any) -> Any:
    rule = {"score": {"course": "A", "at_least": "80%"}}
    return live("good", rule, name="Good work", on_correction=policy, **fields)


def graded(score: float, said: int, *, withdrawn: bool = False) -> LearningActivity:
    return did(
        "e1", "A", score=score, verb=Verb.SCORED, version=DAY + said * HOUR, withdrawn=withdrawn,
        content=f"{score} {said} {withdrawn}",
    )  # fmt: skip


def asked(world: World) -> list[Change]:
    return [each.change for each in world.requests]


async def test_a_lowered_grade_suspends_and_a_raised_one_reinstates() -> None:
    world = World(catalogue(good("suspend")))
    await world.receive(graded(0.9, 1))

    await world.receive(graded(0.5, 2))
    await world.registry_tells()
    lost = await world.holds()
    await world.receive(graded(0.85, 3))
    await world.registry_tells()

    assert lost == set()
    assert asked(world) == [Change.SUSPEND, Change.REINSTATE]
    assert await world.holds() == {"good:once"}
    assert len(await world.held()) == 1


async def test_the_request_is_a_corrections_own_and_says_why_without_any_score() -> None:
    world = World(catalogue(good("suspend")))

    await world.receive(graded(0.9, 1))
    await world.receive(graded(0.5, 2))

    (request,) = world.requests
    assert (request.cause, request.requested_by) == (CORRECTION, "evaluator")
    assert request.reason == "A correction: “A” was corrected. No longer met: scored at least 80 % in course A"


@pytest.mark.parametrize("policy", ["keep", "suspend", "revoke"])
async def test_the_achievement_says_what_becomes_of_it(policy: str) -> None:
    world = World(catalogue(good(policy)))
    await world.receive(graded(0.9, 1))

    await world.receive(graded(0.5, 2))
    await world.registry_tells()

    assert asked(world) == {"keep": [], "suspend": [Change.SUSPEND], "revoke": [Change.REVOKE]}[policy]
    assert await world.holds() == ({"good:once"} if policy == "keep" else set())


@pytest.mark.parametrize("cuts", [[1, 1], [2]])
async def test_true_and_then_false_in_one_batch_is_an_award_and_a_suspension(cuts: list[int]) -> None:
    world, activities = World(catalogue(good("suspend"))), [graded(0.9, 1), graded(0.5, 2)]

    for size in cuts:
        await world.receive(*activities[:size])
        del activities[:size]

    assert world.told() == {"good"}
    assert asked(world) == [Change.SUSPEND]


async def test_what_came_to_be_true_for_a_moment_inside_a_batch_is_told_as_between_batches() -> None:
    rule = {"any": [{"completed": {"course": "A"}}, {"score": {"course": "B", "at_least": "50%", "take": "last"}}]}
    again = did("a", "A", version=DAY + HOUR, withdrawn=True, content="removed")

    async def changes(*sizes: int) -> list[Change]:
        world = World(catalogue(live("either", rule, on_correction="suspend")))
        activities = [
            did("a", "A", version=DAY), again, did("b1", "B", score=0.9),
            did("b2", "B", score=0.1, at=DAY + HOUR), did("b3", "B", score=0.8, at=DAY + 2 * HOUR),
        ]  # fmt: skip
        for size in sizes:
            await world.receive(*activities[:size])
            del activities[:size]
        return asked(world)

    assert await changes(5) == await changes(1, 1, 1, 1, 1) == await changes(2, 3)
    assert await changes(5) == [Change.SUSPEND, Change.REINSTATE, Change.SUSPEND, Change.REINSTATE]


async def test_what_restores_it_and_is_undone_in_the_same_batch_is_told_both_ways() -> None:
    async def changes(*sizes: int) -> list[Change]:
        world = World(catalogue(live("done", {"completed": {"course": "*"}}, on_correction="suspend")))
        await world.receive(did("a", "A", version=DAY))
        await world.receive(did("a", "A", version=DAY + HOUR, withdrawn=True, content="removed"))
        activities = [did("b", "B"), did("b", "B", version=DAY, withdrawn=True, content="gone")]
        for size in sizes:
            await world.receive(*activities[:size])
            del activities[:size]
        return asked(world)

    assert await changes(2) == await changes(1, 1) == [Change.SUSPEND, Change.REINSTATE, Change.SUSPEND]


async def test_a_fact_that_speaks_against_it_and_comes_late_suspends_and_is_named() -> None:
    rule = {"all": [{"completed": {"course": "A"}}, {"not": {"completed": {"course": "OLD"}}}]}
    world = World(catalogue(live("clean", rule, on_correction="suspend")))
    await world.receive(did("e1", "A"))

    await world.receive(did("e2", "OLD", at=DAY - HOUR))

    assert asked(world) == [Change.SUSPEND]
    assert world.requests[0].reason == (
        "A correction: “OLD” became known. No longer met: not this (completed course OLD)"
    )


async def test_a_withdrawn_completion_and_a_void_are_told_as_taken_back() -> None:
    world = World(catalogue(live("done", {"completed": {"course": "A"}}, on_correction="suspend")))
    await world.receive(did("e1", "A").model_copy(update={"dialect": "xapi"}))

    await world.receive(voids("e1"))

    assert [each.reason for each in world.requests] == [
        "A correction: “A” was taken back. No longer met: completed course A"
    ]


async def test_what_a_registrar_withholds_later_is_suspended_in_the_registrars_words() -> None:
    world = World(catalogue(live("done", {"completed": {"course": "A"}}, on_correction="suspend")))
    await world.receive(did("e1", "A"))

    await world.receive(decided("d1", Verb.WITHHELD, "done", because="somebody else's work"))

    assert [each.reason for each in world.requests] == ["Withheld by the registrar on 2026-03-01: somebody else's work"]


@pytest.mark.parametrize("upper", ["keep", "suspend"])
async def test_badges_that_rest_on_it_go_and_come_with_it_as_they_say(upper: str) -> None:
    middle = live("middle", {"holds": "good"}, name="The middle", on_correction="suspend")
    top = live("top", {"all": [{"holds": "middle"}, {"completed": {"course": "B"}}]}, on_correction=upper)
    world = World(catalogue(top, middle, good("suspend")))
    await world.receive(graded(0.9, 1), did("e2", "B"))

    await world.receive(graded(0.5, 2))
    await world.registry_tells()
    lost = await world.holds()
    await world.receive(graded(0.9, 3))
    await world.registry_tells()

    assert lost == ({"top:once"} if upper == "keep" else set())
    assert await world.holds() == {"good:once", "middle:once", "top:once"}
    assert world.requests[1].reason == (
        "A correction: the badge “Good work” is no longer held. No longer met: holds the badge good"
    )


async def test_a_leaf_that_an_operator_suspends_takes_the_upper_ones_along_and_gives_them_back() -> None:
    top = live("top", {"holds": "good"}, on_correction="suspend")
    world = World(catalogue(top, good("keep")))
    await world.receive(graded(0.9, 1))
    leaf = (await world.held())["good:once"].id

    await world.operator(Change.SUSPEND, leaf)
    lost = await world.holds()
    await world.operator(Change.REINSTATE, leaf)

    assert lost == set()
    assert await world.holds() == {"good:once", "top:once"}


async def test_a_correction_never_lifts_what_an_operator_suspended() -> None:
    world = World(catalogue(good("suspend")))
    await world.receive(graded(0.9, 1))
    await world.operator(Change.SUSPEND, (await world.held())["good:once"].id)

    await world.receive(graded(0.5, 2))
    await world.receive(graded(0.9, 3))
    await world.registry_tells()

    assert asked(world) == [Change.SUSPEND, Change.REINSTATE]
    assert await world.holds() == set()


async def test_one_that_nobody_was_told_of_is_withdrawn_and_earned_again_at_its_old_place() -> None:
    world = World(catalogue(good("suspend", issue_after="P1D")))
    world.now = DAY
    await world.receive(graded(0.9, 1))

    await world.receive(graded(0.5, 2))
    withdrawn = (await world.held())["good:once"]
    await world.receive(graded(0.95, 3))
    await world.sweep_up(timedelta(days=2))

    assert (withdrawn.state, world.requests) == (AwardState.WITHDRAWN, [])
    assert [each.score for each in world.published] == [0.95]
    assert len(await world.held()) == 1


async def test_awards_of_a_superseded_version_go_by_their_own_criteria() -> None:
    world = World(catalogue(good("suspend")))
    await world.receive(graded(0.9, 1))
    newer = live("good", {"completed": {"course": "Z"}}, version=2, supersedes=1)
    world.catalogue = catalogue(good("suspend"), newer, revision=2)

    await world.receive(graded(0.5, 2))

    assert asked(world) == [Change.SUSPEND]


async def test_what_the_registry_has_not_heard_is_asked_again_until_it_has() -> None:
    world = World(catalogue(good("suspend")))
    world.deaf = True
    await world.receive(graded(0.9, 1))
    world.issued.ids |= {each.id for each in await world.everything()}
    await world.receive(graded(0.5, 2))

    await world.sweep_up(timedelta(seconds=15))
    await world.sweep_up(timedelta(minutes=1))
    world.deaf = False
    await world.sweep_up(timedelta(minutes=10))
    before = len(world.requests)
    await world.sweep_up(timedelta(hours=10))

    assert len({each.request_id for each in world.requests}) == 1
    assert (before, len(world.requests)) == (4, 4)
    assert (await world.held())["good:once"].look_at is None


async def test_what_can_only_become_true_is_not_judged_again_while_nothing_is_corrected() -> None:
    world = World(catalogue(live("done", {"completed": {"course": "*"}}, on_correction="suspend")))
    await world.receive(did("e1", "A"))
    before = world.tally.counts["met"] + world.tally.counts["unmet"]

    await world.receive(did("e2", "B"))

    assert (await world.held())["done:once"].corrections == ()
    assert world.tally.counts["met"] + world.tally.counts["unmet"] == before
