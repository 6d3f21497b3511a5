"""What was asked for is kept as a fact, takes effect once its award exists, and is never lost on the way."""

from __future__ import annotations

import pytest

from services.registry.domain import ConflictingRequest, WrongTenant
from shared.contracts.events import Change, CredentialState, StatusListDrafted
from tests.unit.registry.world import TENANT, World, asks


@pytest.fixture
async def world() -> World:
    made = World()
    await made.open_lists()
    for name in "abc":
        await made.issuing.issue([made.award(name)])
    made.told.clear()
    return made


async def test_a_revocation_sets_its_bit_and_no_other(world: World) -> None:
    await world.statuses.request([asks("r1", "b")])
    await world.sign_lists()

    assert world.bits() == {1}
    assert [(each.award_id, each.state, each.facts, each.reason) for each in world.changed()] == [
        ("b", CredentialState.REVOKED, 1, "because of r1")
    ]


async def test_a_reinstatement_clears_what_a_suspension_set(world: World) -> None:
    await world.statuses.request([asks("r1", "b", Change.SUSPEND)])
    await world.sign_lists()
    suspended = world.bits()

    await world.statuses.request([asks("r2", "b", Change.REINSTATE)])
    await world.sign_lists()

    assert suspended == {1}
    assert world.bits() == set()
    assert [each.state for each in world.changed()] == [CredentialState.SUSPENDED, CredentialState.ACTIVE]


async def test_a_bit_is_set_before_the_credential_is_stored_once_its_award_is(world: World) -> None:
    world.award("later", index=50)

    await world.statuses.request([asks("r1", "later")])
    await world.sign_lists()

    assert world.bits() == {50}
    assert [each.state for each in world.changed()] == [CredentialState.REVOKED]


async def test_a_fact_that_came_before_its_award_is_found_by_the_sweep(world: World) -> None:
    await world.statuses.request([asks("r1", "later")])
    told_too_early = world.changed()
    world.award("later", index=50)

    world.later(6)
    await world.sweep()
    await world.sign_lists()

    assert told_too_early == []
    assert world.bits() == {50}
    assert [each.award_id for each in world.changed()] == ["later"]


async def test_a_request_that_comes_again_raises_the_list_again_and_counts_once(world: World) -> None:
    await world.statuses.request([asks("r1", "b")])
    once = world.lists.states[TENANT, 1].dirty

    await world.statuses.request([asks("r1", "b")])
    await world.sign_lists()

    assert world.lists.states[TENANT, 1].dirty == once + 1
    assert world.tally.changes == [("revoke", "operator")]
    assert [each.facts for each in world.changed()] == [1, 1]
    assert world.bits() == {1}


async def test_a_settled_fact_is_left_alone_by_the_sweep(world: World) -> None:
    await world.statuses.request([asks("r1", "b")])
    await world.sign_lists()
    world.told.clear()

    world.later(6)
    await world.sweep()

    assert world.told == []


async def test_a_batch_of_requests_draws_each_list_once(world: World) -> None:
    world.award("d", number=2, index=4)

    await world.statuses.request([asks("r1", "a"), asks("r2", "b"), asks("r3", "d")])

    assert [each.list_number for each in world.told if isinstance(each, StatusListDrafted)] == [1, 2]


async def test_one_tenant_cannot_change_what_another_awarded(world: World) -> None:
    foreign, own = await world.statuses.request([asks("r1", "a", tenant="somebody-else"), asks("r2", "b")])
    await world.sign_lists()

    assert isinstance(foreign, WrongTenant)
    assert own is None
    assert world.bits() == {1}
    assert set(world.facts.facts) == {"r2"}


async def test_an_id_used_again_for_something_else_is_refused_and_changes_nothing(world: World) -> None:
    await world.statuses.request([asks("r1", "a")])

    verdicts = await world.statuses.request([asks("r1", "b"), asks("r1", "a")])
    await world.sign_lists()

    assert [type(each) for each in verdicts] == [ConflictingRequest, type(None)]
    assert world.bits() == {0}


async def test_a_reinstatement_of_what_was_never_suspended_is_told_as_active(world: World) -> None:
    await world.statuses.request([asks("r1", "a", Change.REINSTATE)])

    assert [(each.state, each.facts) for each in world.changed()] == [(CredentialState.ACTIVE, 1)]
