"""A near miss is told as one."""

from __future__ import annotations

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
            "nothing about course A from other has arrived; A did, as course from lms",
        ),
        (
            {"completed": {"module": "A"}},
            [fact("f", "A")],
            "nothing about module A has arrived; A did, as course from lms",
        ),
        ({"score": {"course": "A", "more_than": "80%"}}, [fact("f", "A", score=0.8)], "has 80 %, needs more than 80 %"),
        (
            {"score": {"course": "A", "at_least": "80%"}},
            [fact("f", "A")],
            "no score in course A has arrived; A did, as",
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
    assert {each.words.split(":")[0]: each.met for each in clause.parts} == {"run spring": False, "run autumn": True}


def test_what_came_after_a_badge_retired_does_not_count() -> None:
    facts = Facts.of([fact("f1", "A", score=0.9)], timezone="Europe/Amsterdam")

    assert not explain_achievement(live(retire_on="2026-03-02"), facts).met
    assert explain_achievement(live(retire_on="2026-03-03"), facts).met


def test_a_badge_that_is_not_due_yet_is_not_held() -> None:
    facts = Facts.of((), (Holding("award", "base", DAY),), now=DAY - timedelta(seconds=1))

    assert not explain(parse({"holds": "base"}), facts).met
