"""A crash after any single effect loses nothing, doubles nothing, and nobody has to clean up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from shared.contracts.events import Change, CredentialState, StatusListDrafted
from tests.unit.registry.memory import Crash, Steps
from tests.unit.registry.world import World, asks, sign

STEPS = 50


async def delivered(world: World, handle: Callable[[], Awaitable[object]]) -> None:
    """At least once: what died is delivered again, to a new process."""
    while True:
        try:
            await handle()
        except Crash:
            world.start()
        else:
            return


async def signer_catches_up(world: World) -> None:
    """Every draft was told to a log that doesn't forget; each comes back signed, at least once."""
    for draft in [each for each in world.told if isinstance(each, StatusListDrafted)]:
        await delivered(world, lambda draft=draft: world.on_list_signed(sign(draft)))  # type: ignore[misc]  # bound now


async def a_day_at_the_registry(world: World) -> None:
    """A status request ahead of its credential, a batch with a repeat, a suspension, a reinstatement, a revocation."""
    batch = [world.award("a", index=1), world.award("b", index=2), world.award("c", index=3)]
    await delivered(world, lambda: world.status_lists.open_first(["example-university"]))
    await delivered(world, lambda: world.statuses.request([asks("r0", "late")]))
    await delivered(world, lambda: world.issuing.issue([*batch, batch[0]]))
    await signer_catches_up(world)
    late = world.award("late", index=9)
    await delivered(world, lambda: world.statuses.request([asks("r1", "b", Change.SUSPEND), asks("r2", "c")]))
    await delivered(world, lambda: world.issuing.issue([late]))
    await delivered(world, lambda: world.statuses.request([asks("r3", "b", Change.REINSTATE)]))
    for _ in range(3):
        world.later(6)
        await delivered(world, world.sweep)
        await signer_catches_up(world)


async def how_many_steps() -> int:
    world = World()
    await a_day_at_the_registry(world)
    return world.steps.taken


async def test_every_step_of_the_day_is_one_to_die_at() -> None:
    assert await how_many_steps() <= STEPS


@pytest.mark.parametrize("crash_after", range(1, STEPS + 1))
async def test_a_crash_after_any_effect_changes_nothing_in_the_end(crash_after: int) -> None:
    world = World(Steps(crash_after))

    await a_day_at_the_registry(world)

    assert set(world.credentials.stored) == {"a", "b", "c", "late"}
    assert {each.award_id for each in world.announced()} == {"a", "b", "c", "late"}
    assert len({each.model_dump_json() for each in world.announced() if each.award_id == "a"}) == 1
    assert all(each.announced_at for each in world.credentials.stored.values())
    assert world.bits() == {3, 9}
    assert set(world.facts.facts) == {"r0", "r1", "r2", "r3"}
    assert world.notes.notes == {}
    assert all(each.settled_at for each in world.facts.facts.values())
    newest = {each.award_id: each.state for each in sorted(world.changed(), key=lambda each: each.facts)}
    assert newest == {
        "b": CredentialState.ACTIVE, "c": CredentialState.REVOKED, "late": CredentialState.REVOKED
    }  # fmt: skip
    assert all(each.state is CredentialState.REVOKED for each in world.announced() if each.award_id == "late")
