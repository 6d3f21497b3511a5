"""CloudEvents 1.0 over Kafka or HTTP, structured or binary, that say a course was completed, passed or scored.

Whether the event is structured is told by the content type (Kafka protocol binding, section 3). Only for messages that
carry neither such a content type nor attributes in headers does the body decide.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Literal

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
    parse,
    read,
)
from services.intake.translation import IRRELEVANT, Delivery, Fact, Person, Translation
from shared.contracts.events import ActivityObject, ObjectKind, Verb

_KIND = re.compile(r"\.(completed|passed|scored)(?:\.v\d+)?$")
_JSON = re.compile(r"^[^;]*[/+]json\s*(;|$)", re.IGNORECASE)
_ATTRIBUTES = ("specversion", "id", "source", "type", "time")
_FIELDS = {"id": "data.learner.id", "sis_id": "data.learner.sis_id", "email": "data.learner.email"}


class Attributes(Shape):
    """The context attributes: `source` and `id` together are the event's identity."""

    specversion: Literal["1.0"]
    id: Id
    source: Id
    type: Id
    time: Moment | None = None


class Structured(Attributes):
    """The whole event in the body."""

    datacontenttype: Id | None = None
    data: Any = None
    data_base64: str | None = None


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


def translate(delivery: Delivery) -> Translation:
    """See the module."""
    body = delivery.body or b""
    content_type = delivery.headers.get("content-type", b"").decode("latin-1").strip()
    if content_type.lower().startswith("application/cloudevents"):
        if not _JSON.match(content_type):
            raise invalid("content-type: only the JSON format of structured CloudEvents is understood")
        return _structured(parse(body))
    if any(name.startswith("ce_") for name in delivery.headers):
        return _binary(delivery.headers, content_type, body)
    return _structured(parse(body))


def _structured(value: object) -> Translation:
    event = read(Structured, value)
    verb = _verb(event.type)
    if verb is None:
        return IRRELEVANT
    if event.data_base64 is None:
        return _fact(event, verb, event.data)
    try:
        data = base64.b64decode(event.data_base64, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("data_base64: should be base64") from None
    return _fact(event, verb, parse(data))


def _binary(headers: Mapping[str, bytes], content_type: str, body: bytes) -> Translation:
    attributes = {name: _text(headers, f"ce_{name}") for name in _ATTRIBUTES if f"ce_{name}" in headers}
    event = read(Attributes, attributes, at="ce_")
    verb = _verb(event.type)
    if verb is None:
        return IRRELEVANT
    if content_type and not _JSON.match(content_type):
        raise invalid("content-type: only JSON data is understood")
    return _fact(event, verb, parse(body))


def _text(headers: Mapping[str, bytes], name: str) -> str:
    try:
        return headers[name].decode()
    except UnicodeDecodeError:
        raise invalid(f"{name}: should be UTF-8") from None


def _verb(event_type: str) -> Verb | None:
    found = _KIND.search(event_type)
    return Verb(found[1]) if found else None


def _fact(event: Attributes, verb: Verb, value: object) -> Translation:
    data = read(Data, value, at="data.")
    score = data.grade if data.score is None else data.score
    if verb is Verb.SCORED and score is None:
        raise invalid("data.score: missing, though the event says that something was scored")
    occurred_at = data.completed_at or event.time
    if occurred_at is None:
        raise invalid("data.completed_at: missing, and the event has no time either")
    if verb is Verb.COMPLETED and data.passed:
        verb = Verb.PASSED  # the LMS says both; what is passed is also completed
    fact = Fact(
        person=_person(data.learner),
        verb=verb,
        object=_course(data.course),
        occurred_at=occurred_at,
        event_id=f"{event.source}#{event.id}",
        sent_at=event.time,
        succeeded=data.passed,
        score=score,
        raw_score=None if score is None else repr(score),
    )
    return Translation(facts=(fact,))


def _person(learner: LearnerData) -> Person:
    return Person(
        fields=_FIELDS,
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
