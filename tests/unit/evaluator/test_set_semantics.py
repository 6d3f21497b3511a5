"""The same activities give the same awards: against a reference that is too simple to be wrong."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.events import LearningActivity, Verb
from tests.unit.evaluator.world import DAY, World, catalogue, did, live

COURSES = ("A", "B", "C")

leaves = st.one_of(
    st.builds(lambda course: {"completed": {"course": course}}, st.sampled_from([*COURSES, "*", "[AB]"])),
    st.builds(lambda course: {"passed": {"course": course}}, st.sampled_from(COURSES)),
    st.builds(
        lambda course, least: {"score": {"course": course, "at_least": least}},
        st.sampled_from([*COURSES, "{A,C}"]),
        st.sampled_from(["50%", 0.8, "16/20"]),
    ),
)
counts = st.builds(
    lambda of, least, distinct, within: {
        "count": {"of": of, "at_least": least, "distinct": distinct, **({"within": within} if within else {})}
    },
    leaves,
    st.integers(1, 3),
    st.sampled_from(["course", "run", "day"]),
    st.sampled_from([None, "2d", "P1D", "36h"]),
)
badges = st.sampled_from([{"holds": "base"}, {"holds": {"achievement": "b*", "at_least": 2}}])
monotone = st.recursive(
    st.one_of(leaves, counts, badges),
    lambda inner: st.one_of(
        st.builds(lambda of: {"all": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"any": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"at_least": {"n": min(2, len(of)), "of": of}}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=5,
)
BASE = (live("base", {"completed": {"course": "A"}}), live("bonus", {"passed": {"course": "B"}}))

activity = st.builds(
    lambda course, run, hours, verb, score: (course, run, hours, verb, score),
    st.sampled_from(COURSES),
    st.sampled_from([None, "r1", "r2"]),
    st.integers(0, 100),
    st.sampled_from(list(Verb)),
    st.sampled_from([None, 0.4, 0.5, 0.8, 0.95]),
)


def activities(drawn: list[tuple[Any, ...]]) -> list[LearningActivity]:
    return [
        did(
            f"e{number}", course, run=f"{course}-{run}" if run else None, at=DAY + timedelta(hours=hours), verb=verb,
            score=score,
        )
        for number, (course, run, hours, verb, score) in enumerate(drawn)
    ]  # fmt: skip


def awards(
    criterion: dict[str, Any], batches: list[list[LearningActivity]], **fields: Any
) -> dict[str, tuple[datetime, str]]:
    async def run() -> dict[str, tuple[datetime, str]]:
        world = World(catalogue(live("top", criterion, **fields), *BASE))
        for batch in batches:
            await world.receive(*batch)
        assert world.told() == {name.split(":")[0] for name in await world.held()}
        return {name: (each.earned_at, each.why) for name, each in (await world.held()).items()}

    return asyncio.run(run())


@settings(max_examples=80, deadline=None)
@given(monotone, st.lists(activity, min_size=1, max_size=7), st.data())
def test_criteria_that_can_only_become_true_know_no_order_and_no_repeats(
    criterion: dict[str, Any], drawn: list[tuple[Any, ...]], data: st.DataObject
) -> None:
    events = activities(drawn)
    shuffled = data.draw(st.permutations(events + events))

    once = awards(criterion, [events])
    again = awards(criterion, [[each] for each in shuffled])

    assert set(once) == set(again)


any_criterion = st.one_of(
    monotone,
    st.builds(lambda one, other: {"all": [one, {"not": other}]}, leaves, st.one_of(leaves, badges)),
    st.builds(
        lambda course, most: {"score": {"course": course, "at_most": most}}, st.sampled_from(COURSES), st.just(0.5)
    ),
)


@settings(max_examples=80, deadline=None)
@given(any_criterion, st.lists(activity, min_size=1, max_size=7), st.data(), st.booleans())
def test_any_split_into_batches_gives_the_same_awards_moments_and_reasons(
    criterion: dict[str, Any], drawn: list[tuple[Any, ...]], data: st.DataObject, repeatable: bool
) -> None:
    events = activities(drawn)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(events)), max_size=3)))
    split = [events[start:end] for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True)]

    whole = awards(criterion, [events], repeatable=repeatable)
    one_by_one = awards(criterion, [[each] for each in events], repeatable=repeatable)
    in_parts = awards(criterion, [each for each in split if each], repeatable=repeatable)

    assert whole == one_by_one == in_parts


@settings(max_examples=120, deadline=None)
@given(monotone, st.lists(activity, min_size=1, max_size=6))
def test_it_agrees_with_a_reference_that_tries_everything(
    criterion: dict[str, Any], drawn: list[tuple[Any, ...]]
) -> None:
    events = activities(drawn)

    found = awards(criterion, [events])

    assert {name.split(":")[0]: at for name, (at, _) in found.items()} == reference(criterion, events)


def reference(criterion: dict[str, Any], events: list[LearningActivity]) -> dict[str, datetime]:
    """Arrivals one by one; at each, every moment from the first on; to a fixpoint. Straight from the definition."""
    held: dict[str, datetime] = {}
    rules = {"base": {"completed": {"course": "A"}}, "bonus": {"passed": {"course": "B"}}, "top": criterion}
    for end in range(1, len(events) + 1):
        arrived = events[:end]
        for name, rule in rules.items():
            if name in held:
                continue
            moments = sorted({each.occurred_at for each in arrived} | set(held.values()))
            for moment in moments:
                if true(rule, arrived, held, moment):
                    held[name] = moment
                    break
    return held


def true(raw: dict[str, Any], arrived: list[LearningActivity], held: dict[str, datetime], moment: datetime) -> bool:
    ((name, value),) = raw.items()
    match name:
        case "all":
            return all(true(each, arrived, held, moment) for each in value)
        case "any":
            return any(true(each, arrived, held, moment) for each in value)
        case "at_least":
            return bool(sum(true(each, arrived, held, moment) for each in value["of"]) >= value["n"])
        case "holds":
            names = {"base"} if isinstance(value, str) else {"base", "bonus"}
            return sum(since <= moment for badge, since in held.items() if badge in names) >= (
                1 if isinstance(value, str) else value["at_least"]
            )
        case "count":
            fitting = [each for each in arrived if each.occurred_at <= moment and fits(value["of"], each)]
            return any(
                within(value, chosen) and len({key(value["distinct"], each) for each in chosen}) >= value["at_least"]
                for chosen in combinations(fitting, value["at_least"])
            )
    return any(each.occurred_at <= moment and fits(raw, each) for each in arrived)


def within(value: dict[str, Any], chosen: tuple[LearningActivity, ...]) -> bool:
    times = [each.occurred_at for each in chosen]
    hours = {None: 10_000, "2d": 48, "P1D": 24, "36h": 36}[value.get("within")]
    return bool(max(times) - min(times) <= timedelta(hours=hours))


def key(distinct: str, each: LearningActivity) -> object:
    return {"course": each.object.course, "run": each.object.run, "day": each.occurred_at.date()}[distinct]


def fits(raw: dict[str, Any], each: LearningActivity) -> bool:
    ((name, value),) = raw.items()
    courses = {"*": COURSES, "[AB]": ("A", "B"), "{A,C}": ("A", "C")}.get(value["course"], (value["course"],))
    if each.object.course not in courses:
        return False
    match name:
        case "completed":
            return each.verb in {Verb.COMPLETED, Verb.PASSED, Verb.MASTERED}
        case "passed":
            return each.verb is Verb.PASSED
    least = {"50%": 0.5, 0.8: 0.8, "16/20": 0.8}[value["at_least"]]
    return each.score is not None and bool(each.score >= least)
