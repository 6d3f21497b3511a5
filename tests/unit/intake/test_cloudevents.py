from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.domain import Accepted
from shared.contracts.events import ObjectKind, Verb
from shared.errors import Rejected

Accept = Callable[..., Accepted]
Sample = Callable[..., dict[str, Any]]

STRUCTURED = {"content-type": b"application/cloudevents+json; charset=UTF-8"}


def binary(event: dict[str, Any], **more: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The same event in binary mode: data, and headers."""
    attributes = ("specversion", "type", "source", "id", "time")
    headers = {f"ce_{name}": event[name].encode() for name in attributes if name in event}
    return event["data"], {"content-type": b"application/json", **headers, **more}


def test_a_structured_event_becomes_one_activity(accept: Accept, cloud_event: Sample) -> None:
    accepted = accept("cloudevents", cloud_event(), STRUCTURED)

    (activity,) = accepted.activities
    assert activity.verb is Verb.COMPLETED
    assert activity.object.kind is ObjectKind.COURSE
    assert activity.object.ids == ("course-v1:Example+EDS101+2026",)
    assert activity.object.course == "course-v1:Example+EDS101"
    assert activity.object.run == "course-v1:Example+EDS101+2026"
    assert activity.score == 0.87
    assert activity.raw_score == "0.87"
    assert activity.occurred_at == datetime(2026, 4, 5, 3, 56, 24, tzinfo=UTC)
    assert (activity.tenant, activity.source, activity.dialect) == ("north", "lms-main", "cloudevents")


def test_binary_and_structured_mode_say_the_same(accept: Accept, cloud_event: Sample) -> None:
    data, headers = binary(cloud_event())

    assert accept("cloudevents", data, headers) == accept("cloudevents", cloud_event(), STRUCTURED)


def test_the_content_type_tells_structured_from_binary(accept: Accept, cloud_event: Sample) -> None:
    _, headers = binary(cloud_event({"id": "in-headers"}))

    accepted = accept("cloudevents", cloud_event({"id": "in-body"}), {**headers, **STRUCTURED})

    assert accepted.activities[0].event_id == "/lms/north#in-body"


def test_an_event_without_any_hint_is_read_as_structured(accept: Accept, cloud_event: Sample) -> None:
    assert accept("cloudevents", cloud_event()).activities


@pytest.mark.parametrize(
    ("type_", "verb"),
    [
        ("org.example.course.completed", Verb.COMPLETED),
        ("org.example.course.passed.v2", Verb.PASSED),
        ("org.example.course.scored.v10", Verb.SCORED),
    ],
)
def test_the_end_of_the_type_is_the_verb(accept: Accept, cloud_event: Sample, type_: str, verb: Verb) -> None:
    (activity,) = accept("cloudevents", cloud_event({"type": type_})).activities

    assert activity.verb is verb


@pytest.mark.parametrize(
    "type_", ["org.example.course.completed.v", "org.example.course.viewed.v1", "completed", "a.completed.draft"]
)
def test_other_types_are_irrelevant_whatever_they_carry(accept: Accept, cloud_event: Sample, type_: str) -> None:
    accepted = accept("cloudevents", cloud_event({"type": type_, "data": "anything"}))

    assert (accepted.activities, accepted.irrelevant) == ((), 1)


def test_another_content_type_of_an_irrelevant_binary_event_does_no_harm(accept: Accept, cloud_event: Sample) -> None:
    _, headers = binary(cloud_event({"type": "org.example.viewed"}), **{"content-type": b"application/avro"})

    accepted = accept("cloudevents", b"\x00\x01avro", headers)

    assert (accepted.activities, accepted.irrelevant) == ((), 1)


def test_a_null_value_is_a_tombstone(accept: Accept, cloud_event: Sample) -> None:
    _, headers = binary(cloud_event())

    assert accept("cloudevents", None, headers) == Accepted(irrelevant=1)


def test_a_binary_header_that_nobody_reads_does_no_harm(accept: Accept, cloud_event: Sample) -> None:
    data, headers = binary(cloud_event(), trace=b"\xff\xfe", ce_other=b"\xff")

    assert accept("cloudevents", data, headers).activities


def test_an_attribute_that_is_not_utf8_is_refused(accept: Accept, cloud_event: Sample) -> None:
    data, headers = binary(cloud_event(), ce_id=b"\xff\xfe")

    with pytest.raises(Rejected, match=r"^ce_id: should be UTF-8$"):
        accept("cloudevents", data, headers)


def test_data_may_come_in_base64(accept: Accept, cloud_event: Sample, missing: object) -> None:
    data = base64.b64encode(json.dumps(cloud_event()["data"]).encode()).decode()

    accepted = accept("cloudevents", cloud_event({"data": missing, "data_base64": data}), STRUCTURED)

    assert accepted == accept("cloudevents", cloud_event(), STRUCTURED)


def test_completion_counts_from_its_own_time(accept: Accept, cloud_event: Sample) -> None:
    accepted = accept("cloudevents", cloud_event({"data/completed_at": "2026-04-01T10:00:00"}))

    assert accepted.activities[0].occurred_at == datetime(2026, 4, 1, 10, tzinfo=UTC)
    assert accepted.learners[0].as_of == datetime(2026, 4, 5, 3, 56, 24, tzinfo=UTC)


def test_a_completion_that_says_passed_is_passed(accept: Accept, cloud_event: Sample) -> None:
    (activity,) = accept("cloudevents", cloud_event({"data/passed": True})).activities

    assert (activity.verb, activity.succeeded) == (Verb.PASSED, True)


def test_a_completion_that_says_not_passed_is_no_success(accept: Accept, cloud_event: Sample) -> None:
    (activity,) = accept("cloudevents", cloud_event({"data/passed": False})).activities

    assert (activity.verb, activity.succeeded) == (Verb.COMPLETED, False)


def test_a_score_stays_a_score_however_good(accept: Accept, cloud_event: Sample) -> None:
    (activity,) = accept("cloudevents", cloud_event({"type": "a.scored", "data/passed": True})).activities

    assert activity.verb is Verb.SCORED


def test_a_run_is_named_beside_its_course(accept: Accept, cloud_event: Sample) -> None:
    course = {"id": "EDS101", "run": "EDS101-2026-1"}

    (activity,) = accept("cloudevents", cloud_event({"data/course": course})).activities

    assert activity.object.ids == ("EDS101", "EDS101-2026-1")
    assert (activity.object.course, activity.object.run) == ("EDS101", "EDS101-2026-1")


def test_a_course_without_a_run_is_its_own(accept: Accept, cloud_event: Sample) -> None:
    (activity,) = accept("cloudevents", cloud_event({"data/course": {"id": "EL-100"}})).activities

    assert (activity.object.course, activity.object.run) == ("EL-100", "EL-100")


def test_a_number_as_an_id_is_the_same_learner(accept: Accept, cloud_event: Sample) -> None:
    as_number = accept("cloudevents", cloud_event({"data/learner/id": 39}))

    assert as_number.activities[0].learner == accept("cloudevents", cloud_event()).activities[0].learner


def test_two_producers_may_use_one_id(accept: Accept, cloud_event: Sample) -> None:
    here, there = cloud_event(), cloud_event({"source": "/lms/south"})

    assert (
        accept("cloudevents", here).activities[0].activity_id != accept("cloudevents", there).activities[0].activity_id
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": ""}, "id"),
        ({"source": 1.5}, "source"),
        ({"time": "yesterday"}, "time"),
        ({"time": 1775361384}, "time"),
        ({"data": None}, "data"),
        ({"data": "text"}, "data"),
        ({"data/learner": "39"}, "data.learner"),
        ({"data/learner": {"email": "ada@example.org"}}, "data.learner.id"),
        ({"data/learner/id": True}, "data.learner.id"),
        ({"data/learner/id": "x" * 2001}, "data.learner.id"),
        ({"data/learner/email": 5}, "data.learner.email"),
        ({"data/course": {}}, "data.course.id"),
        ({"data/course/run": ["2026"]}, "data.course.run"),
        ({"data/grade": 1.01}, "data.grade"),
        ({"data/grade": "0.87"}, "data.grade"),
        ({"data/grade": True}, "data.grade"),
        ({"data/score": -0.1}, "data.score"),
        ({"data/passed": "yes"}, "data.passed"),
        ({"data/completed_at": "2026-02-30T00:00:00Z"}, "data.completed_at"),
        ({"data/completed_at": "0001-01-01T00:00:00+14:00"}, "data.completed_at"),
        ({"data/completed_at": "0001-01-01T00:00:00Z"}, "data.completed_at"),
        ({"data_base64": "%%"}, "data_base64"),
    ],
)
def test_what_is_wrong_is_refused_by_the_name_of_its_field(
    accept: Accept, cloud_event: Sample, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        accept("cloudevents", cloud_event(changes))

    assert str(refusal.value).startswith(f"{field}: ")
    assert "ada@example.org" not in str(refusal.value)


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type"])
def test_a_missing_attribute_is_named_as_it_is_sent(
    accept: Accept, cloud_event: Sample, missing: object, name: str
) -> None:
    data, headers = binary(cloud_event({name: missing}))

    with pytest.raises(Rejected, match=f"^ce_{name}: "):
        accept("cloudevents", data, headers)
    with pytest.raises(Rejected, match=f"^{name}: "):
        accept("cloudevents", cloud_event({name: missing}), STRUCTURED)


def test_a_scored_event_without_a_score_is_refused(accept: Accept, cloud_event: Sample, missing: object) -> None:
    with pytest.raises(Rejected, match=r"^data\.score: "):
        accept("cloudevents", cloud_event({"type": "a.scored", "data/grade": missing}))


def test_an_event_that_happened_at_no_time_is_refused(accept: Accept, cloud_event: Sample, missing: object) -> None:
    with pytest.raises(Rejected, match=r"^data\.completed_at: "):
        accept("cloudevents", cloud_event({"time": missing}))


@pytest.mark.parametrize("content_type", [b"application/cloudevents+avro", b"application/cloudevents"])
def test_other_formats_of_structured_events_are_refused(
    accept: Accept, cloud_event: Sample, content_type: bytes
) -> None:
    with pytest.raises(Rejected, match=r"^content-type: "):
        accept("cloudevents", cloud_event(), {"content-type": content_type})


def test_binary_data_in_another_format_is_refused(accept: Accept, cloud_event: Sample) -> None:
    _, headers = binary(cloud_event(), **{"content-type": b"application/avro"})

    with pytest.raises(Rejected, match=r"^content-type: "):
        accept("cloudevents", b"\x00\x01", headers)
