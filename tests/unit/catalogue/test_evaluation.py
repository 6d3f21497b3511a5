"""Worked cases, edges included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.catalogue.criteria import CriterionError, parse
from shared.catalogue.evaluation import evaluate
from shared.catalogue.explain import explain
from shared.catalogue.facts import Fact, Facts, Holding

DAY = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
NAMES = iter(f"f{number}" for number in range(10_000))


def fact(of: str = "A", *, at: datetime = DAY, verb: str = "completed", kind: str = "course", **fields: Any) -> Fact:
    return Fact(next(NAMES), "e", fields.pop("source", "lms"), verb, kind, (of,), at, **fields)


def met(raw: dict[str, Any], *facts: Fact, holdings: tuple[Holding, ...] = (), zone: str = "UTC") -> bool:
    criterion, known = parse(raw), Facts.of(facts, holdings, zone)
    clause = explain(criterion, known)
    found = evaluate(criterion, known).met
    assert clause.met is found
    assert clause.lines()
    return found


@pytest.mark.parametrize(
    ("verb", "done"), [("completed", True), ("passed", True), ("mastered", True), ("scored", False), ("failed", False)]
)
def test_completed_holds_for_passed_and_mastered_too(verb: str, done: bool) -> None:
    assert met({"completed": {"course": "A"}}, fact(verb=verb)) is done


def test_passed_is_what_the_lms_says() -> None:
    assert met({"passed": {"course": "A"}}, fact(verb="passed"))
    assert not met({"passed": {"course": "A"}}, fact(verb="completed", score=1.0))


@pytest.mark.parametrize("criterion", ["completed", "passed"])
def test_an_explicit_no_never_counts(criterion: str) -> None:
    assert not met({criterion: {"course": "A"}}, fact(verb="passed", succeeded=False))


def test_the_kind_and_the_source_must_fit() -> None:
    assert not met({"completed": {"module": "A"}}, fact(kind="course"))
    assert met({"completed": {"module": "A"}}, fact(kind="module"))
    assert not met({"completed": {"course": "A", "from": "other"}}, fact())
    assert met({"completed": {"course": "A", "from": "lms"}}, fact())


@pytest.mark.parametrize("bound", ["80%", 0.8, "16/20"])
def test_a_score_counts_whatever_the_verb_and_the_best_one_counts(bound: Any) -> None:
    raw = {"score": {"course": "A", "at_least": bound}}

    assert met(raw, fact(verb="failed", score=0.8), fact(score=0.1))
    assert not met(raw, fact(score=0.79))
    assert not met(raw, fact())


def test_the_best_of_each_thing_apart_has_to_stay_below() -> None:
    raw = {"score": {"course": "*", "at_most": "50%"}}

    assert not met(raw, fact("A", score=0.4), fact("A", score=0.6))
    assert met(raw, fact("A", score=0.4), fact("A", score=0.6), fact("B", score=0.5))


def test_a_score_may_lie_between_two_bounds() -> None:
    raw = {"score": {"course": "A", "at_least": "50%", "less_than": "80%"}}

    assert met(raw, fact(score=0.5))
    assert not met(raw, fact(score=0.8))


def count(of: int, within: str | None = None, distinct: str | None = None) -> dict[str, Any]:
    options = {"within": within, "distinct": distinct}
    given = {name: value for name, value in options.items() if value}
    return {"count": {"of": {"completed": {"course": "*"}}, "at_least": of, **given}}


def test_repeats_of_a_course_count_once_and_its_runs_apart_only_if_asked() -> None:
    runs = [fact("A-1", course="A", run="A-1"), fact("A-2", course="A", run="A-2")]

    assert not met(count(2), *runs)
    assert met(count(2, distinct="run"), *runs)


def test_both_ends_of_a_window_belong_to_it() -> None:
    first = fact("A")

    assert met(count(2, "P1D"), first, fact("B", at=DAY + timedelta(days=1)))
    assert not met(count(2, "P1D"), first, fact("B", at=DAY + timedelta(days=1, milliseconds=1)))


def test_a_window_may_begin_anywhere_and_repeats_inside_it_spoil_nothing() -> None:
    times = {"A": 0, "B": 20, "A2": 40, "C": 41, "A3": 42}
    facts = [fact(name[0], at=DAY + timedelta(days=days)) for name, days in times.items()]

    assert met(count(3, "22d"), *facts)
    assert not met(count(3, "20d"), *facts)
    assert met(count(2, "1d"), *facts)


@pytest.mark.parametrize(("last", "counts"), [("2025-02-28T12:00", True), ("2025-02-28T12:01", False)])
def test_a_year_from_a_leap_day_ends_on_28_february(last: str, counts: bool) -> None:
    leap, end = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in ("2024-02-29T12:00", last))

    assert met(count(2, "P1Y"), fact("A", at=leap), fact("B", at=end)) is counts


def test_days_are_the_issuers_also_when_the_clocks_change() -> None:
    # 25 October 2026 has 25 hours in Amsterdam: 22:30 on the 24th in UTC is its first, 22:30 on the 25th its last
    times = [datetime(2026, 10, 24, 22, 30, tzinfo=UTC), datetime(2026, 10, 25, 22, 30, tzinfo=UTC)]
    facts = [fact("A", at=at) for at in times]

    assert met(count(2, distinct="day"), *facts, zone="UTC")
    assert not met(count(2, distinct="day"), *facts, zone="Europe/Amsterdam")


def test_branches_nest() -> None:
    done = {name: {"completed": {"course": name}} for name in "ABCD"}
    raw = {"at_least": {"n": 2, "of": [{"all": [done["A"], done["B"]]}, done["C"], {"not": done["D"]}]}}

    assert not met(raw, fact("A"))
    assert met(raw, fact("C"))
    assert met(raw, fact("A"), fact("B"), fact("C"), fact("D"))
    assert not met(raw, fact("A"), fact("C"), fact("D"))


def held(name: str, since: datetime = DAY, until: datetime | None = None, *, active: bool = True) -> Holding:
    return Holding(f"award-{name}", name, since, until, active)


def test_badges_are_held_from_when_they_are_due_until_they_run_out() -> None:
    raw = {"holds": "base"}
    end = DAY + timedelta(days=10)

    def at(moment: datetime, holding: Holding) -> bool:
        return evaluate(parse(raw), Facts.of((), (holding,)).up_to(moment)).met

    assert at(DAY, held("base", until=end))
    assert not at(DAY - timedelta(seconds=1), held("base"))
    assert not at(end, held("base", until=end))
    assert not at(DAY, held("base", active=False))


def test_badges_count_once_an_achievement() -> None:
    raw = {"holds": {"achievement": "b*", "at_least": 2}}
    twice = (held("bronze"), Holding("another", "bronze", DAY))

    assert not met(raw, holdings=twice)
    assert met(raw, holdings=(*twice, held("base")))


def test_the_same_fact_twice_is_one_fact() -> None:
    once = fact("A")

    assert Facts.of([once, once]) == Facts.of([once])


def test_evidence_is_what_made_it_true() -> None:
    facts = [fact("A", at=DAY + timedelta(days=days), score=days / 10) for days in range(5)]

    verdict = evaluate(parse({"score": {"course": "A", "at_least": 0.2}}), Facts.of(facts))

    assert [each.score for each in verdict.evidence] == [0.4]
    assert verdict.score == 0.4


@pytest.mark.parametrize("raw", [{}, {"streak": {}}, {"holds": None}, {"x": 1}, [], None, {"all": [{"passed": {}}]}])
def test_what_cannot_be_evaluated_is_refused(raw: Any) -> None:
    with pytest.raises(CriterionError):
        parse(raw)
