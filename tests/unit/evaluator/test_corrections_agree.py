"""Who holds what in the end is what judging everything from nothing says: in any order, cut, repetition and crash."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.catalogue.criteria import parse
from shared.catalogue.evaluation import evaluate
from shared.catalogue.facts import Facts, Holding, fact_of
from shared.catalogue.model import LiveAchievement
from shared.contracts.events import LearningActivity, Verb
from tests.unit.evaluator.world import DAY, World, catalogue, did, live, voids

HOUR = timedelta(hours=1)
COURSES = {"u": "A", "v": "A", "w": "B", "x": "C"}

leaves = st.one_of(
    st.builds(lambda course: {"completed": {"course": course}}, st.sampled_from(["A", "B", "C", "*"])),
    st.builds(
        lambda course, bound, take: {"score": {"course": course, **bound, **take}},
        st.sampled_from(["A", "B", "[BC]"]),
        st.sampled_from([{"at_least": "50%"}, {"at_most": "50%"}, {"less_than": 0.9}]),
        st.sampled_from([{}, {"take": "last"}, {"take": "first"}]),
    ),
    st.builds(lambda n: {"count": {"of": {"completed": {"course": "*"}}, "at_least": n}}, st.integers(1, 3)),
)
badges = st.sampled_from([{"holds": "base"}, {"not": {"holds": "base"}}])
criteria = st.recursive(
    st.one_of(leaves, badges),
    lambda inner: st.one_of(
        st.builds(lambda of: {"all": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"any": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"not": of}, inner),
    ),
    max_leaves=4,
)
policies = st.sampled_from(["suspend", "revoke"])


def rules(draw: tuple[dict[str, Any], list[str]]) -> dict[str, tuple[dict[str, Any], str]]:
    """`top` asks for anything, but of somebody who did something; `stack` and `pure` need it, or mustn't have it."""
    criterion, policy = draw
    asked = {"all": [{"any": [{"completed": {"course": "*"}}, {"score": {"course": "*", "at_least": 0}}]}, criterion]}
    return {
        "base": ({"completed": {"course": "A"}}, policy[0]),
        "top": (asked, policy[1]),
        "stack": ({"all": [{"holds": "top"}, {"completed": {"course": "[AC]"}}]}, policy[2]),
        "pure": ({"all": [{"completed": {"course": "B"}}, {"not": {"holds": "stack"}}]}, policy[3]),
    }


catalogues = st.builds(rules, st.tuples(criteria, st.lists(policies, min_size=4, max_size=4)))

plain = st.builds(
    lambda number, name, hours, verb, score: did(
        f"{name}{number}", COURSES[name], at=DAY + hours * HOUR, verb=verb, score=score,
        content=f"{hours} {verb} {score}",
    ),
    st.integers(0, 2), st.sampled_from("uwx"), st.integers(0, 9),
    st.sampled_from([Verb.COMPLETED, Verb.FAILED, Verb.SCORED]), st.sampled_from([None, 0.4, 0.95]),
)  # fmt: skip
versioned = st.builds(
    lambda name, hours, said, verb, score, withdrawn: did(
        name, COURSES[name], at=DAY + hours * HOUR, verb=verb, score=score, version=DAY + said * HOUR,
        withdrawn=withdrawn, content=f"{hours} {said} {verb} {score} {withdrawn}",
    ),
    st.sampled_from("vwx"), st.integers(0, 9), st.integers(1, 4),
    st.sampled_from([Verb.COMPLETED, Verb.FAILED]), st.sampled_from([None, 0.4, 0.95]), st.booleans(),
)  # fmt: skip
voiding = st.builds(voids, st.sampled_from(["u0", "w1", "v"]))


def voidable(activity: LearningActivity) -> LearningActivity:
    return activity.model_copy(update={"dialect": "xapi"})


histories = st.lists(
    st.one_of(plain, versioned, versioned, voiding).map(voidable),
    min_size=1, max_size=7, unique_by=lambda each: each.activity_id,
)  # fmt: skip


def achievements(written: dict[str, tuple[dict[str, Any], str]]) -> list[LiveAchievement]:
    return [live(name, rule, on_correction=policy) for name, (rule, policy) in written.items()]


def reference(written: dict[str, tuple[dict[str, Any], str]], events: Sequence[LearningActivity]) -> set[str]:
    """Everything at once, from nothing, in the order in which badges need each other."""
    facts = [fact_of(each.model_dump()) for each in events]
    known = {each.one for each in facts if each.verb != "voided"}
    held: list[Holding] = []
    for name, (rule, _) in written.items():
        seen = Facts.of([each for each in facts if each.one in known], held)
        if seen.activities and evaluate(parse(rule), seen).met:
            held.append(Holding(name, name, DAY))
    return {each.achievement for each in held}


def outcome(world: World, awards: Sequence[Any]) -> dict[str, Any]:
    return {
        f"{each.achievement}:{each.award_key}": (
            each.earned_at, each.why, each.state, [(one.change, one.reason) for one in each.corrections]
        )
        for each in awards
    }  # fmt: skip


async def judged(world: World, batches: Sequence[Sequence[LearningActivity]]) -> tuple[set[str], dict[str, Any]]:
    for batch in batches:
        await world.receive(*batch)
    await world.registry_tells()
    held = {each.split(":")[0] for each in await world.holds()}
    return held, outcome(world, await world.everything())


def run(written: dict[str, Any], batches: Sequence[Sequence[LearningActivity]]) -> tuple[set[str], dict[str, Any]]:
    return asyncio.run(judged(World(catalogue(*achievements(written))), batches))


def cut(events: Sequence[LearningActivity], cuts: set[int]) -> list[Sequence[LearningActivity]]:
    ends = [*sorted(cuts), len(events)]
    return [events[start:end] for start, end in zip([0, *sorted(cuts)], ends, strict=True) if events[start:end]]


@settings(max_examples=300, deadline=None)
@given(catalogues, histories, st.data())
def test_in_any_order_the_same_is_held_in_the_end(
    written: dict[str, Any], events: list[LearningActivity], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(events))

    as_it_came, _ = run(written, [[each] for each in events])
    otherwise, _ = run(written, [[each] for each in shuffled])

    assert as_it_came == otherwise == reference(written, events)


@settings(max_examples=300, deadline=None)
@given(catalogues, histories, st.data())
def test_no_cut_and_no_repetition_can_be_seen(
    written: dict[str, Any], events: list[LearningActivity], data: st.DataObject
) -> None:
    cuts = data.draw(st.sets(st.integers(1, len(events)), max_size=4))
    repeated = events + data.draw(st.lists(st.sampled_from(events), max_size=3))

    one_by_one = run(written, [[each] for each in events])

    assert run(written, [events]) == one_by_one
    assert run(written, cut(events, cuts)) == one_by_one
    assert run(written, [repeated, repeated]) == one_by_one


class Crash(BaseException):
    """The process is gone: nothing catches this."""


class Dying:
    """Dies before or after the n-th effect, whatever it is."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.left, self.after = at, after

    def wrap(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def wrapped(*args: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left == 0 and not self.after:
                raise Crash
            found = await call(*args, **named)
            if self.left == 0:
                raise Crash
            return found

        return wrapped


EFFECTS = {"activities": ("insert", "adopt", "tag"), "awards": ("insert", "revive", "withdraw", "correct")}


async def crashed(
    written: dict[str, Any], batches: Sequence[Sequence[LearningActivity]], dying: Dying
) -> tuple[World, set[str], dict[str, Any]]:
    world = World(catalogue(*achievements(written)))
    world.broker = dying.wrap(world.publish)
    for name, methods in EFFECTS.items():
        store = getattr(world, name)
        for method in methods:
            setattr(store, method, dying.wrap(getattr(store, method)))
    world.restarted()
    for batch in batches:
        try:
            await world.receive(*batch)
        except Crash:
            world.restarted()
            await world.receive(*batch)
    held, awards = await judged(world, [])
    return world, held, awards


@settings(max_examples=300, deadline=None)
@given(catalogues, histories, st.integers(1, 20), st.booleans(), st.data())
def test_a_crash_at_any_effect_changes_nothing_and_everything_is_told(
    written: dict[str, Any], events: list[LearningActivity], at: int, after: bool, data: st.DataObject
) -> None:
    batches = cut(events, data.draw(st.sets(st.integers(1, len(events)), max_size=3)))

    world, held, awards = asyncio.run(crashed(written, batches, Dying(at, after=after)))

    assert (held, awards) == run(written, batches)
    assert world.told() == {each.split(":")[0] for each in awards}
    assert {each.request_id for each in world.requests} == world.asked.facts.keys()
    assert len(world.asked.facts) == sum(len(corrections) for *_, corrections in awards.values())
