"""What a CloudEvent says that a course was completed, passed or scored, where the source has no mapping of its own."""

from __future__ import annotations

import re

from services.intake.dialects.shapes import (
    Fraction,
    Id,
    Moment,
    Name,
    Shape,
    address,
    course_key,
    distinct,
    invalid,
    read,
)
from services.intake.translation import Fact, Person
from shared.contracts.events import ActivityObject, ObjectKind, Verb

_KIND = re.compile(r"\.(completed|passed|scored)(?:\.v\d+)?$")


class LearnerData(Shape):
    """Who it was."""

    id: Id | None = None
    sis_id: Id | None = None
    email: str | None = None
    name: Name = None


class CourseData(Shape):
    """What is taught, and the delivery of it."""

    id: Id
    run: Id | None = None
    name: Name = None


class Data(Shape):
    """What Laurel's producers say."""

    learner: LearnerData
    course: CourseData
    grade: Fraction | None = None
    score: Fraction | None = None
    passed: bool | None = None
    completed_at: Moment | None = None


class Head(Shape):
    """What the data is told with."""

    id: Id
    source: Id
    type: Id
    time: Moment | None = None


def verb_of(event_type: str) -> Verb | None:
    """None for what is none of ours."""
    found = _KIND.search(event_type)
    return Verb(found[1]) if found else None


def fact_of(event: Head, verb: Verb, value: object, at: str) -> Fact:
    """`at` is where the event stood. Raises Rejected."""
    data = read(Data, value, at=f"{at}data.")
    score = data.grade if data.score is None else data.score
    if verb is Verb.SCORED and score is None:
        raise invalid(f"{at}data.score: missing, though the event says that something was scored")
    occurred_at = data.completed_at or event.time
    if occurred_at is None:
        raise invalid(f"{at}data.completed_at: missing, and the event has no time either")
    if verb is Verb.COMPLETED and data.passed:
        verb = Verb.PASSED  # the LMS says both; what is passed is also completed
    course = _course(data.course)
    return Fact(
        person=_person(data.learner, at),
        verb=verb,
        object=course,
        occurred_at=occurred_at,
        event_id=f"{event.source}#{event.id}",
        sent_at=event.time,
        succeeded=data.passed,
        score=score,
        raw_score=None if score is None else repr(score),
        course_ids=distinct(course.run, course.course),
    )


def _person(learner: LearnerData, at: str) -> Person:
    return Person(
        fields={name: f"{at}data.learner.{name}" for name in ("id", "sis_id", "email")},
        id=learner.id,
        sis_id=learner.sis_id,
        email=address(learner.email),
        name=learner.name,
    )


def _course(course: CourseData) -> ActivityObject:
    key = course_key(course.id)
    return ActivityObject(
        kind=ObjectKind.COURSE,
        ids=distinct(course.id, course.run, key["run"] if key else None),
        name=course.name,
        course=key["course"] if key else course.id,
        run=course.run or (key["run"] if key else course.id),
    )
