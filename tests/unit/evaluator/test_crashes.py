"""A crash after each single effect loses nothing and awards nothing twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.documents import AwardState
from shared.errors import Unavailable
from tests.unit.evaluator.memory import MemoryActivities, MemoryAwards
from tests.unit.evaluator.world import DAY, World, catalogue, did, live

INTRO = live("intro", {"completed": {"course": "A"}})
STACK = live("stack", {"all": [{"holds": "intro"}, {"completed": {"course": "B"}}]})
LATE = live("late", {"completed": {"course": "A"}}, issue_after="P1D")
EFFECTS = ("activities.insert", "awards.insert", "publish")


class Crash(BaseException):
    """The process is gone: nothing catches this."""


class Crashing:
    """Dies before, or after, the first call of one effect."""

    def __init__(self, effect: str, when: str) -> None:
        self.effect, self.when, self.armed = effect, when, True

    def wrap(self, effect: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def wrapped(*args: Any, **named: Any) -> Any:
            dies = self.armed and effect == self.effect
            if dies and self.when == "before":
                self.armed = False
                raise Crash
            found = await call(*args, **named)
            if dies:
                self.armed = False
                raise Crash
            return found

        return wrapped


class CrashingWorld(World):
    def crash(self, effect: str, when: str) -> None:
        crashing = Crashing(effect, when)
        for store, name in ((self.activities, "activities"), (self.awards, "awards")):
            for method in ("insert", "settle", "postpone", "look_through"):
                if hasattr(store, method):
                    setattr(store, method, crashing.wrap(f"{name}.{method}", getattr(store, method)))
        self.broker = crashing.wrap("publish", self.broker)
        self.restarted()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("effect", EFFECTS)
async def test_a_crash_at_any_effect_is_healed_by_the_redelivery(effect: str, when: str) -> None:
    world = CrashingWorld(catalogue(INTRO, STACK), MemoryActivities(), MemoryAwards())
    world.crash(effect, when)
    batch = [did("e1", "A"), did("e2", "B")]
    with pytest.raises(Crash):
        await world.receive(*batch)

    world.restarted()
    await world.receive(*batch)

    assert set(await world.held()) == {"intro:once", "stack:once"}
    assert world.told() == {"intro", "stack"}
    assert {each.award_id for each in world.published} == {each.id for each in (await world.held()).values()}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("effect", ["awards.insert", "publish"])
async def test_a_crash_between_two_badges_of_a_stack_is_healed(effect: str, when: str) -> None:
    """The first badge is stored, the one that needs it was never judged, and its own activity came long before."""
    world = CrashingWorld(catalogue(INTRO, STACK), MemoryActivities(), MemoryAwards())
    await world.receive(did("e1", "B"))
    world.crash(effect, when)
    with pytest.raises(Crash):
        await world.receive(did("e2", "A"))

    world.restarted()
    await world.receive(did("e2", "A"))

    assert world.told() == {"intro", "stack"}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("effect", ["awards.settle", "publish", "awards.postpone"])
async def test_a_crash_of_the_sweep_is_healed_by_the_next(effect: str, when: str) -> None:
    world = CrashingWorld(catalogue(LATE), MemoryActivities(), MemoryAwards())
    world.now = DAY
    await world.receive(did("e1", "A"))
    world.crash(effect, when)
    with pytest.raises(Crash):
        await world.sweep_up(timedelta(days=1))

    world.restarted()
    await world.sweep_up()

    assert world.told() == {"late"}
    assert (await world.held())["late:once"].state is AwardState.EARNED


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("effect", ["publish", "awards.postpone", "awards.look_through"])
async def test_an_award_whose_batch_never_comes_again_is_told_by_the_sweep(effect: str, when: str) -> None:
    world = CrashingWorld(catalogue(INTRO), MemoryActivities(), MemoryAwards())
    world.crash("publish", "before")
    with pytest.raises(Crash):
        await world.receive(did("e1", "A"))
    world.broker = world.publish
    world.restarted()
    world.crash(effect, when)
    with pytest.raises(Crash):
        await world.sweep_up(timedelta(seconds=15))

    world.restarted()
    await world.sweep_up(timedelta(seconds=15))

    assert world.told() == {"intro"}


async def test_an_award_is_told_as_it_was_stored_though_more_is_known_by_now() -> None:
    first = live("best", {"score": {"course": "A", "at_least": "50%"}})
    world = CrashingWorld(catalogue(first), MemoryActivities(), MemoryAwards())
    world.crash("publish", "before")
    with pytest.raises(Crash):
        await world.receive(did("e1", "A", score=0.5))

    world.restarted()
    world.catalogue = catalogue(first, live("best", {"score": {"course": "A", "at_least": "40%"}}, version=2))
    await world.receive(did("e1", "A", score=0.5), did("e2", "A", score=0.9, at=DAY - timedelta(days=9)))

    (told,) = world.published
    assert (told.version, told.score, told.earned_at) == (1, 0.5, DAY)


async def test_an_outage_is_no_ones_fault_and_the_batch_comes_again() -> None:
    world = World(catalogue(INTRO))

    async def down(_: object) -> None:
        raise Unavailable("kafka")

    healthy, world.broker = world.broker, down
    world.restarted()
    with pytest.raises(Unavailable):
        await world.receive(did("e1", "A"))

    world.broker = healthy
    world.restarted()
    await world.receive(did("e1", "A"))

    assert world.told() == {"intro"}


async def test_two_evaluators_with_one_learner_miss_nothing() -> None:
    """Each stores before it reads, so at least one of them sees both facts."""
    both = live("both", {"all": [{"completed": {"course": "A"}}, {"completed": {"course": "B"}}]})
    activities, awards = MemoryActivities(), MemoryAwards()
    one, other = World(catalogue(both), activities, awards), World(catalogue(both), activities, awards)
    order: list[str] = []
    reading = activities.of_learners

    async def reading_after_the_other_stored(learners: Any) -> Any:
        if not order:
            order.append("one reads")
            await other.receive(did("e2", "B"))
        return await reading(learners)

    activities.of_learners = reading_after_the_other_stored  # type: ignore[method-assign]
    await one.receive(did("e1", "A"))

    assert len(awards.awards) == 1
    assert one.told() | other.told() == {"both"}
