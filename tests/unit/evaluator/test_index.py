"""An activity meets the rules that it can touch, and pays for no others."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluator.index import Index
from services.evaluator.rules import compile_rules
from shared.catalogue.facts import Fact
from tests.unit.evaluator.world import DAY, TENANT, catalogue, live

ids = st.text("ab-1", min_size=1, max_size=4)
patterns = st.text("ab-1*?", min_size=1, max_size=5) | st.builds(lambda a, b: f"{{{a},{b}}}", ids, ids)
leaves = st.builds(lambda kind, pattern: {kind: pattern}, st.sampled_from(["course", "module"]), patterns)


def fact(*ids: str, kind: str = "course") -> Fact:
    return Fact("f", "e", "lms", "completed", kind, ids, DAY)


@settings(max_examples=200)
@given(st.lists(leaves, max_size=6), st.lists(ids, min_size=1, max_size=3), st.sampled_from(["course", "module"]))
def test_the_index_finds_what_trying_every_rule_finds(
    things: list[dict[str, str]], names: list[str], kind: str
) -> None:
    rules = compile_rules(catalogue(*(live(f"r{at}", {"completed": each}) for at, each in enumerate(things)))).all
    activity = fact(*names, kind=kind)

    found = Index(rules).touched_by(TENANT, activity)

    assert {each.achievement for each in found} == {each.achievement for each in rules if each.touched_by(activity)}
    assert len(found) == len({id(each) for each in found})


def test_other_tenants_rules_are_none_of_its_business() -> None:
    rules = compile_rules(catalogue(live("a", {"completed": {"course": "*"}}))).all

    assert Index(rules).touched_by("south", fact("A")) == ()


def test_thousands_of_rules_cost_what_ten_cost() -> None:
    def seconds(rules: int) -> float:
        def criterion(number: int) -> dict[str, Any]:
            pattern = (f"course-{number}", f"org-{number}+*", f"*+key-{number}")[number % 3]
            return {"all": [{"completed": {"course": pattern}}, {"score": {"course": pattern, "at_least": 0.5}}]}

        index = Index(compile_rules(catalogue(*(live(f"r{at}", criterion(at)) for at in range(rules)))).all)
        activity = fact("course-3", "org-4+x")
        best = 1.0
        for _ in range(7):
            begun = time.perf_counter()
            for _ in range(300):
                assert len(index.touched_by(TENANT, activity)) == 2
            best = min(best, time.perf_counter() - begun)
        return best

    assert seconds(3000) < 5 * seconds(10)
