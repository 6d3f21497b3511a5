"""A near miss is told as one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.catalogue.criteria import parse
from shared.catalogue.explain import explain, explain_achievement
from shared.catalogue.facts import Fact, Facts, Holding
from shared.catalogue.model import Achievement, LiveAchievement

DAY = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)


def fact(id_: str, of: str, **fields: Any) -> Fact:
    defaults: dict[str, Any] = {"source": "lms", "verb": "completed", "kind": "course", "at": DAY, "event_id": "e"}
    return Fact(id=id_, ids=(of,), **{**defaults, **fields})


def test_a_near_miss_says_what_there_is_and_what_it_takes() -> None:
    raw = {
        "all": [
            {"completed": {"course": "EDS101"}},
            {"score": {"course": "EDS101", "at_least": "80%"}},
            {"count": {"of": {"completed": {"course": "EL-*"}}, "at_least": 2, "within": "P1Y"}},
        ]
    }
    facts = Facts.of(
        [fact("f1", "EDS101", name="Event-driven systems", score=0.76), fact("f2", "EL-1")], timezone="Europe/Amsterdam"
    )

    clause = explain(parse(raw), facts)

    near_miss = (
        "  ✗ scored at least 80 % in course EDS101 — 76 % in Event-driven systems (EDS101) on 2026-03-02, from lms — "
        "has 76 %, needs 80 %"
    )
    assert clause.lines() == [
        "✗ all of these — 1 of 3 so far",
        "  ✓ completed course EDS101 — 76 % in Event-driven systems (EDS101) on 2026-03-02, from lms",
        near_miss,
        "  ✗ completed course EL-*: 2 distinct courses within 1 year — 1: EL-1 — has 1 within 1 year, needs 2",
    ]
    assert clause.parts[0].evidence == ("f1",)


@pytest.mark.parametrize(
    ("raw", "facts", "missing"),
    [
        ({"completed": {"course": "A"}}, [], "nothing about course A has arrived"),
        ({"completed": {"course": "A"}}, [fact("f", "A", verb="scored")], "is scored, needs completed"),
        ({"passed": {"course": "A"}}, [fact("f", "A", succeeded=False)], "is completed, not successful, needs passed"),
        (
            {"completed": {"course": "A", "from": "other"}},
            [fact("f", "A")],
            "nothing about course A from other has arrived, but a course A from lms has",
        ),
        (
            {"completed": {"module": "A"}},
            [fact("f", "A")],
            "nothing about module A has arrived, but a course A from lms has",
        ),
        ({"score": {"course": "A", "more_than": "80%"}}, [fact("f", "A", score=0.8)], "has 80 %, needs more than 80 %"),
        (
            {"score": {"course": "A", "at_least": "80%"}},
            [fact("f", "A")],
            "no score in course A has arrived, but a",
        ),
        ({"holds": "base"}, [], "is not held"),
        ({"holds": {"achievement": "b*", "at_least": 2}}, [], "holds 0, needs 2"),
        ({"not": {"completed": {"course": "A"}}}, [fact("f", "A")], "it is so"),
        ({"any": [{"passed": {"course": "A"}}]}, [fact("f", "A")], "0 of 1 so far"),
    ],
)
def test_what_is_missing_is_said_in_words(raw: dict[str, Any], facts: list[Fact], missing: str) -> None:
    clause = explain(parse(raw), Facts.of(facts))

    assert not clause.met
    assert clause.missing is not None
    assert clause.missing.startswith(missing)


def test_a_lost_badge_is_told_from_one_that_never_was() -> None:
    lost = Holding("award", "base", DAY, active=False)

    clause = explain(parse({"holds": "base"}), Facts.of((), (lost,)))

    assert clause.missing == "is not held; base does not count: suspended, revoked, expired or not due"


def live(**fields: Any) -> LiveAchievement:
    achievement = Achievement(
        **{"id": "x", "version": 1, "type": "Badge", "name": "X", "description": "x", "criteria": "y", **fields}
    )
    earned_when = {"score": {"course": "A*", "at_least": "80%"}}
    return LiveAchievement(tenant="north", achievement=achievement, earned_when=earned_when, image=b"")


def test_a_repeatable_badge_is_told_by_run() -> None:
    facts = Facts.of([fact("f1", "A", run="spring", score=0.7), fact("f2", "A", run="autumn", score=0.9)])

    clause = explain_achievement(live(repeatable=True), facts)

    assert clause.met
    assert {each.label: each.met for each in clause.parts} == {"run spring: ": False, "run autumn: ": True}


def test_what_came_after_a_badge_retired_does_not_count() -> None:
    facts = Facts.of([fact("f1", "A", score=0.9)], timezone="Europe/Amsterdam")

    assert not explain_achievement(live(retire_on="2026-03-02"), facts).met
    assert explain_achievement(live(retire_on="2026-03-03"), facts).met


def test_a_badge_that_is_not_due_yet_is_not_held() -> None:
    facts = Facts.of((), (Holding("award", "base", DAY),), now=DAY - timedelta(seconds=1))

    assert not explain(parse({"holds": "base"}), facts).met


def test_each_clause_says_by_what_when_and_from_where() -> None:
    raw = {"all": [{"completed": {"course": "A"}}, {"holds": "base"}]}
    facts = Facts.of([fact("f", "A", name="Algebra", score=0.9)], [Holding("award", "base", DAY, name="Base")])

    said = explain(parse(raw), facts).as_json()

    assert said["by"] == [
        {
            "id": "f",
            "said": "completed Algebra with 90 % on 2026-03-01",
            "at": "2026-03-01T23:30:00+00:00",
            "source": "lms",
        },
        {"id": "award", "said": "holds Base", "at": "2026-03-01T23:30:00+00:00", "source": None},
    ]
    assert [(each["criterion"], each["met"], each["progress"]) for each in said["parts"]] == [
        ("completed", True, 1.0),
        ("holds", True, 1.0),
    ]
    assert json.loads(json.dumps(said)) == said


@pytest.mark.parametrize(
    ("raw", "facts", "found", "missing"),
    [
        (
            {"hours": {"at_least": "PT20H", "of": {"completed": {"course": "*"}}}},
            [fact("f", "A", duration=5400.0), fact("g", "B", duration=1800.0)],
            "2 hours in 2 activities",
            "has 2 hours, needs 20 hours",
        ),
        (
            {"hours": {"at_least": "90m", "of": {"completed": {"course": "*"}}}},
            [fact("f", "A")],
            None,
            "no such activity with a duration has arrived, but a course A from lms has",
        ),
        (
            {"streak": {"of": {"completed": {"course": "*"}}, "every": "P7D", "times": 3}},
            [fact("f", "A"), fact("g", "A", at=DAY + timedelta(days=8))],
            "2: 2026-03-01, 2026-03-09",
            "has 2 in a row at most, needs 3",
        ),
        (
            {"during": {"from": "2026-09-01", "of": {"completed": {"course": "A"}}}},
            [fact("f", "A")],
            None,
            "it is so, but not in that time",
        ),
        ({"during": {"from": "2026-09-01", "of": {"completed": {"course": "A"}}}}, [], None, "not in that time"),
        (
            {"mastered": {"outcome": "A"}},
            [fact("f", "A", kind="outcome")],
            "A on 2026-03-01, from lms",
            "needs mastered",
        ),
        (
            {"score": {"course": "A", "at_least": "B"}},
            [fact("f", "A", score=0.9)],
            "90 % in A on 2026-03-01, from lms",
            "needs B, and lms has no scale with such a letter",
        ),
    ],
)
def test_what_there_is_and_what_is_missing(
    raw: dict[str, Any], facts: list[Fact], found: str | None, missing: str
) -> None:
    clause = explain(parse(raw), Facts.of(facts))

    assert not clause.met
    assert clause.found == found
    assert clause.missing is not None
    assert missing in clause.missing


def test_a_letter_is_told_as_it_was_given() -> None:
    criterion = parse({"score": {"course": "A", "at_least": "B+"}}, {"lms": {"B+": 0.88, "C": 0.7}})

    clause = explain(criterion, Facts.of([fact("f", "A", score=0.7, raw_score="C")]))

    assert clause.missing == "has C, needs B+"


def test_a_step_that_came_too_late_is_told_as_that() -> None:
    steps = [{"completed": {"course": each}} for each in "ABC"]
    facts = [fact("f", "A"), fact("g", "B", at=DAY + timedelta(days=40)), fact("h", "C", at=DAY + timedelta(days=41))]

    clause = explain(parse({"sequence": {"of": steps, "within": "P30D"}}), Facts.of(facts))

    assert clause.missing == "1 of 3 so far"
    assert [(each.met, each.progress, each.missing) for each in clause.parts] == [
        (True, 1.0, None),
        (False, 0.0, "later than 30 days after the first"),
        (False, 0.0, "comes after the one before"),
    ]


def test_it_reads_as_sentences_to_send() -> None:
    raw = {
        "all": [
            {"completed": {"course": "A"}},
            {"any": [{"score": {"course": "A", "at_least": "80%"}}, {"holds": "base"}]},
            {"not": {"completed": {"course": "B"}}},
        ]
    }
    facts = Facts.of([fact("f", "A", score=0.7), fact("g", "B")])

    near_miss = (
        "    - Missing: scored at least 80 % in course A. So far: 70 % in A on 2026-03-01, from lms; "
        "has 70 %, needs 80 %."
    )
    assert explain(parse(raw), facts).sentences() == [
        "All of this is needed (1 of 3 so far):",
        "  - Done: completed course A (70 % in A on 2026-03-01, from lms).",
        "  - One of these is enough (0 of 1 so far):",
        near_miss,
        "    - Missing: holds the badge base (is not held).",
        "  - This must not be so, but is:",
        "    - completed course B (B on 2026-03-01, from lms).",
    ]


@pytest.mark.parametrize(("verb", "met"), [("granted", True), ("withheld", False)])
def test_what_a_registrar_decided_counts_whatever_the_criteria_say(verb: str, met: bool) -> None:
    done = [] if met else [fact("f", "A", score=0.9)]
    word = fact("w", "b", verb=verb, kind="achievement", because="Known from another school", source="registrar")

    clause = explain_achievement(live(id="b"), Facts.of([*done, word]))

    assert (clause.met, clause.progress) == (met, float(met))
    assert clause.words.endswith("by the registrar on 2026-03-01: Known from another school")
    assert clause.parts[0].met is not met
