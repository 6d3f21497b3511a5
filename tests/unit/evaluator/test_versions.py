"""Of one fact the newest version counts, in whatever order and batches its versions come."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluator.rechecking import still_holds
from shared.catalogue.criteria import parse
from shared.catalogue.evaluation import evaluate
from shared.catalogue.facts import Fact, Facts, fact_of, newest
from shared.contracts.events import LearningActivity, Verb
from tests.unit.evaluator.world import DAY, TENANT, World, catalogue, did, live

HOUR = timedelta(hours=1)
GOOD = live("good", {"score": {"course": "A", "at_least": "80%"}})


def graded(
    score: float, said: int, *, name: str = "e1", course: str = "A", withdrawn: bool = False
) -> LearningActivity:
    """What the LMS said of one grade so many hours after the day began."""
    version = DAY + said * HOUR
    content = f"{name} {score} {said} {withdrawn}"
    return did(name, course, score=score, verb=Verb.SCORED, version=version, withdrawn=withdrawn, content=content)


async def test_a_grade_that_was_raised_earns() -> None:
    world = World(catalogue(GOOD))

    await world.receive(graded(0.5, 1))
    before = world.told()
    await world.receive(graded(0.9, 2))

    assert before == set()
    assert world.published[0].score == 0.9


async def test_a_grade_that_was_lowered_before_it_came_earns_nothing() -> None:
    world = World(catalogue(GOOD))

    await world.receive(graded(0.5, 2), graded(0.9, 1))

    assert world.told() == set()


async def test_a_grade_that_was_lowered_later_takes_nothing_back_but_no_longer_holds() -> None:
    world = World(catalogue(GOOD))
    await world.receive(graded(0.9, 1))
    award = (await world.held())["good:once"]

    async def holds() -> bool:
        activities = (await world.activities.of_learners({(TENANT, "ada")}))[TENANT, "ada"]
        return still_holds(award, await world.live(), activities, [award], world.now)

    before = await holds()
    await world.receive(graded(0.5, 2))
    after = await holds()
    await world.receive(graded(0.85, 3))

    assert (before, after, await holds()) == (True, False, True)
    assert set(await world.held()) == {"good:once"}
    assert len(world.published) == 1


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_fact_that_was_withdrawn_holds_nothing(order: tuple[int, int]) -> None:
    rule = {"all": [{"completed": {"course": "A"}}, {"completed": {"course": "B"}}]}
    world = World(catalogue(live("both", rule)))
    versions = [did("e1", "A", version=DAY), did("e1", "A", version=DAY + HOUR, withdrawn=True, content="gone")]
    await world.receive(*(versions[number] for number in order))

    await world.receive(did("e2", "B"))

    assert world.told() == set()


async def test_a_completion_that_was_removed_and_given_again_counts() -> None:
    world = World(catalogue(live("done", {"completed": {"course": "A"}})))
    removed = did("e1", "A", version=DAY + 2 * HOUR, withdrawn=True, content="removed")
    again = did("e1", "A", version=DAY + 3 * HOUR, content="again")
    await world.receive(removed, did("e1", "A", version=DAY))
    before = world.told()

    await world.receive(again)

    assert (before, world.told()) == (set(), {"done"})


async def test_everything_withdrawn_is_nothing_known_even_when_it_falls_due() -> None:
    world = World(catalogue(live("late", {"completed": {"course": "A"}}, issue_after="P1D")))
    world.now = DAY
    await world.receive(did("e1", "A", version=DAY))
    await world.receive(did("e1", "A", version=DAY + HOUR, withdrawn=True, content="gone"))

    await world.sweep_up(timedelta(days=2))

    assert world.published == []


async def test_a_correction_in_the_middle_of_a_batch_ends_what_was_true_before_it_only() -> None:
    """Between two corrections what can only become true is found by halving: each part has to be looked at."""
    rule = {"all": [{"score": {"course": "A", "at_least": "80%"}}, {"completed": {"course": "B"}}]}
    world = World(catalogue(live("both", rule)))

    await world.receive(
        graded(0.9, 1), did("x", "X"), did("b", "B"), graded(0.1, 2), did("y", "Y"), did("z", "Z"),
    )  # fmt: skip

    assert world.told() == {"both"}


def fact(name: str, version: int | None, withdrawn: bool) -> Fact:
    at = None if version is None else DAY + version * HOUR
    return Fact(name, name, "lms", "completed", "course", ("A",), DAY, fact="one", version=at, withdrawn=withdrawn)


versions = st.builds(fact, st.sampled_from("abcdef"), st.sampled_from([None, 0, 1, 2]), st.booleans())


@settings(max_examples=200)
@given(st.lists(versions, max_size=6, unique_by=lambda each: each.id), st.data())
def test_which_version_counts_depends_on_no_order(facts: list[Fact], data: st.DataObject) -> None:
    assert newest(facts) == newest(data.draw(st.permutations(facts)))


def test_of_two_words_of_one_moment_the_withdrawal_counts() -> None:
    assert newest([fact("b", 1, False), fact("a", 1, True)]) == []


def test_what_has_no_version_is_older_than_any() -> None:
    (found,) = newest([replace(fact("z", None, False), fact=None, id="one"), fact("a", 0, False)])

    assert found.id == "a"


def test_criteria_are_explained_by_what_holds_now() -> None:
    facts = Facts.of([fact_of(graded(0.9, 1).model_dump()), fact_of(graded(0.5, 2).model_dump())])

    assert [each.score for each in facts.activities] == [0.5]


changes = st.builds(
    lambda name, said, score, withdrawn: (name, said, score, withdrawn),
    st.sampled_from("ABC"),
    st.sampled_from([None, 1, 2, 3]),
    st.sampled_from([0.4, 0.6, 0.9]),
    st.booleans(),
)
RULES: dict[str, dict[str, Any]] = {
    "one": {"score": {"course": "A", "at_least": 0.6}},
    "most": {"count": {"of": {"score": {"course": "*", "at_least": 0.6}}, "at_least": 2}},
    "clean": {
        "all": [{"score": {"course": "A", "at_least": 0.6}}, {"not": {"score": {"course": "B", "at_least": 0.9}}}]
    },
    "badge": {"all": [{"holds": "one"}, {"score": {"course": "C", "at_least": 0.4}}]},
}


def drawn(facts: list[tuple[str, int | None, float, bool]]) -> list[LearningActivity]:
    """A fact a course; each version once."""
    found: dict[str, LearningActivity] = {}
    for name, said, score, withdrawn in facts:
        activity = (
            graded(score, said, name=name, course=name, withdrawn=withdrawn)
            if said is not None
            else did(name, name, score=score, verb=Verb.SCORED)
        )
        found.setdefault(activity.activity_id, activity)
    return list(found.values())


def awarded(batches: list[list[LearningActivity]]) -> dict[str, tuple[datetime, str]]:
    async def run() -> dict[str, tuple[datetime, str]]:
        world = World(catalogue(*(live(name, rule) for name, rule in RULES.items())))
        for batch in batches:
            await world.receive(*batch)
        return {name.split(":")[0]: (each.earned_at, each.why) for name, each in (await world.held()).items()}

    return asyncio.run(run())


@settings(max_examples=150, deadline=None)
@given(st.lists(changes, min_size=1, max_size=7), st.data())
def test_any_split_into_batches_gives_the_same_awards(
    facts: list[tuple[str, int | None, float, bool]], data: st.DataObject
) -> None:
    events = drawn(facts)
    cuts = [0, *sorted(data.draw(st.sets(st.integers(1, len(events)), max_size=3))), len(events)]

    whole = awarded([events])

    assert whole == awarded([[each] for each in events])
    assert whole == awarded([events[start:end] for start, end in pairwise(cuts) if end > start])


@settings(max_examples=150, deadline=None)
@given(st.lists(changes, min_size=1, max_size=7))
def test_it_agrees_with_judging_everything_after_each_arrival(facts: list[tuple[str, int | None, float, bool]]) -> None:
    events = drawn(facts)

    assert set(awarded([events])) == reference(events)


def reference(events: list[LearningActivity]) -> set[str]:
    """Whatever was true of the newest versions after any arrival; `badge` needs `one`, which stays once it is there."""
    held: set[str] = set()
    for end in range(1, len(events) + 1):
        known: dict[str, LearningActivity] = {}
        for each in events[:end]:
            other = known.get(each.event_id)
            if other is None or age(other) < age(each):
                known[each.event_id] = each
        facts = Facts.of(fact_of(each.model_dump()) for each in known.values() if not each.withdrawn)
        held |= {
            name for name in ("one", "most", "clean") if facts.activities and evaluate(parse(RULES[name]), facts).met
        }
        if "one" in held and any(each.object.ids == ("C",) for each in known.values() if not each.withdrawn):
            held.add("badge")
    return held


def age(activity: LearningActivity) -> tuple[Any, ...]:
    return (activity.version is not None, activity.version or DAY, activity.withdrawn)
