from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.dialects.auto import Auto
from services.intake.domain import Accepted, Intake
from services.intake.translation import IRRELEVANT, Delivery, Person, Profile, Translation
from shared.catalogue.model import Source
from shared.errors import Rejected

Accept = Callable[..., Accepted]
Sample = Callable[..., dict[str, Any]]

SOURCE = Source(name="any", dialect="auto", topic="lms.any")
NAMES = ("caliper", "canvas", "cloudevents", "moodle", "openedx", "xapi")
SENSOR = {"sensor": "https://example.edu/sensors/1", "dataVersion": "http://purl.imsglobal.org/ctx/caliper/v1p2"}


class Deaf:
    """A dialect that only knows that it was asked."""

    def __init__(self, name: str, asked: list[str]) -> None:
        self.name = name
        self.asked = asked

    def translate(self, delivery: Delivery) -> Translation:
        self.asked.append(self.name)
        return IRRELEVANT


def asked(body: object, headers: dict[str, bytes] | None = None) -> list[str]:
    """The dialects that a delivery was handed to."""
    heard: list[str] = []
    auto = Auto({name: Deaf(name, heard) for name in NAMES})
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    auto.translate(Delivery("north", SOURCE, raw, headers or {}))
    return heard


@pytest.mark.parametrize(
    ("body", "headers", "dialect"),
    [
        (b"\x00\x00\x00\x00\x07avro", {"ce_type": b"org.openedx.learning.course.passing.status.updated.v1"}, "openedx"),
        ({"username": "ada", "event_type": "edx.grades", "event_source": "server"}, {}, "openedx"),
        ({"event_type": "edx.grades", "context": {}}, {}, "openedx"),
        ({"grade": 1}, {"ce_type": b"org.example.completed", "ce_id": b"1"}, "cloudevents"),
        (b"[]", {"content-type": b"application/cloudevents-batch+json"}, "cloudevents"),
        ({}, {"content-type": b"Application/CloudEvents+json; charset=utf-8"}, "cloudevents"),
        ({"specversion": "1.0"}, {"content-type": b"application/json"}, "cloudevents"),
        ([{"specversion": "1.0"}], {}, "cloudevents"),
        ({**SENSOR, "data": []}, {}, "caliper"),
        ({"@context": "…/caliper/v1p2", "actor": {}, "action": "Graded"}, {}, "caliper"),
        ({**SENSOR, "sensor": "http://oxana.instructure.com/", "data": []}, {}, "canvas"),
        ({"metadata": {"event_name": "grade_change"}, "body": {}}, {}, "canvas"),
        ({"actor": {}, "verb": {}, "object": {}}, {}, "xapi"),
        ([{"actor": {}, "verb": {}, "object": {}}], {}, "xapi"),
        ({"statements": [], "more": ""}, {}, "xapi"),
        ({"eventname": "\\core\\event\\course_completed"}, {}, "moodle"),
        ([{"eventname": "\\core\\event\\course_completed"}], {}, "moodle"),
        ({"logs": []}, {}, "moodle"),
    ],
)
def test_the_dialect_is_told_by_what_arrives(body: object, headers: dict[str, bytes], dialect: str) -> None:
    assert asked(body, headers) == [dialect]


@pytest.mark.parametrize("body", [{}, [], [[]], 7, None, "x", {"scoreGiven": 1}, [7, {"specversion": "1.0"}]])
def test_what_looks_like_none_is_refused_with_what_was_looked_for(body: object) -> None:
    with pytest.raises(Rejected, match=r"cloudevents: .*specversion; .*xapi: actor\+object\+verb") as refusal:
        asked(body)

    assert refusal.value.code == "unknown_dialect"


def test_what_is_no_json_is_refused_as_such() -> None:
    with pytest.raises(Rejected) as refusal:
        asked(b"{")

    assert refusal.value.code == "not_json"


def test_the_activity_names_the_dialect_that_was_told(
    accept: Accept, statement: Sample, canvas_event: Sample, cloud_event: Sample
) -> None:
    said = [statement(), canvas_event(), cloud_event()]

    assert [accept("auto", each).activities[0].dialect for each in said] == ["xapi", "canvas", "cloudevents"]


def test_a_fact_is_the_same_fact_by_its_dialects_own_name(accept: Accept, statement: Sample) -> None:
    told, named = (accept(dialect, statement()).activities[0] for dialect in ("auto", "xapi"))

    assert told == named


def test_the_39_of_one_lms_does_not_lead_to_the_39_of_another(intake: Intake, now: datetime) -> None:
    class Speaks:
        def __init__(self, person: Person) -> None:
            self.person = person

        def translate(self, delivery: Delivery) -> Translation:
            return Translation(profiles=(Profile(self.person, now),))

    known = Speaks(Person(fields={}, id="39", email="ada@example.org"))
    dialects = Auto({"canvas": known, "moodle": Speaks(Person(fields={}, id="39"))})

    def aliases(body: dict[str, Any], directory: str | None) -> tuple[list[str], list[str]]:
        source = SOURCE.model_copy(update={"learner": "email", "directory": directory})
        delivery = Delivery("north", source, json.dumps(body).encode())
        said = dialects.translate(delivery)
        return [each.id for each in intake.said(delivery, said)], list(intake.asked(delivery, said))

    for directory in (None, "people"):
        (told,), _ = aliases({"metadata": {}, "body": {}}, directory)
        _, (asked_for,) = aliases({"eventname": "x"}, directory)
        assert told != asked_for


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["sensor", "dataVersion", "actor", "verb", "object", "logs"]), inner)
    ),
)


@given(body=st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_handed_on_or_refused(body: bytes) -> None:
    try:
        assert len(asked(body)) == 1
    except Rejected:
        return
