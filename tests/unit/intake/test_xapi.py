from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.domain import Accepted
from shared.contracts.events import ObjectKind, Verb
from shared.errors import Rejected

Accept = Callable[..., Accepted]
Sample = Callable[..., dict[str, Any]]

ADL = "http://adlnet.gov/expapi"


def test_a_statement_becomes_one_activity(accept: Accept, statement: Sample) -> None:
    accepted = accept("xapi", statement())

    (activity,) = accepted.activities
    assert activity.event_id == "ebfef69f-dd05-5bf0-bf90-bad645bc6992"
    assert activity.verb is Verb.PASSED
    assert activity.object.kind is ObjectKind.COURSE
    assert activity.object.name == "Demonstration"
    assert (activity.score, activity.raw_score) == (0.88, "88/100")
    assert activity.succeeded is True
    assert activity.occurred_at == datetime(2026, 7, 15, 6, 36, 1, 917775, tzinfo=UTC)
    assert accepted.learners[0].external_id == "32e08e30"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("verb", [Verb.COMPLETED, Verb.PASSED, Verb.FAILED, Verb.MASTERED, Verb.SCORED])
def test_adls_verbs_are_understood_in_both_spellings(
    accept: Accept, statement: Sample, scheme: str, verb: Verb
) -> None:
    said = statement({"verb/id": f"{scheme}://adlnet.gov/expapi/verbs/{verb.value}"})

    assert accept("xapi", said).activities[0].verb is verb


@pytest.mark.parametrize(
    "changes",
    [
        {"verb/id": f"{ADL}/verbs/voided"},
        {"verb/id": "http://id.tincanapi.com/verb/viewed"},
        {"verb/id": "https://w3id.org/xapi/adl/verbs/abandoned"},
        {"verb/id": f"{ADL}/verbs/completed-not"},
        {"object": {"objectType": "StatementRef", "id": "e05aa883"}},
        {"object": {"objectType": "SubStatement"}},
        {"object": {"objectType": "Agent", "mbox": "mailto:bob@example.org"}},
        {"actor": {"objectType": "Group", "member": []}},
    ],
)
def test_what_is_no_learners_achievement_is_irrelevant(
    accept: Accept, statement: Sample, changes: dict[str, Any]
) -> None:
    accepted = accept("xapi", statement(changes))

    assert (accepted.activities, accepted.irrelevant) == ((), 1)


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        (f"{ADL}/activities/course", ObjectKind.COURSE),
        ("https://w3id.org/xapi/cmi5/activitytype/course", ObjectKind.COURSE),
        (f"{ADL}/activities/module", ObjectKind.MODULE),
        (f"{ADL}/activities/assessment", ObjectKind.ASSIGNMENT),
        (f"{ADL}/activities/objective", ObjectKind.OUTCOME),
        (f"{ADL}/activities/media", ObjectKind.CONTENT),
        (None, ObjectKind.CONTENT),
    ],
)
def test_the_definitions_type_is_the_kind(
    accept: Accept, statement: Sample, type_: str | None, kind: ObjectKind
) -> None:
    assert accept("xapi", statement({"object/definition/type": type_})).activities[0].object.kind is kind


def test_an_activity_without_a_definition_is_content(accept: Accept, statement: Sample, missing: object) -> None:
    (activity,) = accept(
        "xapi", statement({"object/definition": missing, "object/id": "http://x.example/1"})
    ).activities

    assert activity.object.kind is ObjectKind.CONTENT
    assert (activity.object.course, activity.object.run) == (None, None)


@pytest.mark.parametrize(
    "iri",
    [
        "http://lms.example.org/course/course-v1:edX+DemoX+Demo",
        "http://lms.example.org/course/course-v1%3AedX%2BDemoX%2BDemo",
        "https://lms.example.org/courses/course-v1:edX+DemoX+Demo/about?x=1",
    ],
)
def test_the_course_key_inside_an_iri_is_one_of_the_ids(accept: Accept, statement: Sample, iri: str) -> None:
    (activity,) = accept("xapi", statement({"object/id": iri})).activities

    assert activity.object.ids == (iri, "course-v1:edX+DemoX+Demo")
    assert activity.object.course == "course-v1:edX+DemoX"
    assert activity.object.run == "course-v1:edX+DemoX+Demo"


def test_a_unit_of_a_course_is_not_the_course(accept: Accept, statement: Sample) -> None:
    iri = "http://lms.example.org/courses/course-v1:edX+DemoX+Demo/unit/7"

    (activity,) = accept(
        "xapi", statement({"object/id": iri, "object/definition/type": f"{ADL}/activities/module"})
    ).activities

    assert activity.object.ids == (iri,)
    assert activity.object.run == "course-v1:edX+DemoX+Demo"


@pytest.mark.parametrize("as_list", [True, False])
def test_the_context_names_the_course_that_a_thing_belongs_to(accept: Accept, statement: Sample, as_list: bool) -> None:
    course = {"id": "http://lms.example.org/bridges", "definition": {"type": f"{ADL}/activities/course"}}
    parent: Any = [{"id": "http://lms.example.org/bridges/1"}, course] if as_list else course
    said = statement(
        {
            "object/id": "http://lms.example.org/bridges/1/quiz",
            "object/definition/type": f"{ADL}/activities/assessment",
            "context/contextActivities": {"grouping": parent},
        }
    )

    (activity,) = accept("xapi", said).activities

    assert (activity.object.course, activity.object.run) == (course["id"], course["id"])


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ({"scaled": 0.5}, (0.5, "0.5")),
        ({"scaled": 1}, (1.0, "1.0")),
        ({"scaled": -0.5}, (0.0, "-0.5")),
        ({"raw": 15, "max": 20}, (0.75, "15/20")),
        ({"raw": 15, "min": 10, "max": 20}, (0.5, "15/20")),
        ({"raw": 25, "max": 20}, (1.0, "25/20")),
        ({"raw": 5, "min": 10, "max": 20}, (0.0, "5/20")),
        ({"raw": 15, "min": 20, "max": 10}, (None, "15/10")),
        ({"raw": 15}, (None, "15")),
        ({"raw": 0, "min": 0, "max": 0}, (None, "0/0")),
        ({"raw": 1e308, "min": -1e308, "max": 1e308}, (None, "1e+308/1e+308")),
        ({}, (None, None)),
        (None, (None, None)),
    ],
)
def test_scores_are_normalised(accept: Accept, statement: Sample, score: Any, expected: tuple[Any, Any]) -> None:
    (activity,) = accept("xapi", statement({"result/score": score})).activities

    assert (activity.score, activity.raw_score) == expected


@pytest.mark.parametrize(
    ("result", "succeeded"),
    [
        ({"success": True}, True),
        ({"completion": True}, True),
        ({"success": True, "completion": False}, False),
        ({"success": False, "completion": True}, False),
        ({}, None),
        (None, None),
    ],
)
def test_an_explicit_no_is_a_no(accept: Accept, statement: Sample, result: Any, succeeded: bool | None) -> None:
    assert accept("xapi", statement({"result": result})).activities[0].succeeded is succeeded


@pytest.mark.parametrize(
    ("actor", "external_id", "identity_type"),
    [
        ({"account": {"homePage": "http://a.example", "name": "u1"}}, "u1", "accountId"),
        ({"mbox": "mailto:Ada@Example.org"}, "ada@example.org", "emailAddress"),
        ({"mbox_sha1sum": "ebd31e95054c018b"}, "ebd31e95054c018b", "accountId"),
        ({"openid": "http://ada.openid.example"}, "http://ada.openid.example", "accountId"),
    ],
)  # fmt: skip
def test_any_of_xapis_identifiers_names_a_learner(
    accept: Accept, statement: Sample, actor: dict[str, Any], external_id: str, identity_type: str
) -> None:
    (learner,) = accept("xapi", statement({"actor": actor})).learners

    assert (learner.external_id, learner.identity_type) == (external_id, identity_type)


def test_one_account_name_at_two_home_pages_is_two_people(accept: Accept, statement: Sample) -> None:
    here, there = statement(), statement({"actor/account/homePage": "http://other.example.org"})

    assert accept("xapi", here).learners[0].id != accept("xapi", there).learners[0].id


def test_a_home_page_is_one_with_and_without_tls(accept: Accept, statement: Sample) -> None:
    here, there = statement(), statement({"actor/account/homePage": "https://lms.example.org/"})

    assert accept("xapi", here).learners[0].id == accept("xapi", there).learners[0].id


def test_a_named_directory_is_shared_with_other_dialects(
    accept: Accept, statement: Sample, cloud_event: Sample
) -> None:
    by_xapi = accept("xapi", statement({"actor/account/name": "39"}), directory="people")
    by_cloud_event = accept("cloudevents", cloud_event(), directory="people", name="another-source")

    assert by_xapi.learners[0].id == by_cloud_event.learners[0].id


def test_a_source_that_goes_by_addresses_needs_one(accept: Accept, statement: Sample) -> None:
    with pytest.raises(Rejected, match=r"^actor\.mbox: ") as refusal:
        accept("xapi", statement(), learner="email")

    assert refusal.value.code == "no_learner"


def test_each_statement_of_an_array_counts(accept: Accept, statement: Sample) -> None:
    other = statement({"verb/id": "http://example.org/verbs/viewed"})

    accepted = accept("xapi", [statement(), statement({"id": "2"}), other])

    assert [each.event_id for each in accepted.activities] == ["ebfef69f-dd05-5bf0-bf90-bad645bc6992", "2"]
    assert accepted.irrelevant == 1


def test_an_lrss_answer_is_read_as_its_statements(accept: Accept, statement: Sample) -> None:
    assert accept("xapi", {"statements": [statement()], "more": ""}) == accept("xapi", [statement()])


def test_an_empty_array_is_irrelevant(accept: Accept) -> None:
    assert accept("xapi", []) == Accepted(irrelevant=1)


def test_a_statement_without_an_id_is_known_by_its_fact(accept: Accept, statement: Sample, missing: object) -> None:
    once, again = (accept("xapi", statement({"id": missing, "version": each})) for each in ("1.0.1", "1.0.3"))
    other = accept("xapi", statement({"id": missing, "timestamp": "2026-07-15T06:36:02Z"}))

    assert once.activities[0].activity_id == again.activities[0].activity_id
    assert once.activities[0].activity_id != other.activities[0].activity_id


def test_without_its_own_time_a_statement_has_the_time_it_was_stored(
    accept: Accept, statement: Sample, missing: object
) -> None:
    said = statement({"timestamp": missing, "stored": "2026-07-16T00:00:00Z"})

    assert accept("xapi", said).activities[0].occurred_at == datetime(2026, 7, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"verb": None}, "verb"),
        ({"verb": {}}, "verb.id"),
        ({"object": "http://x.example/1"}, "object"),
        ({"object/id": None}, "object.id"),
        ({"actor": None}, "actor"),
        ({"actor": {}}, "actor.account.name, actor.mbox, actor.mbox_sha1sum or actor.openid"),
        ({"actor": {"account": {"homePage": "http://a.example"}}}, "actor.account.name"),
        ({"actor": {"mbox": "ada@example.org"}}, "actor.mbox"),
        ({"actor": {"mbox": "mailto:ada"}}, "actor.mbox"),
        ({"timestamp": None}, "timestamp"),
        ({"timestamp": "15/07/2026"}, "timestamp"),
        ({"result/success": "true"}, "result.success"),
        ({"result/score": 0.9}, "result.score"),
        ({"result/score": {"scaled": "0.9"}}, "result.score.scaled"),
        ({"result/score": {"scaled": 1.5}}, "result.score.scaled"),
        ({"result/duration": "an hour"}, "result.duration"),
        ({"result/duration": "P"}, "result.duration"),
        ({"result/duration": 90}, "result.duration"),
        ({"verb/id": f"{ADL}/verbs/scored", "result": None}, "result.score.scaled"),
    ],
)
def test_what_is_wrong_is_refused_by_the_name_of_its_field(
    accept: Accept, statement: Sample, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        accept("xapi", statement(changes))

    assert str(refusal.value).startswith(f"{field}: ")
    with pytest.raises(Rejected) as in_an_array:
        accept("xapi", [statement(), statement(changes)])
    assert str(in_an_array.value).startswith("1.")
    assert "ada@example.org" not in str(refusal.value)


def test_another_scaled_score_of_one_raw_score_is_a_conflict(accept: Accept, statement: Sample) -> None:
    first, other = (accept("xapi", statement({"result/score/scaled": scaled})).activities[0] for scaled in (0.88, 0.89))

    assert first.activity_id == other.activity_id
    assert first.content != other.content
