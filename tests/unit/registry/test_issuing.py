"""A credential is stored once, announced for certain, and only when anybody could verify it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.registry.domain import NoAward
from services.registry.issuing import SWEEP_LIMIT
from shared.contracts.events import Change, CredentialState, StatusListDrafted
from shared.errors import Unavailable
from tests.unit.registry.memory import Crash
from tests.unit.registry.world import START, TENANT, World, asks, signed


@pytest.fixture
def world() -> World:
    return World()


async def test_a_signed_credential_is_stored_and_announced_as_stored(world: World) -> None:
    await world.open_lists()
    credential = world.award("a")

    verdicts = await world.issuing.issue([credential])

    assert verdicts == [None]
    assert world.credentials.stored["a"].jwt == credential.jwt
    assert [each.award_id for each in world.announced()] == ["a"]
    assert world.credentials.stored["a"].announced_at == START
    assert world.tally.new == [(TENANT, "event-driven", 1)]
    assert world.tally.waits == [1.0]


async def test_a_twin_is_counted_and_the_stored_one_is_announced_again(world: World) -> None:
    await world.open_lists()
    world.award("a")
    await world.issuing.issue([signed("a", jwt="first")])
    world.later(60)

    await world.issuing.issue([signed("a", jwt="second")])

    first, again = world.announced()
    assert first == again
    assert world.credentials.stored["a"].jwt == "first"
    assert world.tally.twins == 1
    assert len(world.tally.new) == 1
    assert len(world.tally.waits) == 1


async def test_the_same_credential_twice_in_one_batch_is_one(world: World) -> None:
    await world.open_lists()
    credential = world.award("a")

    await world.issuing.issue([credential, credential])

    assert len(world.announced()) == 1
    assert world.tally.twins == 1


async def test_a_bad_one_is_refused_and_its_neighbours_go_on(world: World) -> None:
    await world.open_lists()
    world.proofs.bad.add("b")
    batch = [world.award("a"), world.award("b"), signed("never-awarded"), world.award("c")]

    a, b, unknown, c = await world.issuing.issue(batch)

    assert a is c is None
    assert b is not None
    assert isinstance(unknown, NoAward)
    assert set(world.credentials.stored) == {each.award_id for each in world.announced()} == {"a", "c"}


async def test_while_a_key_is_unknown_nothing_is_stored_or_refused(world: World) -> None:
    await world.open_lists()
    world.proofs.down = True

    with pytest.raises(Unavailable):
        await world.issuing.issue([world.award("a")])

    assert not world.credentials.stored


async def test_a_credential_waits_until_its_list_can_be_fetched(world: World) -> None:
    credential = world.award("a")

    await world.issuing.issue([credential])
    before = world.announced()
    await world.sign_lists()

    assert before == []
    assert [each.award_id for each in world.announced()] == ["a"]
    assert world.bits() == set()


async def test_a_list_that_nobody_opened_is_opened_by_the_first_credential_that_names_it(world: World) -> None:
    await world.open_lists()

    await world.issuing.issue([world.award("a", number=3)])

    assert [each.list_number for each in world.told if isinstance(each, StatusListDrafted)] == [3]


@pytest.mark.parametrize("dies_after", [1, 2, 3, 4], ids=["noting", "writing", "telling", "removing the note"])
async def test_the_sweep_announces_what_a_crash_left_unannounced(world: World, dies_after: int) -> None:
    await world.open_lists()
    world.steps.crash_after = world.steps.taken + dies_after
    with pytest.raises(Crash):
        await world.issuing.issue([world.award("a")])

    world.start()
    world.later(6)
    await world.sweep()
    await world.sweep()

    stored = set(world.credentials.stored)
    assert stored == {each.award_id for each in world.announced()} == (set() if dies_after == 1 else {"a"})
    assert world.notes.notes == {}


@pytest.mark.parametrize("redelivered", [True, False])
async def test_what_a_crash_left_unannounced_waits_for_a_list_that_is_behind(world: World, redelivered: bool) -> None:
    await world.open_lists()
    credential = world.award("a")
    world.steps.crash_after = world.steps.taken + 2
    with pytest.raises(Crash):
        await world.issuing.issue([credential])
    world.start()
    await world.statuses.request([asks("taken-back", "a", Change.SUSPEND)])

    world.later(6)
    if redelivered:
        await world.issuing.issue([credential])
    await world.issuing.finish_notes()
    too_early = world.announced()
    await world.sign_lists()
    world.later(6)
    await world.issuing.finish_notes()

    assert too_early == []
    assert {each.state for each in world.announced()} == {CredentialState.SUSPENDED}
    assert world.notes.notes == {}


async def test_a_batch_in_hand_is_left_to_whoever_has_it(world: World) -> None:
    await world.open_lists()
    world.steps.crash_after = world.steps.taken + 2
    with pytest.raises(Crash):
        await world.issuing.issue([world.award("a")])

    await world.sweep()

    assert world.announced() == []


async def test_what_is_announced_at_once_takes_no_second_write(world: World) -> None:
    await world.open_lists()
    batch = [world.award(f"a{index}") for index in range(50)]
    before = world.steps.taken

    await world.issuing.issue(batch)

    note_and_its_removal = 2
    assert world.steps.taken - before == len(batch) + len(batch) + note_and_its_removal


async def test_a_twin_that_waited_for_its_list_is_announced_and_marked(world: World) -> None:
    credential = world.award("a")
    await world.issuing.issue([credential])
    world.lists.states[TENANT, 1] = replace(world.lists.states[TENANT, 1], published=1)

    await world.issuing.issue([credential])

    assert [each.award_id for each in world.announced()] == ["a"]
    assert world.credentials.stored["a"].announced_at == START


async def test_one_issuer_without_a_list_holds_up_nobody_else(world: World) -> None:
    await world.open_lists()
    await world.issuing.issue([world.award(f"s{index}", tenant="stuck") for index in range(SWEEP_LIMIT)])
    world.later(1)
    await world.issuing.issue([world.award("a")])
    world.credentials.stored["a"] = world.credentials.stored["a"].model_copy(update={"announced_at": None})
    world.told.clear()

    world.later(6)
    await world.sweep()

    assert [each.award_id for each in world.announced()] == ["a"]


async def test_a_badge_revoked_before_it_existed_is_revoked_once_it_does(world: World) -> None:
    await world.open_lists()
    await world.statuses.request([asks("r1", "a")])
    credential = world.award("a", index=7)
    world.award("b", index=8)

    await world.issuing.issue([credential, signed("b", index=8)])
    before = {each.award_id: each.state for each in world.announced()}
    await world.sign_lists()
    after = {each.award_id: each.state for each in world.announced()}

    assert before == {"b": CredentialState.ACTIVE}
    assert after == {"a": CredentialState.REVOKED, "b": CredentialState.ACTIVE}
    assert world.bits() == {7}
    assert [(each.award_id, each.state) for each in world.changed()] == [("a", CredentialState.REVOKED)]


async def test_what_another_tenant_said_is_not_about_this_badge(world: World) -> None:
    await world.open_lists()
    await world.statuses.request([asks("r1", "a", tenant="somebody-else")])

    await world.issuing.issue([world.award("a")])
    world.later(6)
    await world.sweep()
    await world.sign_lists()

    assert [each.state for each in world.announced()] == [CredentialState.ACTIVE]
    assert world.bits() == set()
