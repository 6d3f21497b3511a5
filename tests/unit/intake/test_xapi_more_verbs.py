"""Verbs beyond ADL's first ones: cmi5, progress, things earned, and statements that void others."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.dialects import xapi
from services.intake.domain import Accepted
from services.intake.translation import Delivery, Kind, Translation, Voided
from shared.catalogue.model import Source
from shared.contracts.events import ObjectKind, Verb
from shared.errors import Rejected

Accept = Callable[..., Accepted]
Sample = Callable[..., dict[str, Any]]

ADL = "http://adlnet.gov/expapi"
CMI5 = "https://w3id.org/xapi/cmi5"
EARNED = "http://id.tincanapi.com/verb/earned"
CLASSIFIED = "http://www.tincanapi.co.uk/activitytypes/grade_classification"
REGISTRATION = "a0a37fbe-04f1-46a3-9135-29aa41d4f1ee"
PUBLISHED = {"id": "https://courses.example.org/geology", "definition": {"type": f"{CMI5}/activitytype/course"}}


@pytest.fixture
def satisfied(statement: Sample) -> Sample:
    def satisfied(type_: str = "course", **changes: Any) -> dict[str, Any]:
        return statement(
            {
                "verb/id": "https://w3id.org/xapi/adl/verbs/satisfied",
                "object/id": "http://lms.example.org/cmi5/57c4",
                "object/definition/type": f"{CMI5}/activitytype/{type_}",
                "result": None,
                "context/registration": REGISTRATION,
                "context/contextActivities": {
                    "grouping": [{**PUBLISHED, "definition": {"type": f"{CMI5}/activitytype/{type_}"}}],
                    "category": [{"id": f"{CMI5}/context/categories/cmi5"}],
                },
                **changes,
            }
        )

    return satisfied


def translated(said: object) -> Translation:
    source = Source(name="lrs", dialect="xapi", topic="lms.lrs")
    return xapi.translate(Delivery("north", source, json.dumps(said).encode()))


def test_satisfied_completes_the_course_under_the_publishers_id_too(accept: Accept, satisfied: Sample) -> None:
    (activity,) = accept("xapi", satisfied()).activities

    assert (activity.verb, activity.object.kind) == (Verb.COMPLETED, ObjectKind.COURSE)
    assert activity.object.ids == ("http://lms.example.org/cmi5/57c4", "https://courses.example.org/geology")
    assert (activity.object.course, activity.object.run) == ("https://courses.example.org/geology", REGISTRATION)


def test_a_satisfied_block_is_a_module_and_not_the_course(accept: Accept, satisfied: Sample) -> None:
    (activity,) = accept("xapi", satisfied("block")).activities

    assert (activity.verb, activity.object.kind) == (Verb.COMPLETED, ObjectKind.MODULE)
    assert activity.object.course is None


@pytest.mark.parametrize(
    ("verb", "meant"),
    [
        ("https://w3id.org/xapi/adl/verbs/waived", Verb.COMPLETED),
        (f"{ADL}/verbs/completed/", Verb.COMPLETED),
        (f"{ADL}/verbs/passed", Verb.PASSED),
        ("https://adlnet.gov/expapi/verbs/progressed", Verb.PROGRESSED),
        ("http://activitystrea.ms/schema/1.0/complete", Verb.COMPLETED),
    ],
)
def test_an_assignable_unit_is_content_of_its_registration(
    accept: Accept, satisfied: Sample, verb: str, meant: Verb
) -> None:
    said = satisfied(**{"verb/id": verb, "object/definition": {}})

    (activity,) = accept("xapi", said).activities

    assert (activity.verb, activity.object.kind, activity.object.run) == (meant, ObjectKind.CONTENT, REGISTRATION)


def test_a_badge_that_is_earned_is_done_with(accept: Accept, statement: Sample) -> None:
    badge = {"id": "https://badges.example.org/b/1", "definition": {"type": "http://activitystrea.ms/schema/1.0/badge"}}

    (activity,) = accept("xapi", statement({"verb/id": EARNED, "object": badge, "result": None})).activities

    assert activity.verb is Verb.COMPLETED


@pytest.mark.parametrize(
    ("word", "verb", "succeeded"),
    [("Pass", Verb.PASSED, None), ("B", Verb.SCORED, None), ("Fail", Verb.SCORED, False)],
)
def test_a_grade_that_is_earned_completes_nothing_unless_it_says_pass(
    accept: Accept, statement: Sample, word: str, verb: Verb, succeeded: bool | None
) -> None:
    result = {"score": {"scaled": 0.4, "raw": 0.4, "max": 1}, "extensions": {CLASSIFIED: word}}

    (activity,) = accept("xapi", statement({"verb/id": EARNED, "result": result})).activities

    assert (activity.verb, activity.succeeded, activity.score) == (verb, succeeded, 0.4)


def test_a_grade_without_a_word_is_a_score(accept: Accept, statement: Sample) -> None:
    (activity,) = accept("xapi", statement({"verb/id": EARNED})).activities

    assert (activity.verb, activity.score) == (Verb.SCORED, 0.88)


def test_a_grade_that_is_only_a_word_goes_by_the_sources_scale(statement: Sample) -> None:
    result = {"extensions": {CLASSIFIED: " B+ "}}

    (fact,) = translated(statement({"verb/id": EARNED, "result": result})).facts

    assert (fact.verb, fact.score, fact.letter) == (Verb.SCORED, None, "B+")


def test_progress_is_kept_as_sent_and_is_no_score(accept: Accept, statement: Sample) -> None:
    result = {"completion": False, "extensions": {f"{CMI5}/result/extensions/progress": 95}}

    (activity,) = accept("xapi", statement({"verb/id": f"{ADL}/verbs/progressed", "result": result})).activities

    assert (activity.verb, activity.score, activity.raw_score) == (Verb.PROGRESSED, None, "95 %")


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("PT24.57S", 24.57), ("PT1H30M", 5400), ("P1DT1S", 86401), ("P2W", 1209600), ("PT0S", 0), ("P1Y", 31536000)],
)
def test_how_long_it_took_is_kept(accept: Accept, statement: Sample, duration: str, seconds: float) -> None:
    assert accept("xapi", statement({"result/duration": duration})).activities[0].duration == seconds


def test_a_voiding_statement_voids_the_other_one_whoever_says_so(statement: Sample) -> None:
    said = statement(
        {
            "verb/id": f"{ADL}/verbs/voided",
            "actor": {"objectType": "Group", "member": []},
            "object": {"objectType": "StatementRef", "id": "E05AA883-ACAF-40AD-BF54-02C8CE485FB0"},
        }
    )

    translation = translated([said])

    when = datetime(2026, 7, 15, 6, 36, 1, 917775, tzinfo=UTC)
    assert translation.voided == (Voided("e05aa883-acaf-40ad-bf54-02c8ce485fb0", when),)
    assert (translation.facts, translation.irrelevant) == ((), 0)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"object": {"objectType": "StatementRef"}}, "object.id"), ({"timestamp": None}, "timestamp")],
)
def test_a_voiding_statement_that_names_none_is_refused(statement: Sample, changes: dict[str, Any], field: str) -> None:
    voiding = {"verb/id": f"{ADL}/verbs/voided", "object": {"objectType": "StatementRef", "id": "e05aa883"}}

    with pytest.raises(Rejected, match=rf"^{field}: "):
        translated(statement({**voiding, **changes}))


@pytest.mark.parametrize(
    ("verb", "version", "kind"),
    [
        (f"{ADL}/verbs/passed", "2.0.0", Kind(f"{ADL}/verbs/passed")),
        (f"{ADL}/verbs/experienced", "1.0.3", Kind(f"{ADL}/verbs/experienced")),
        (f"{ADL}/verbs/graduated", "1.0.3", Kind(f"{ADL}/verbs/graduated", familiar=False)),
        ("https://w3id.org/xapi/adl/verbs/sated", "1.0.3", Kind("https://w3id.org/xapi/adl/verbs/sated", False)),
        (f"{ADL}/verbs/passed", "3.0.0", Kind(f"{ADL}/verbs/passed (xAPI 3.0.0)", familiar=False)),
    ],
)
def test_a_statements_kind_is_its_verb(statement: Sample, verb: str, version: str, kind: Kind) -> None:
    assert translated(statement({"verb/id": verb, "version": version})).kinds == (kind,)


def test_what_xapi_2_added_does_no_harm(accept: Accept, statement: Sample) -> None:
    agents = [{"objectType": "contextAgent", "agent": {"mbox": "mailto:teacher@example.org"}}]
    said = statement({"context/contextAgents": agents, "version": "2.0.0", "timestamp": "2026-07-15T06:36:01-00:00"})

    (activity,) = accept("xapi", said).activities

    assert activity.occurred_at == datetime(2026, 7, 15, 6, 36, 1, tzinfo=UTC)
    assert accept("xapi", said).learners[0].external_id == "32e08e30"


def test_a_things_course_can_be_told_from_every_id_that_its_run_has(satisfied: Sample, statement: Sample) -> None:
    course = {"id": "http://lms.example.org/course/course-v1:edX+DemoX+Demo"}
    quiz = statement(
        {
            "object": {"id": "http://lms.example.org/quiz/1"},
            "context/contextActivities": {"parent": {**course, "definition": {"type": f"{ADL}/activities/course"}}},
        }
    )

    assert translated(quiz).facts[0].course_ids == (course["id"], "course-v1:edX+DemoX+Demo")
    assert translated(satisfied()).facts[0].course_ids == ("http://lms.example.org/cmi5/57c4", PUBLISHED["id"])
