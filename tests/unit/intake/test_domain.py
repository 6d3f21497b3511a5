from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.intake.domain import Accepted
from shared.contracts import identity
from shared.errors import Rejected

Accept = Callable[..., Accepted]
Sample = Callable[..., dict[str, Any]]


def test_the_same_delivery_is_always_the_same_fact_of_the_same_person(accept: Accept, cloud_event: Sample) -> None:
    assert accept("cloudevents", cloud_event()) == accept("cloudevents", cloud_event())


def test_ids_are_derived_from_where_an_event_came_from(accept: Accept, cloud_event: Sample) -> None:
    (activity,) = accept("cloudevents", cloud_event()).activities

    assert activity.activity_id == identity.activity_id("north", "lms-main", "/lms/north#7f1c")
    assert activity.learner == identity.learner_id(b"a deployment's secret", "north", "lms-main", "39")


def test_no_activity_holds_personal_data(accept: Accept, cloud_event: Sample) -> None:
    (activity,) = accept("cloudevents", cloud_event(), learner="email").activities

    published = activity.model_dump_json().lower()
    assert "ada" not in published
    assert "example.org" not in published.replace("org.example", "")


@pytest.mark.parametrize(
    ("setting", "external_id", "identity_type", "directory"),
    [
        ("id", "39", "accountId", "lms-main"),
        ("sis_id", "S-1", "sisSourcedId", "tenant:sis_id"),
        ("email", "ada@example.org", "emailAddress", "tenant:email"),
    ],
)
def test_the_source_says_which_id_counts(
    accept: Accept, cloud_event: Sample, setting: str, external_id: str, identity_type: str, directory: str
) -> None:
    learner = {"id": "39", "sis_id": "S-1", "email": " Ada@Example.org "}

    (known,) = accept("cloudevents", cloud_event({"data/learner": learner}), learner=setting).learners

    assert (known.external_id, known.identity_type, known.directory) == (external_id, identity_type, directory)
    assert known.email == "Ada@Example.org"


@pytest.mark.parametrize("email", ["", "ada", "ada@", "ada@example.org\r\nBcc: bob@example.org", "a" * 250 + "@b.org"])
def test_an_address_that_is_none_costs_nobody_a_badge(accept: Accept, cloud_event: Sample, email: str) -> None:
    accepted = accept("cloudevents", cloud_event({"data/learner/email": email}))

    assert accepted.activities
    assert accepted.learners[0].email is None


@pytest.mark.parametrize(("setting", "field"), [("email", "data.learner.email"), ("sis_id", "data.learner.sis_id")])
def test_a_learner_without_the_id_that_counts_is_refused_by_its_field(
    accept: Accept, cloud_event: Sample, setting: str, field: str, missing: object
) -> None:
    with pytest.raises(Rejected, match=f"^{field}: ") as refusal:
        accept("cloudevents", cloud_event({"data/learner/email": missing}), learner=setting)

    assert refusal.value.code == "no_learner"


def test_content_tells_a_repeat_from_a_conflict(accept: Accept, cloud_event: Sample) -> None:
    first = accept("cloudevents", cloud_event()).activities[0]
    repeat = accept("cloudevents", cloud_event({"data/learner/name": "Ada King", "subject": "x"})).activities[0]
    conflict = accept("cloudevents", cloud_event({"data/grade": 0.88})).activities[0]

    assert repeat.content == first.content
    assert (conflict.activity_id, conflict.content != first.content) == (first.activity_id, True)


@pytest.mark.parametrize("changes", [{"data/learner/id": "40"}, {"data/course/id": "EL-1"}, {"time": "2026-04-05"}])
def test_another_learner_course_or_time_under_one_id_is_a_conflict(
    accept: Accept, cloud_event: Sample, changes: dict[str, Any]
) -> None:
    first = accept("cloudevents", cloud_event()).activities[0]

    assert accept("cloudevents", cloud_event(changes)).activities[0].content != first.content


def test_a_clock_may_be_five_minutes_ahead_and_no_more(accept: Accept, cloud_event: Sample, now: datetime) -> None:
    just, beyond = now + timedelta(minutes=5), now + timedelta(minutes=5, seconds=1)

    assert accept("cloudevents", cloud_event({"time": just.isoformat()})).activities
    for changes in ({"time": beyond.isoformat()}, {"data/completed_at": beyond.isoformat()}):
        with pytest.raises(Rejected) as refusal:
            accept("cloudevents", cloud_event(changes))
        assert refusal.value.code == "in_the_future"


def test_a_profile_from_the_future_is_refused_though_the_fact_is_old(
    accept: Accept, cloud_event: Sample, now: datetime
) -> None:
    changes = {"time": (now + timedelta(days=1)).isoformat(), "data/completed_at": "2026-01-01T00:00:00Z"}

    with pytest.raises(Rejected) as refusal:
        accept("cloudevents", cloud_event(changes))

    assert refusal.value.code == "in_the_future"


def test_a_version_from_the_future_is_refused_because_no_correction_could_ever_be_newer(
    accept: Accept, cloud_event: Sample, now: datetime
) -> None:
    corrected = {"learner": {"id": "data.learner.id"}, "verb": "completed", "object": {"id": "data.course.id"}}
    mapping = [{**corrected, "version": "data.changed"}]

    with pytest.raises(Rejected) as refusal:
        accept("cloudevents", cloud_event({"data/changed": (now + timedelta(days=1)).isoformat()}), mapping=mapping)

    assert refusal.value.code == "in_the_future"


@pytest.mark.parametrize(
    "time",
    ["2026-04-05T03:56:24", "2026-04-05 03:56:24Z", "2026-04-05T05:56:24.000000000+02:00", "2026-04-05t03:56:24z"],
)
def test_a_time_without_a_zone_is_utc(accept: Accept, cloud_event: Sample, time: str) -> None:
    (activity,) = accept("cloudevents", cloud_event({"time": time})).activities

    assert activity.occurred_at == datetime(2026, 4, 5, 3, 56, 24, tzinfo=UTC)


def test_more_than_a_mebibyte_is_refused_unread(accept: Accept) -> None:
    with pytest.raises(Rejected) as refusal:
        accept("cloudevents", b" " * (1 << 20) + b"x")

    assert refusal.value.code == "too_large"


@pytest.mark.parametrize("dialect", ["cloudevents", "canvas", "xapi"])
@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"NaN"]
)
def test_what_is_no_json_is_refused(accept: Accept, dialect: str, body: bytes) -> None:
    with pytest.raises(Rejected) as refusal:
        accept(dialect, body)

    assert refusal.value.code == "not_json"


@pytest.mark.parametrize("dialect", ["cloudevents", "canvas", "xapi"])
def test_kafkas_null_is_irrelevant_in_every_dialect(accept: Accept, dialect: str) -> None:
    assert accept(dialect, None) == Accepted(irrelevant=1)


@pytest.mark.parametrize("dialect", ["cloudevents", "canvas", "xapi"])
@pytest.mark.parametrize("body", [b"null", b"1", b'"text"', b"true", b"{}", b"[[]]"])
def test_json_that_is_no_event_is_refused(accept: Accept, dialect: str, body: bytes) -> None:
    with pytest.raises(Rejected) as refusal:
        accept(dialect, body)

    assert refusal.value.code == "invalid"


def test_a_dialect_that_nobody_speaks_is_refused(accept: Accept) -> None:
    with pytest.raises(Rejected, match="'klingon'") as refusal:
        accept("klingon", {})

    assert refusal.value.code == "unknown_dialect"
