"""Judging reads what the touched rules can see, and awards what it would by reading everything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluator.arriving import document_of
from services.evaluator.compiled import compiled
from services.evaluator.ports import Learner, Outcome
from services.evaluator.touches import tag_of
from shared.catalogue.model import LiveAchievement
from shared.contracts.events import LearningActivity, Verb
from tests.unit.evaluator.memory import MemoryActivities
from tests.unit.evaluator.world import DAY, TENANT, World, catalogue, decided, deliver, did, live, voids

ADA = (TENANT, "ada")
PATTERNS = ("A", "A", "B", "{A,B}")


class Watched(MemoryActivities):
    """Says how much was read of anybody."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    async def of_learners(self, learners: Collection[Learner]) -> dict[Learner, list[Mapping[str, Any]]]:
        found = await super().of_learners(learners)
        self.read += sum(map(len, found.values()))
        return found

    async def touching(self, achievements: Mapping[Learner, Collection[str]]) -> dict[Learner, list[Mapping[str, Any]]]:
        before = self.read
        found = await super().touching(achievements)
        self.read = before + sum(map(len, found.values()))
        return found


class Whole(MemoryActivities):
    """Reads everything, whatever is asked."""

    async def touching(self, achievements: Mapping[Learner, Collection[str]]) -> dict[Learner, list[Mapping[str, Any]]]:
        return await self.of_learners(set(achievements))


def leaf(pattern: str) -> dict[str, Any]:
    return {"completed": {"course": pattern}}


criteria = st.one_of(
    st.builds(leaf, st.sampled_from(PATTERNS)),
    st.builds(
        lambda one, other: {"all": [leaf(one), leaf(other)]}, st.sampled_from(PATTERNS), st.sampled_from(PATTERNS)
    ),
    st.builds(
        lambda one, other: {"all": [leaf(one), {"not": leaf(other)}]},
        st.sampled_from(PATTERNS),
        st.sampled_from(PATTERNS),
    ),
    st.builds(lambda one: {"all": [leaf(one), {"holds": "x"}]}, st.sampled_from(PATTERNS)),
    st.builds(lambda one: {"count": {"of": leaf(one), "at_least": 2}}, st.sampled_from(PATTERNS)),
)
happened = st.tuples(
    st.sampled_from(["did", "did", "did", "corrected", "withdrawn", "voided", "granted", "withheld"]),
    st.integers(0, 1),
    st.sampled_from("AABC"),
    st.integers(0, 2),
)
applied = st.tuples(st.just("applied"), st.sampled_from("xy"), criteria)
steps = st.lists(st.one_of(happened, happened, happened, applied, st.just(("backfilled",))), min_size=2, max_size=8)


def activity(what: str, number: int, course: str, hour: int) -> LearningActivity:
    at = DAY + timedelta(hours=hour)
    match what:
        case "voided":
            return voids(f"e{number}", at=at)
        case "granted" | "withheld":
            return decided(f"d{number}-{hour}", Verb(what), "xy"[number], at=at)
        case "corrected" | "withdrawn":
            return did(
                f"v{number}", course, at=at, version=at, withdrawn=what == "withdrawn", content=f"{what} {course}"
            )
        case _:
            # what voids may take back comes from a dialect that has voids
            return did(f"e{number}", course, at=at, content=course).model_copy(update={"dialect": "xapi"})


async def play(world: World, plan: list[Any]) -> dict[str, Any]:
    versions: dict[str, LiveAchievement] = {}
    revision = 0
    for what, *rest in plan:
        if what == "applied":
            slug, criterion = rest
            revision += 1
            version = versions[slug].achievement.version + 1 if slug in versions else 1
            one = live(slug, criterion, version=version)
            versions[slug] = one.model_copy(update={"revision": revision})
            world.catalogue = catalogue(*versions.values(), revision=revision)
        elif what == "backfilled":
            await world.evaluator.judge_everything([ADA], await world.live())
        else:
            await world.receive(activity(what, *rest))
        await world.tagged.look(await world.live())
    return {name: (each.version, each.earned_at, each.state) for name, each in (await world.held()).items()}


@settings(max_examples=800, deadline=None)
@given(st.lists(applied, min_size=1, max_size=2), steps)
async def test_what_is_awarded_is_what_reading_everything_would_award(first: list[Any], plan: list[Any]) -> None:
    begin = catalogue(revision=0)

    bounded = await play(World(begin), [*first, *plan])
    whole = await play(World(begin, Whole()), [*first, *plan])

    assert bounded == whole


async def test_only_what_the_touched_rules_can_see_is_read() -> None:
    activities = Watched()
    world = World(catalogue(live("a", leaf("A")), live("b", {"all": [leaf("B*"), leaf("Z")]})), activities)
    await world.tagged.look(await world.live())
    await world.receive(*(did(f"e{number}", f"B{number}") for number in range(100)))
    activities.read = 0

    await world.receive(did("a", "A"))

    assert world.told() == {"a"}
    assert activities.read == 1


async def test_a_rule_that_is_newer_than_what_is_stored_sees_everything_until_that_is_judged_again() -> None:
    activities = Watched()
    old = live("a", leaf("A")).model_copy(update={"revision": 1})
    new = live("b", {"all": [leaf("B1"), leaf("C")]}).model_copy(update={"revision": 2})
    world = World(catalogue(old), activities)
    await world.tagged.look(await world.live())
    await world.receive(*(did(f"e{number}", f"B{number}") for number in range(100)))
    world.catalogue = catalogue(old, new, revision=2)
    await world.tagged.look(await world.live())
    activities.read = 0

    await world.receive(did("c", "C"))
    before = activities.read
    await world.evaluator.judge_everything([ADA], await world.live())
    await world.tagged.look(await world.live())
    activities.read = 0
    await world.receive(did("c2", "C"))

    assert world.told() == {"b"}
    assert before == 101
    assert activities.read == 3, "B1, and C twice"


async def test_an_evaluator_that_stores_under_an_older_revision_finds_out_and_leaves_no_gap() -> None:
    """The catalogue goes live, and everything stored is judged again, between its look and its write."""

    class Slow(MemoryActivities):
        async def insert(self, documents: Any) -> Outcome:
            if not world.awards_looked_for:
                world.awards_looked_for = True
                world.catalogue = catalogue(new, revision=2)
                await world.tagged.look(await world.live())
            return await super().insert(documents)

    class Changing(World):
        awards_looked_for = False

    new = live("new", leaf("A")).model_copy(update={"revision": 2})
    world = Changing(catalogue(live("other", leaf("B"))), Slow())

    await world.receive(did("e1", "A"))

    assert world.told() == {"new"}
    [stored] = (await world.activities.of_learners([ADA]))[ADA]
    assert (stored["touches"], stored["judged_under"]) == ([tag_of("ada", "new")], 2)


async def test_what_a_crash_left_tagged_under_an_older_revision_is_tagged_by_its_redelivery() -> None:
    old, both = catalogue(), live("both", {"all": [leaf("A"), leaf("B")]}).model_copy(update={"revision": 2})
    world = World(catalogue(both, revision=2))
    await world.tagged.look(await world.live())
    [delivered] = deliver([did("e1", "A")])
    await world.activities.insert([document_of(delivered, "ada", compiled(old))])

    await world.receive(did("e1", "A"))
    await world.receive(did("e2", "B"))

    assert world.told() == {"both"}


@pytest.mark.parametrize("first", ["void", "fact"])
async def test_a_void_is_seen_wherever_what_it_voids_is(first: str) -> None:
    """Also after both were tagged anew."""
    rule = live("two", {"count": {"of": leaf("*"), "at_least": 2}})
    world = World(catalogue(rule))
    await world.tagged.look(await world.live())
    void, fact = voids("e1"), did("e1", "A").model_copy(update={"dialect": "xapi"})
    for each in (void, fact) if first == "void" else (fact, void):
        await world.receive(each)

    await world.receive(did("e2", "B"))
    world.catalogue = catalogue(rule, revision=2)
    await world.evaluator.judge_everything([ADA], await world.live())
    await world.tagged.look(await world.live())
    await world.receive(did("e2", "B"))

    assert await world.held() == {}


async def test_a_version_about_something_else_is_seen_wherever_the_others_are() -> None:
    world = World(catalogue(live("a", leaf("A")), live("b", leaf("B"))))
    await world.tagged.look(await world.live())
    later = DAY + timedelta(hours=1)

    await world.receive(did("grade", "B", version=later, at=later, withdrawn=True, content="gone"))
    await world.receive(did("grade", "A", version=DAY, content="there"))

    assert await world.held() == {}


async def test_everything_of_a_merged_account_is_seen_by_the_other_one() -> None:
    both = live("both", {"all": [leaf("A"), leaf("B")]})
    world = World(catalogue(both))
    await world.tagged.look(await world.live())
    await world.receive(did("e1", "A", learner="old"))

    await world.activities.move(TENANT, "old", "ada")
    await world.receive(did("e2", "B"))

    assert set(await world.held()) == {"both:once"}
