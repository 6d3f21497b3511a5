"""A grade is the learner's, visible, whole, and may be taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.translation import Fact, Translation
from shared.contracts.events import ObjectKind, Verb
from shared.errors import Rejected

Event = Callable[..., dict[str, Any]]
FactOf = Callable[[str, object], Fact]
Translate = Callable[[str, object], Translation]


def test_a_grade_is_a_score_of_the_assignment_in_its_course(live: Event, fact_of: FactOf) -> None:
    fact = fact_of("canvas", live("grade_change"))

    assert (fact.verb, fact.score, fact.raw_score) == (Verb.SCORED, 0.8, "8/10")
    assert fact.object.kind is ObjectKind.ASSIGNMENT
    assert fact.object.ids == ("355", "21070000000000355")
    assert fact.object.name == "Load cases"
    assert (fact.object.course, fact.object.run) == ("565", "565")
    assert fact.course_ids == ("565", "21070000000000565", "2026.BR101-1")
    assert fact.occurred_at == datetime(2026, 11, 5, 19, 11, 5, 222000, tzinfo=UTC)


@pytest.mark.parametrize("name", ["grade_change", "submission_updated", "course_grade_change"])
def test_the_grader_is_not_the_learner(live: Event, fact_of: FactOf, name: str) -> None:
    person = fact_of("canvas", live(name)).person

    assert person.id == "48"
    assert person.sis_id in {"S-48", None}
    assert person.profile_follows


def test_a_quiz_that_grades_itself_is_clicked_by_its_learner(live: Event, fact_of: FactOf) -> None:
    by_herself = live("submission_updated", metadata_user_id="21070000000000048", metadata_user_sis_id="S-48")

    assert fact_of("canvas", by_herself).person.sis_id == "S-48"


def test_a_changed_grade_is_a_newer_version_of_the_same_fact(live: Event, fact_of: FactOf) -> None:
    first = fact_of("canvas", live("grade_change"))
    lowered = fact_of("canvas", live("grade_change", score=3, metadata_event_time="2026-11-06T08:00:00Z"))

    assert (first.event_id, first.unique) == (None, ("grade", "355"))
    assert lowered.unique == first.unique
    assert first.version is not None
    assert lowered.version is not None
    assert lowered.version > first.version


@pytest.mark.parametrize(
    ("said", "score", "letter", "raw", "verb"),
    [
        ({"score": 15}, 1.0, None, "15/10", Verb.SCORED),
        ({"score": -2}, 0.0, None, "-2/10", Verb.SCORED),
        ({"score": 7.5, "grade": "C"}, 0.75, None, "C (7.5/10)", Verb.SCORED),
        ({"score": 8, "points_possible": 0, "grade": "A-"}, None, "A-", "A- (8/0)", Verb.SCORED),
        ({"score": None, "grade": "85.5%"}, 0.855, None, "85.5%", Verb.SCORED),
        ({"score": None, "grade": "140 %"}, 1.0, None, "140 %", Verb.SCORED),
        ({"score": None, "grade": "Good"}, None, "Good", "Good", Verb.SCORED),
        ({"score": 8, "points_possible": None, "grade": "8"}, None, None, "8", Verb.SCORED),
        ({"score": 10, "grade": "complete"}, 1.0, None, "complete (10/10)", Verb.PASSED),
        ({"score": 0, "points_possible": 0, "grade": "complete"}, 1.0, None, "complete (0/0)", Verb.PASSED),
        ({"score": 0, "grade": "incomplete"}, 0.0, None, "incomplete (0/10)", Verb.FAILED),
    ],
)
def test_a_grade_is_the_number_if_there_is_one_and_else_the_letter(
    live: Event, fact_of: FactOf, said: dict[str, Any], score: float | None, letter: str | None, raw: str, verb: Verb
) -> None:
    fact = fact_of("canvas", live("grade_change", **said))

    assert (fact.score, fact.letter, fact.raw_score, fact.verb) == (score, letter, raw, verb)
    assert fact.succeeded is {Verb.PASSED: True, Verb.FAILED: False}.get(fact.verb)


@pytest.mark.parametrize(
    "said",
    [
        {"muted": True},
        {"grading_complete": False},
        {"score": None, "grade": None},
    ],
)
def test_a_hidden_a_half_given_and_no_grade_at_all_are_irrelevant(
    live: Event, translate: Translate, said: dict[str, Any]
) -> None:
    translation = translate("canvas", live("grade_change", **said))

    assert (translation.facts, translation.irrelevant) == ((), 1)
    assert [(kind.name, kind.familiar) for kind in translation.kinds] == [("grade_change", True)]


@pytest.mark.parametrize("said", [{}, {"muted": True}, {"grading_complete": False}, {"grade": ""}])
def test_a_removed_grade_is_withdrawn(live: Event, fact_of: FactOf, said: dict[str, Any]) -> None:
    removed = {"score": None, "grade": None, "old_score": 8, "old_grade": "8", **said}

    fact = fact_of("canvas", live("grade_change", **removed))

    assert fact.withdrawn
    assert fact.score is None
    assert fact.unique == ("grade", "355")


def test_a_graded_submission_is_a_letter_of_when_it_was_graded(live: Event, fact_of: FactOf) -> None:
    fact = fact_of("canvas", live("submission_updated"))

    assert (fact.verb, fact.score, fact.letter, fact.raw_score) == (Verb.SCORED, None, "B+", "B+ (8)")
    assert fact.occurred_at == datetime(2026, 11, 5, 19, 11, 3, tzinfo=UTC)
    assert fact.version == datetime(2026, 11, 5, 19, 11, 5, 222000, tzinfo=UTC)
    assert fact.unique == ("submission", "355")


def test_what_a_learner_handed_in_is_kept_nowhere(live: Event, translate: Translate) -> None:
    assert "private" not in repr(translate("canvas", live("submission_updated")))


@pytest.mark.parametrize(
    "said",
    [
        {"graded_at": None, "workflow_state": "submitted"},
        {"grade": "8"},
        {"grade": None},
        {"posted_at": None},
    ],
)
def test_a_submission_without_a_grade_that_says_something_is_irrelevant(
    live: Event, translate: Translate, said: dict[str, Any]
) -> None:
    translation = translate("canvas", live("submission_updated", **said))

    assert (translation.facts, translation.irrelevant) == ((), 1)


def test_a_posted_submission_counts(live: Event, fact_of: FactOf) -> None:
    assert fact_of("canvas", live("submission_updated", posted_at="2026-11-05T20:00:00Z")).letter == "B+"


def test_a_submission_whose_grade_was_removed_is_withdrawn(live: Event, fact_of: FactOf) -> None:
    assert fact_of("canvas", live("submission_updated", grade=None, score=None, posted_at=None)).withdrawn


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"score": True}, "body.score"),
        ({"score": "8"}, "body.score"),
        ({"grade": []}, "body.grade"),
        ({"student_id": None, "user_id": None}, "body.student_id"),
        ({"assignment_id": None}, "body.assignment_id"),
        ({"metadata_event_time": None}, "metadata.event_time"),
        ({"metadata_context_id": []}, "metadata.context_id"),
        ({"muted": "no"}, "body.muted"),
    ],
)
def test_what_is_wrong_is_refused_by_the_name_of_its_field(
    live: Event, translate: Translate, said: dict[str, Any], field: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        translate("canvas", live("grade_change", **said))

    assert str(refusal.value).startswith(f"{field}: ")
