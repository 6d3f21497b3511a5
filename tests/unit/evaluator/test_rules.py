"""Rules are judged in the order in which their badges need each other."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from services.evaluator.rules import compile_rules
from tests.unit.evaluator.world import DAY, World, catalogue, did, live

BASE = live("base", {"completed": {"course": "A"}})
MIDDLE = live("middle", {"holds": "base"})
TOP = live("top", {"all": [{"holds": "middle"}, {"holds": "base"}]})


@pytest.mark.parametrize("order", list(permutations([BASE, MIDDLE, TOP])))
def test_what_is_needed_comes_first(order: tuple[object, ...]) -> None:
    rules = compile_rules(catalogue(*order))  # type: ignore[arg-type]  # permutations forget the type
    base = next(each for each in rules.all if each.achievement == "base")

    assert [each.achievement for each in rules.with_dependants([base])] == ["base", "middle", "top"]


def test_only_what_can_be_touched_is_judged() -> None:
    rules = compile_rules(catalogue(BASE, MIDDLE, TOP, live("other", {"completed": {"course": "B"}})))
    middle = next(each for each in rules.all if each.achievement == "middle")

    assert [each.achievement for each in rules.with_dependants([middle])] == ["middle", "top"]


@pytest.mark.parametrize("names", [("bronze", "gold"), ("gold", "bronze")])
async def test_collectors_that_count_each_other_are_earned_at_once(names: tuple[str, str]) -> None:
    criteria = {
        "bronze": {"holds": {"achievement": "*", "at_least": 1}},
        "gold": {"holds": {"achievement": "*", "at_least": 2}},
    }
    world = World(catalogue(*(live(name, criteria[name]) for name in names), BASE))

    await world.receive(did("e1", "A"))

    assert world.told() == {"base", "bronze", "gold"}


def test_a_ring_does_not_hang_the_compiler() -> None:
    rules = compile_rules(catalogue(live("a", {"holds": "b"}), live("b", {"holds": "a"})))

    assert len(rules.with_dependants(rules.all[:1])) == 2


def test_versions_side_by_side_can_both_be_earned_until_one_supersedes_the_others() -> None:
    first, second = BASE, live("base", {"completed": {"course": "B"}}, version=2)
    third = live("base", {"completed": {"course": "C"}}, version=3, supersedes=2)

    beside = compile_rules(catalogue(first, second))
    replaced = compile_rules(catalogue(third, first, second))

    assert [each.version for each in beside.of("north", "base")] == [2, 1]
    assert [each.version for each in replaced.of("north", "base")] == [3]


def test_awards_of_a_superseded_version_are_looked_after_where_corrections_take_them_back() -> None:
    first = live("base", {"completed": {"course": "A"}}, on_correction="suspend")
    second = live("base", {"completed": {"course": "B"}}, version=2, supersedes=1)

    rules = compile_rules(catalogue(first, second))

    assert [(each.version, each.earnable) for each in rules.of("north", "base")] == [(2, True), (1, False)]


async def test_of_versions_side_by_side_whoever_meets_one_first_gets_that_one_and_no_other() -> None:
    first, second = BASE, live("base", {"completed": {"course": "B"}}, version=2)
    world = World(catalogue(first, second))

    await world.receive(did("e1", "B", learner="bob"), did("e2", "A"))
    await world.receive(did("e3", "A", learner="bob"), did("e4", "B"))
    await world.receive(did("e5", "Z", learner="eve"))

    assert {each.learner: each.version for each in world.published} == {"bob": 2, "ada": 1}


async def test_who_meets_several_versions_at_once_gets_the_newest() -> None:
    second = live("base", {"completed": {"course": "[AB]"}}, version=2)
    world = World(catalogue(BASE, second))

    await world.receive(did("e1", "A"))

    assert [each.version for each in world.published] == [2]


async def test_an_older_version_beside_can_be_earned_until_it_retires() -> None:
    first = live("base", {"completed": {"course": "A"}}, retire_on="2026-03-02")
    world = World(catalogue(first, live("base", {"completed": {"course": "B"}}, version=2)))

    await world.receive(did("e1", "A"), did("e2", "A", learner="bob", at=DAY + timedelta(days=1)))

    assert [(each.learner, each.version) for each in world.published] == [("ada", 1)]
