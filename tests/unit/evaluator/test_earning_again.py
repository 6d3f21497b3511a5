"""What was revoked can be earned again, as a badge of its own; what an operator revoked only by something new."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.contracts import identity
from shared.contracts.events import Change, CredentialState, CredentialStatusChanged, LearningActivity, Verb
from tests.unit.evaluator.world import DAY, TENANT, World, catalogue, decided, did, live

HOUR = timedelta(hours=1)
GOOD = live("good", {"score": {"course": "A", "at_least": "80%"}}, on_correction="revoke")
DONE = live("done", {"completed": {"course": "A"}})
SINCE, LATER = DAY + 5 * HOUR, DAY + 6 * HOUR
"""when the operator revoked it, and afterwards"""


def graded(score: float, said: int) -> LearningActivity:
    return did("e1", "A", score=score, verb=Verb.SCORED, version=DAY + said * HOUR, content=f"{score} {said}")


@pytest.mark.parametrize("told_between", [True, False])
async def test_revoked_by_a_correction_it_is_earned_again_when_the_facts_hold(told_between: bool) -> None:
    world = World(catalogue(GOOD))
    for activity in (graded(0.9, 1), graded(0.5, 2), graded(0.95, 3)):
        await world.receive(activity)
        if told_between:
            await world.registry_tells()
    await world.registry_tells()

    first, second = sorted(await world.everything(), key=lambda each: len(each.award_key))

    assert second.award_key == identity.award_key_after("once", identity.correction_id(first.id, 1))
    assert (first.score, second.score) == (0.9, 0.95)
    assert await world.holds() == {"good:once"}
    assert [each.change for each in world.requests] == [Change.REVOKE]
    assert len(world.published) == 2


async def test_each_revocation_is_followed_by_one_award_however_often_it_is_told() -> None:
    world = World(catalogue(GOOD))

    await world.receive(*(graded(0.9 if said % 2 else 0.5, said) for said in range(1, 6)))
    await world.registry_tells()
    await world.receive(graded(0.9, 5))

    assert len(await world.everything()) == 3
    assert await world.holds() == {"good:once"}


async def revoked(world: World) -> None:
    await world.receive(did("e1", "A"))
    await world.operator(Change.REVOKE, (await world.held())["done:once"].id, SINCE)


async def test_what_an_operator_revoked_the_same_old_facts_do_not_bring_back() -> None:
    world = World(catalogue(DONE))
    await revoked(world)

    await world.receive(did("e1", "A"), did("e2", "A", at=DAY + HOUR), did("e3", "A", at=SINCE))

    assert len(await world.everything()) == 1
    assert await world.holds() == set()


async def test_something_that_happened_since_earns_it_again() -> None:
    world = World(catalogue(DONE))
    await revoked(world)

    await world.receive(did("e2", "A", at=LATER))

    (again,) = [each for each in await world.everything() if each.award_key != "once"]
    assert (again.earned_at, again.evidence[0].event_id, again.counts_from) == (LATER, "e2", SINCE)
    assert again.award_key == identity.award_key_after("once", "operator-0")
    assert await world.holds() == {"done:once"}


async def test_what_happened_since_counts_though_it_came_before_the_news_of_the_revocation() -> None:
    world = World(catalogue(DONE))
    await world.receive(did("e1", "A"), did("e2", "A", at=LATER))

    await world.operator(Change.REVOKE, (await world.held())["done:once"].id, SINCE)

    assert await world.holds() == {"done:once"}


async def test_what_speaks_against_it_counts_however_old_it_is() -> None:
    rule = {"all": [{"completed": {"course": "A"}}, {"not": {"completed": {"course": "OLD"}}}]}
    world = World(catalogue(live("done", rule)))
    await revoked(world)
    await world.receive(did("e2", "OLD"))

    await world.receive(did("e3", "A", at=LATER))

    assert len(await world.everything()) == 1


async def test_badges_that_were_held_before_count_on_but_one_alone_is_nothing_new() -> None:
    stack = live("done", {"all": [{"holds": "base"}, {"completed": {"course": "A"}}]})
    only = live("only", {"holds": "base"})
    world = World(catalogue(live("base", {"completed": {"course": "B"}}), stack, only))
    await world.receive(did("b", "B"))
    await world.operator(Change.REVOKE, (await world.held())["only:once"].id, SINCE)
    await revoked(world)

    await world.receive(did("e2", "A", at=LATER), did("b2", "B", at=LATER))

    assert await world.holds() == {"base:once", "done:once"}


async def test_a_registrar_can_award_it_again() -> None:
    world = World(catalogue(DONE))
    await revoked(world)

    await world.receive(decided("d1", Verb.GRANTED, "done", at=LATER))

    assert await world.holds() == {"done:once"}


async def test_what_was_earned_again_is_corrected_by_what_earned_it() -> None:
    world = World(catalogue(live("done", {"completed": {"course": "A"}}, on_correction="suspend")))
    await revoked(world)
    await world.receive(did("e2", "A", at=LATER, version=DAY))

    await world.receive(did("e2", "A", at=LATER, version=LATER, withdrawn=True, content="removed"))
    await world.registry_tells()

    assert await world.holds() == set()


async def test_a_run_is_earned_again_as_that_run() -> None:
    world = World(catalogue(live("aid", {"completed": {"course": "AID"}}, repeatable=True)))
    await world.receive(did("e1", "AID", run="2025"), did("e2", "AID", run="2026"))
    await world.operator(Change.REVOKE, (await world.held())["aid:2025"].id, SINCE)

    await world.receive(did("e3", "AID", run="2026", at=LATER))
    before = await world.holds()
    await world.receive(did("e4", "AID", run="2025", at=LATER))

    assert before == {"aid:2026"}
    assert await world.holds() == {"aid:2025", "aid:2026"}


async def test_a_revocation_that_an_older_registry_told_leaves_the_badge_lost() -> None:
    world = World(catalogue(DONE))
    await world.receive(did("e1", "A"))
    (award,) = await world.everything()
    change = CredentialStatusChanged(
        award_id=award.id, tenant=TENANT, learner="ada", achievement="done", state=CredentialState.REVOKED,
        reason="…", since=SINCE, facts=1,
    )  # fmt: skip

    await world.evaluator.status_changed([change])
    await world.receive(did("e2", "A", at=LATER))

    assert len(await world.everything()) == 1
