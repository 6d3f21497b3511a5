"""What each entry of a tracking log means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.translation import Translation
from shared.contracts.events import ObjectKind, Verb
from shared.errors import Rejected

Translate = Callable[..., Translation]

RUN = "course-v1:edX+DemoX+Demo_Course"
EXAM = "block-v1:edX+DemoX+Demo_Course+type@sequential+block@exam"
PROBLEM = "block-v1:edX+DemoX+Demo_Course+type@problem+block@p1"
WHEN = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def entry(name: str, **event: Any) -> dict[str, Any]:
    """As Open edX logs it; an instructor asked for the page."""
    return {
        "name": name,
        "event_type": name,
        "event_source": "server",
        "username": "instructor",
        "context": {"user_id": 2, "course_id": RUN, "path": "/courses"},
        "time": "2026-11-20T09:30:00+00:00",
        "event": {"user_id": "39", "course_id": RUN, **event},
    }


@pytest.mark.parametrize(
    ("name", "event", "verb", "kind", "thing", "score", "withdrawn"),
    [
        ("edx.course.grade.passed.first_time", {}, Verb.PASSED, ObjectKind.COURSE, RUN, None, False),
        ("edx.course.grade.now_passed", {}, Verb.PASSED, ObjectKind.COURSE, RUN, None, False),
        ("edx.course.grade.now_failed", {}, Verb.PASSED, ObjectKind.COURSE, RUN, None, True),
        ("edx.course.completed", {}, Verb.COMPLETED, ObjectKind.COURSE, RUN, None, False),
        ("edx.certificate.created", {"user_id": 39}, Verb.COMPLETED, ObjectKind.COURSE, RUN, None, False),
        ("edx.certificate.revoked", {"user_id": 39}, Verb.COMPLETED, ObjectKind.COURSE, RUN, None, True),
        (
            "edx.grades.course.grade_calculated",
            {"percent_grade": 0.64, "letter_grade": "B"},
            Verb.SCORED,
            ObjectKind.COURSE,
            RUN,
            0.64,
            False,
        ),
        (
            "edx.grades.subsection.grade_calculated",
            {"block_id": EXAM, "weighted_graded_earned": 6.0, "weighted_graded_possible": 8.0},
            Verb.SCORED,
            ObjectKind.ASSIGNMENT,
            EXAM,
            0.75,
            False,
        ),
        (
            "edx.grades.problem.submitted",
            {"problem_id": PROBLEM, "weighted_earned": 1, "weighted_possible": 2},
            Verb.SCORED,
            ObjectKind.CONTENT,
            PROBLEM,
            0.5,
            False,
        ),
        (
            "edx.grades.problem.rescored",
            {"problem_id": PROBLEM, "new_weighted_earned": 2, "new_weighted_possible": 2, "instructor_id": "2"},
            Verb.SCORED,
            ObjectKind.CONTENT,
            PROBLEM,
            1.0,
            False,
        ),
        (
            "edx.grades.problem.state_deleted",
            {"problem_id": PROBLEM, "instructor_id": "2"},
            Verb.SCORED,
            ObjectKind.CONTENT,
            PROBLEM,
            None,
            True,
        ),
        (
            "openedx.completion_aggregator.completion.chapter",
            {"block_id": EXAM, "percent": 1.0},
            Verb.COMPLETED,
            ObjectKind.MODULE,
            EXAM,
            None,
            False,
        ),
        (
            "edx.completion_aggregator.completion.course",
            {"block_id": "x", "percent": 1},
            Verb.COMPLETED,
            ObjectKind.COURSE,
            RUN,
            None,
            False,
        ),
    ],
)
def test_entries_that_tell_of_a_learner(
    translate: Translate,
    name: str,
    event: dict[str, Any],
    verb: Verb,
    kind: ObjectKind,
    thing: str,
    score: float | None,
    withdrawn: bool,
) -> None:
    (fact,) = translate(entry(name, **event)).facts

    assert (fact.person.id, fact.verb, fact.score, fact.withdrawn) == ("39", verb, score, withdrawn)
    assert (fact.object.kind, fact.object.ids, fact.object.run) == (kind, (thing,), RUN)
    assert fact.object.course == "course-v1:edX+DemoX"
    assert (fact.occurred_at, fact.version) == (WHEN, WHEN)


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("edx.course.enrollment.activated", {"mode": "audit"}),
        ("problem_check", {"grade": 2}),
        ("edx.completion_aggregator.completion.course", {"percent": 0.8}),
        ("edx.grades.problem.submitted", {"problem_id": PROBLEM, "weighted_earned": 0, "weighted_possible": 0}),
        ("edx.grades.problem.submitted", {"problem_id": PROBLEM, "weighted_earned": None, "weighted_possible": 1}),
        (
            "edx.grades.subsection.grade_calculated",
            {"block_id": EXAM, "weighted_graded_earned": 0, "weighted_graded_possible": 0},
        ),
        ("/courses/course-v1:edX+DemoX+Demo/user/ada", {}),
    ],
)
def test_other_entries_are_none_of_ours(translate: Translate, name: str, event: dict[str, Any]) -> None:
    found = translate(entry(name, **event))

    assert (found.facts, found.profiles, found.irrelevant) == ((), (), 1)
    assert all("ada" not in kind.name for kind in found.kinds)


@pytest.mark.parametrize("where", ["top", "context"])
@pytest.mark.parametrize("source", ["browser", "mobile"])
def test_what_a_browser_says_of_itself_earns_nothing(translate: Translate, source: str, where: str) -> None:
    forged = entry("edx.course.grade.passed.first_time")
    del forged["event_source"]
    (forged if where == "top" else forged["context"])["event_source"] = source

    assert translate(forged).facts == ()


def test_entries_are_read_as_event_tracking_has_them_too(translate: Translate) -> None:
    logged = entry("edx.course.completed")
    tracked = {
        "name": logged["name"],
        "timestamp": logged["time"],
        "data": logged["event"],
        "context": logged["context"],
    }

    assert translate(tracked) == translate(logged)


def test_a_learner_is_never_taken_from_the_context(translate: Translate) -> None:
    nobody = entry("edx.course.completed")
    del nobody["event"]["user_id"]

    with pytest.raises(Rejected, match=r"event\.user_id"):
        translate(nobody)


@pytest.mark.parametrize("user", ["None", "", "ada", -1, True, 10**40])
def test_a_learner_without_a_number_is_refused(translate: Translate, user: object) -> None:
    with pytest.raises(Rejected, match=r"event\.user_id"):
        translate(entry("edx.course.completed", user_id=user))


def test_passing_and_failing_again_are_versions_of_one_fact(translate: Translate) -> None:
    names = ("edx.course.grade.passed.first_time", "edx.course.grade.now_passed", "edx.course.grade.now_failed")

    assert len({translate(entry(name)).facts[0].unique for name in names}) == 1


@pytest.mark.parametrize(
    ("name", "familiar"),
    [
        ("edx.grades.something.new", False),
        ("edx.grades.subsection.score_overridden", True),
        ("edx.video.played", True),
    ],
)
def test_new_entries_about_grades_are_told_as_drift(translate: Translate, name: str, familiar: bool) -> None:
    (kind,) = translate(entry(name)).kinds

    assert (kind.name, kind.familiar) == (name, familiar)
