from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.dialects import moodle
from services.intake.domain import Accepted
from services.intake.translation import Delivery, Fact, Kind, Translation
from shared.catalogue.model import Source
from shared.contracts.events import LearningActivity, ObjectKind, Verb
from shared.errors import Rejected

Accept = Callable[..., Accepted]

MOODLE = Source(name="moodle", dialect="moodle", topic="lms.moodle")
WHEN = datetime(2026, 3, 5, 8, 40, tzinfo=UTC)
STATES = [("1", Verb.COMPLETED), (1, Verb.COMPLETED), (2, Verb.PASSED), (3, Verb.FAILED), (4, Verb.FAILED)]


def event(name: str = "course_completed", **changes: Any) -> dict[str, Any]:
    """As a webhook plugin sends it."""
    return {
        "eventname": f"\\core\\event\\{name}",
        "component": "core",
        "objectid": 17,
        "contextinstanceid": "44",
        "userid": "2",
        "courseid": "12",
        "relateduserid": "5",
        "anonymous": 0,
        "other": {"relateduserid": "5"},
        "timecreated": 1772700000,
        "host": "moodle.example.edu",
        "token": "hush",
        **changes,
    }


def module(state: object, **changes: Any) -> dict[str, Any]:
    return event("course_module_completion_updated", other={"completionstate": state, "overrideby": None}, **changes)


def graded(**other: Any) -> dict[str, Any]:
    return event("user_graded", other={"itemid": "31", "overridden": False, **other})


def translated(said: object) -> Translation:
    return moodle.translate(Delivery("north", MOODLE, json.dumps(said).encode()))


def fact_of(said: object) -> Fact:
    (fact,) = translated(said).facts
    return fact


@pytest.fixture
def activity_of(accept: Accept) -> Callable[[object], LearningActivity]:
    return lambda said: accept("moodle", said).activities[0]


def test_a_completed_course_is_the_learners_and_not_whoever_acted(accept: Accept) -> None:
    accepted = accept("moodle", event())

    (activity,) = accepted.activities
    assert (activity.verb, activity.object.kind, activity.object.ids) == (Verb.COMPLETED, ObjectKind.COURSE, ("12",))
    assert (activity.object.course, activity.object.run, activity.occurred_at) == ("12", "12", WHEN)
    assert accepted.learners[0].external_id == "5"


@pytest.mark.parametrize("nobody", [None, 0, "0", ""])
def test_the_learner_is_never_who_acted_even_where_no_other_is_named(accept: Accept, nobody: object) -> None:
    said = event(relateduserid=nobody, other={})

    assert accept("moodle", event(relateduserid=nobody)).learners[0].external_id == "5"
    with pytest.raises(Rejected, match=r"^relateduserid: "):
        accept("moodle", said)


def test_an_event_out_of_the_log_is_the_one_that_came_by_webhook(
    activity_of: Callable[[object], LearningActivity],
) -> None:
    row = {
        "id": 4711,
        "eventname": "\\core\\event\\course_completed",
        "objectid": 17,
        "courseid": 12,
        "userid": 0,
        "relateduserid": 5,
        "other": '{"relateduserid":"5"}',
        "timecreated": "1772700000",
    }

    assert activity_of(row).activity_id == activity_of(event()).activity_id
    assert activity_of(row).content == activity_of(event()).content


def test_a_course_completed_once_more_is_another_fact(activity_of: Callable[[object], LearningActivity]) -> None:
    assert activity_of(event()).activity_id != activity_of(event(timecreated=1772700001)).activity_id


@pytest.mark.parametrize(("state", "verb"), STATES)
def test_a_modules_state_says_what_was_done(state: object, verb: Verb) -> None:
    fact = fact_of(module(state))

    assert (fact.verb, fact.withdrawn, fact.occurred_at) == (verb, False, WHEN)
    assert (fact.object.kind, fact.object.ids, fact.object.run) == (ObjectKind.MODULE, ("44",), "12")


@pytest.mark.parametrize("state", [0, "0"])
def test_a_module_that_is_not_complete_takes_back_the_same_fact(
    activity_of: Callable[[object], LearningActivity], state: object
) -> None:
    done, undone = activity_of(module(1)), activity_of(module(state, timecreated=1772700060))

    assert undone.withdrawn
    assert undone.fact == done.fact
    assert undone.activity_id != done.activity_id


def test_a_quiz_that_is_handed_in_and_passed_in_one_second_is_passed(
    activity_of: Callable[[object], LearningActivity],
) -> None:
    begun, done, failed, passed = (activity_of(module(state)) for state in (0, 1, 3, 2))
    later = activity_of(module(0, timecreated=1772700001))

    versions = [each.version for each in (begun, done, failed, passed, later)]
    assert versions == sorted(set(versions), key=str)
    assert len({each.activity_id for each in (begun, done, failed, passed, later)}) == 5


def test_a_completion_without_its_state_counts_for_nothing_and_is_told() -> None:
    translation = translated(event("course_module_completion_updated"))

    name = "\\core\\event\\course_module_completion_updated without completionstate"
    assert (translation.facts, translation.kinds) == ((), (Kind(name, familiar=False),))


@pytest.mark.parametrize(
    ("grade", "expected"),
    [
        ({"finalgrade": "87.00000", "grademax": "100.00000"}, (0.87, "87/100")),
        ({"finalgrade": 15, "grademin": 10, "grademax": 20}, (0.5, "15/20")),
        ({"finalgrade": 25, "grademax": 20}, (1.0, "25/20")),
        ({"finalgrade": -1, "grademax": 20}, (0.0, "-1/20")),
        ({"finalgrade": "87.00000"}, (None, "87")),
    ],
)
def test_a_grade_is_a_score_where_its_maximum_is_known(grade: dict[str, Any], expected: tuple[Any, Any]) -> None:
    fact = fact_of(graded(**grade))

    assert (fact.score, fact.raw_score) == expected
    assert (fact.verb, fact.object.kind, fact.object.ids) == (Verb.SCORED, ObjectKind.ASSIGNMENT, ("31",))


def test_a_changed_grade_is_a_version_and_one_taken_back_is_withdrawn(
    activity_of: Callable[[object], LearningActivity],
) -> None:
    first = activity_of(graded(finalgrade=9, grademax=10))
    lower = activity_of(graded(finalgrade=5, grademax=10) | {"timecreated": 1772700060})
    gone = activity_of(graded(finalgrade=None) | {"timecreated": 1772700120})

    assert len({first.fact, lower.fact, gone.fact}) == 1
    assert [each.withdrawn for each in (first, lower, gone)] == [False, False, True]


def test_the_grade_of_a_course_is_the_courses_where_a_workflow_says_so() -> None:
    assert fact_of(graded(finalgrade=9, grademax=10, itemtype="course")).object.kind is ObjectKind.COURSE


@pytest.mark.parametrize(
    ("other", "verb", "succeeded"),
    [
        ({"grade": "3"}, Verb.PROGRESSED, None),
        ({"grade": 3, "proficiency": "1"}, Verb.MASTERED, True),
        ({"grade": 1, "proficiency": 0}, Verb.PROGRESSED, False),
    ],
)
@pytest.mark.parametrize("where", ["", "_in_course", "_in_plan"])
def test_a_competency_is_mastered_only_where_that_is_said(
    where: str, other: dict[str, Any], verb: Verb, succeeded: bool | None
) -> None:
    fact = fact_of(event(f"competency_user_competency_rated{where}", other={"competencyid": "8", **other}))

    assert (fact.verb, fact.succeeded, fact.letter) == (verb, succeeded, str(other["grade"]))
    assert (fact.object.kind, fact.object.ids) == (ObjectKind.OUTCOME, ("8",))


def test_a_rating_that_names_no_competency_is_irrelevant() -> None:
    assert translated(event("competency_user_competency_rated", other={"grade": "3"})).irrelevant == 1


def test_what_a_workflow_looked_up_counts_only_of_the_learner_and_the_course() -> None:
    looked_up: dict[str, Any] = {
        "user_id": "5",
        "user_email": "ada@example.org",
        "user_idnumber": "S-5",
        "user_fullname": "Ada Lovelace",
        "user_lang": "pt_br",
        "course_id": 12,
        "course_shortname": "BR101-2026",
        "course_idnumber": "2026.BR101",
        "course_fullname": "Bridges",
    }
    fact, other = fact_of(event(**looked_up)), fact_of(event(**looked_up, userid=5) | {"user_id": 2, "course_id": 1})

    assert (fact.person.email, fact.person.sis_id, fact.person.locale) == ("ada@example.org", "S-5", "pt-br")
    assert (fact.object.ids, fact.object.name) == (("12", "2026.BR101", "BR101-2026"), "Bridges")
    assert (other.person.email, other.person.sis_id, other.person.name) == (None, None, None)
    assert (other.object.ids, other.object.name) == (("12",), None)


def test_a_new_user_is_a_profile_where_a_workflow_says_more_than_the_id() -> None:
    known = translated(event("user_created", user_id=5, user_email="ada@example.org", courseid=0))
    unknown = translated(event("user_updated", courseid=0))

    assert (known.profiles[0].person.email, known.profiles[0].as_of) == ("ada@example.org", WHEN)
    assert (unknown.profiles, unknown.irrelevant) == ((), 1)


def test_who_goes_by_an_address_that_events_lack_waits_for_it(accept: Accept) -> None:
    assert accept("moodle", event(), learner="email").waits == (0,)


@pytest.mark.parametrize(
    ("name", "familiar"),
    [
        ("\\core\\event\\badge_awarded", True),
        ("\\mod_quiz\\event\\course_module_viewed", True),
        ("\\core_h5p\\event\\h5p_viewed", True),
        ("\\local_ours\\event\\thing_done", False),
    ],
)
def test_all_other_events_are_irrelevant(name: str, familiar: bool) -> None:
    expected = Translation(irrelevant=1, kinds=(Kind(name, familiar),))

    assert translated({"eventname": name}) == expected
    assert translated({"eventname": name.removeprefix("\\")}) == expected


@pytest.mark.parametrize("wrapped", [lambda rows: rows, lambda rows: {"logs": rows}])
def test_each_event_of_a_batch_counts(wrapped: Callable[[list[Any]], object]) -> None:
    translation = translated(wrapped([event(), module(1), event("badge_awarded")]))

    assert ([fact.verb for fact in translation.facts], translation.irrelevant) == ([Verb.COMPLETED] * 2, 1)
    assert len(translation.kinds) == 3


def test_an_empty_batch_is_irrelevant() -> None:
    assert translated([]) == Translation(irrelevant=1)


@pytest.mark.parametrize(
    "other",
    [
        {"completionstate": 2},
        '{"completionstate":"2"}',
        'a:2:{s:13:"relateduserid";s:1:"5";s:15:"completionstate";i:2;}',
        'a:3:{s:1:"é";d:0.5;i:0;b:1;s:15:"completionstate";s:1:"2";}'.replace('s:1:"é"', 's:2:"é"'),
        'a:2:{s:1:"x";a:1:{i:0;N;}s:15:"completionstate";i:2;}',
    ],
)
def test_details_are_read_as_json_and_as_php_writes_them(other: object) -> None:
    assert fact_of(module(1) | {"other": other}).verb is Verb.PASSED
