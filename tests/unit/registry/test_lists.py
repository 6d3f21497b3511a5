"""Lists are opened ahead of need, drawn from facts, published only forward, and never lose a fact."""

from __future__ import annotations

import asyncio
import random

import pytest

from services.registry.lists import CROWDED, SAMPLE
from shared.contracts.events import Change, StatusListDrafted
from tests.unit.registry.world import TENANT, World, asks, give_way, sign


@pytest.fixture
def world() -> World:
    return World()


def drafts(world: World) -> list[StatusListDrafted]:
    return [each for each in world.told if isinstance(each, StatusListDrafted)]


async def test_the_first_list_is_drafted_at_first_sight_of_an_issuer(world: World) -> None:
    await world.status_lists.open_first(["north", "south"])
    await world.status_lists.open_first(["north", "south"])
    world.start()
    await world.status_lists.open_first(["north", "south"])

    assert [(each.tenant, each.list_number, each.version) for each in drafts(world)] == [
        ("north", 1, 1),
        ("south", 1, 1),
    ]


async def test_the_next_list_is_drafted_when_one_is_two_fifths_full(world: World) -> None:
    await world.open_lists()
    enough = int(CROWDED * SAMPLE) + 1
    for index in range(enough - 1):
        world.award(f"a{index}", index=index)
    world.status_lists.notice([(TENANT, 1)])
    await world.status_lists.open_ahead()
    before = drafts(world)

    world.award("one-more", index=enough)
    world.status_lists.notice([(TENANT, 1)])
    await world.status_lists.open_ahead()

    assert before == []
    assert [each.list_number for each in drafts(world)] == [2]


async def test_what_filled_up_while_no_registry_ran_is_noticed_at_the_start(world: World) -> None:
    await world.open_lists()
    for index in range(SAMPLE):
        world.award(f"a{index}", index=index)

    world.start()
    await world.status_lists.notice_all()
    await world.status_lists.open_ahead()

    assert [each.list_number for each in drafts(world)] == [2]


async def test_an_older_list_never_replaces_a_newer_one(world: World) -> None:
    await world.open_lists()
    world.award("a")
    await world.statuses.request([asks("r1", "a", Change.SUSPEND)])
    await world.statuses.request([asks("r2", "a", Change.REINSTATE)])
    older, newer = drafts(world)

    await world.on_list_signed(sign(newer))
    await world.on_list_signed(sign(older))

    assert world.bits() == set()
    assert world.lists.states[TENANT, 1].published == newer.version


async def test_the_newest_of_a_batch_is_published(world: World) -> None:
    await world.open_lists()
    world.award("a")
    await world.statuses.request([asks("r1", "a", Change.SUSPEND)])
    await world.statuses.request([asks("r2", "a", Change.REINSTATE)])
    older, newer = drafts(world)

    await world.status_lists.publish([sign(newer), sign(older)])

    assert world.lists.states[TENANT, 1].published == newer.version


async def test_a_forged_list_is_refused_and_the_published_one_stays(world: World) -> None:
    await world.open_lists()
    world.award("a")
    await world.statuses.request([asks("r1", "a")])
    (draft,) = drafts(world)

    (verdict,) = await world.on_list_signed(sign(draft).model_copy(update={"jwt": "forged"}))

    assert verdict is not None
    assert world.bits() == set()


async def test_a_draft_that_never_came_back_is_drawn_again_after_a_while(world: World) -> None:
    await world.status_lists.open_first([TENANT])
    world.told.clear()

    await world.status_lists.tend()
    at_once = drafts(world)
    world.later(6)
    await world.status_lists.tend()

    assert at_once == []
    assert [each.version for each in drafts(world)] == [1]


async def test_a_list_that_was_raised_and_not_drawn_is_drawn_at_once(world: World) -> None:
    await world.open_lists()
    await world.lists.raise_dirty([(TENANT, 1)])

    await world.status_lists.tend()

    assert [each.version for each in drafts(world)] == [2]


async def test_an_old_list_is_drawn_anew_with_a_newer_version(world: World) -> None:
    await world.open_lists()
    drawn = world.tally.drawn[TENANT, 1]

    world.later(301)
    await world.sweep()
    await world.sign_lists()

    assert world.lists.states[TENANT, 1].published == 2
    assert (world.tally.drawn[TENANT, 1] - drawn).total_seconds() == 301


async def test_a_fact_between_the_two_reads_of_a_drawing_is_not_lost(world: World) -> None:
    await world.open_lists()
    world.award("a", index=3)
    other = asyncio.Event()

    async def somebody_else_revokes() -> None:
        if not other.is_set():
            other.set()
            world.steps.between = None
            await world.statuses.request([asks("r1", "a")])

    reads = 0

    async def at_the_second_read() -> None:
        nonlocal reads
        reads += 1
        if reads == 2:
            await somebody_else_revokes()

    world.steps.between = at_the_second_read
    slow = await world.status_lists.draw((TENANT, 1))
    (quick,) = drafts(world)

    await world.on_list_signed(sign(slow))
    await world.on_list_signed(sign(quick))

    assert other.is_set()
    assert world.bits() == {3}


@pytest.mark.parametrize("seed", range(40))
async def test_two_registries_drawing_one_list_at_once_lose_no_fact(world: World, seed: int) -> None:
    chance = random.Random(seed)
    await world.open_lists()
    for index in range(8):
        world.award(f"a{index}", index=index)

    async def anybody() -> None:
        for _ in range(chance.randrange(4)):
            await give_way()

    world.steps.between = anybody
    first, second = world, World.__new__(World)
    second.__dict__.update(world.__dict__)
    second.start()

    async def revoke(registry: World, names: range) -> None:
        for index in names:
            await registry.statuses.request([asks(f"r{index}", f"a{index}")])

    await asyncio.gather(revoke(first, range(4)), revoke(second, range(4, 8)))
    late = drafts(world)
    chance.shuffle(late)
    for each in late:
        await world.on_list_signed(sign(each))

    assert world.bits() == set(range(8))
