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


def test_a_completed_course_becomes_one_activity(accept: Accept, canvas_event: Sample) -> None:
    accepted = accept("canvas", canvas_event())

    (activity,) = accepted.activities
    assert activity.verb is Verb.COMPLETED
    assert activity.object.kind is ObjectKind.COURSE
    assert activity.object.ids == ("565", "21070000000000565", "2026.BR101-1")
    assert activity.object.name == "Bridges I"
    assert activity.object.run == "565"
    assert activity.occurred_at == datetime(2026, 11, 5, 13, 38, tzinfo=UTC)


def test_the_learner_is_the_user_of_the_body_and_not_whoever_clicked(accept: Accept, canvas_event: Sample) -> None:
    by_a_teacher = canvas_event({"metadata/user_id": "21070000000000987", "metadata/user_sis_id": "T-1"})

    accepted = accept("canvas", by_a_teacher)

    assert accepted.learners[0].external_id == "123"
    assert accepted.activities[0].learner == accept("canvas", canvas_event()).activities[0].learner


def test_a_teachers_sis_id_is_never_the_learners(accept: Accept, canvas_event: Sample) -> None:
    by_a_teacher = canvas_event({"metadata/user_id": "21070000000000987", "metadata/user_sis_id": "T-1"})

    accepted = accept("canvas", by_a_teacher, learner="sis_id")

    assert (accepted.activities, accepted.learners) == ((), ())
    assert accepted.waits == (0,)


def test_a_learners_own_sis_id_is_trusted(accept: Accept, canvas_event: Sample) -> None:
    accepted = accept("canvas", canvas_event(), learner="sis_id")

    (learner,) = accepted.learners
    assert (learner.external_id, learner.identity_type) == ("S-456", "sisSourcedId")


@pytest.mark.parametrize("spelling", ["123", 123, "21070000000000123", 21070000000000123, "2107~123"])
def test_local_and_global_ids_are_one_learner(accept: Accept, canvas_event: Sample, spelling: str | int) -> None:
    accepted = accept("canvas", canvas_event({"body/user/id": spelling}))

    assert accepted.learners[0].external_id == "123"


def test_a_guest_from_another_shard_is_somebody_else(accept: Accept, canvas_event: Sample) -> None:
    guest = accept("canvas", canvas_event({"body/user/id": "90000000000123"}))

    assert guest.learners[0].external_id == "90000000000123"


@pytest.mark.parametrize("spelling", ["565", "21070000000000565", "2107~565"])
def test_a_repeat_is_the_same_fact_however_it_is_spelled(accept: Accept, canvas_event: Sample, spelling: str) -> None:
    first = accept("canvas", canvas_event()).activities[0]
    repeat = canvas_event(
        {
            "metadata/event_time": "2026-11-06T00:00:00Z",
            "metadata/request_id": "another",
            "body/course/id": spelling,
            "body/course/name": "Bridges, renamed",
            "body/progress/completed_at": "2026-11-05T13:38:00Z",
            "body/user/email": "ada@new.example.org",
        }
    )

    again = accept("canvas", repeat).activities[0]

    assert (again.activity_id, again.content) == (first.activity_id, first.content)


@pytest.mark.parametrize(
    "changes",
    [
        {"body/user/id": "124"},
        {"body/course/id": "566"},
        {"body/progress/completed_at": "2026-11-05T13:38:01Z"},
    ],
)
def test_another_learner_course_or_second_is_another_fact(
    accept: Accept, canvas_event: Sample, changes: dict[str, Any]
) -> None:
    first = accept("canvas", canvas_event()).activities[0]

    other = accept("canvas", canvas_event(changes)).activities[0]

    assert other.activity_id != first.activity_id


def test_a_profile_is_as_old_as_the_message(accept: Accept, canvas_event: Sample) -> None:
    accepted = accept("canvas", canvas_event())

    assert accepted.learners[0].as_of == datetime(2026, 11, 5, 13, 38, 2, 615000, tzinfo=UTC)
    assert accepted.learners[0].email == "ada@example.org"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"metadata": None}, "metadata"),
        ({"metadata/event_name": None}, "metadata.event_name"),
        ({"metadata/event_time": "soon"}, "metadata.event_time"),
        ({"body": []}, "body"),
        ({"body/user": {}}, "body.user.id"),
        ({"body/user/id": None}, "body.user.id"),
        ({"body/course/id": {}}, "body.course.id"),
        ({"body/progress": {}}, "body.progress.completed_at"),
        ({"body/progress/completed_at": None}, "body.progress.completed_at"),
    ],
)
def test_what_is_wrong_is_refused_by_the_name_of_its_field(
    accept: Accept, canvas_event: Sample, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        accept("canvas", canvas_event(changes))

    assert str(refusal.value).startswith(f"{field}: ")
