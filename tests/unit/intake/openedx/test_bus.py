"""What each event of the bus means, as Open edX's own library serialises it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import fastavro
import pytest
from openedx_events.event_bus.avro.serializer import AvroSignalSerializer
from openedx_events.learning import signals

from services.intake.dialects.openedx import bus
from services.intake.translation import SchemaNeeded, Translation
from shared.contracts.events import ObjectKind, Verb
from shared.errors import Rejected

Events = Mapping[str, tuple[bytes, dict[str, bytes]]]
Translate = Callable[..., Translation]

SAID = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PASSED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
RUN = "course-v1:OpenedX+DemoX+Demo_Course"
COURSE = "course-v1:OpenedX+DemoX"
CUSTOM = "ccx-v1:OpenedX+DemoX+Demo_Course+ccx@7"
REGISTRY = "https://registry.example.org"


@pytest.mark.parametrize(
    ("name", "verb", "run", "score", "withdrawn", "when"),
    [
        ("passed", Verb.PASSED, RUN, None, False, SAID),
        ("failed", Verb.PASSED, RUN, None, True, SAID),
        ("ccx", Verb.PASSED, CUSTOM, None, False, SAID),
        ("grade", Verb.SCORED, RUN, 0.87, False, PASSED),
        ("created", Verb.COMPLETED, RUN, 0.87, False, SAID),
        ("ungraded", Verb.COMPLETED, RUN, None, False, SAID),
        ("changed", Verb.COMPLETED, RUN, 0.87, False, SAID),
        ("taken away", Verb.COMPLETED, RUN, None, True, SAID),
        ("revoked", Verb.COMPLETED, RUN, None, True, SAID),
    ],
)
def test_events_that_tell_of_a_course(
    events: Events,
    translate: Translate,
    name: str,
    verb: Verb,
    run: str,
    score: float | None,
    withdrawn: bool,
    when: datetime,
) -> None:
    (fact,) = translate(*events[name]).facts

    assert fact.person.id == "39"
    assert (fact.verb, fact.score, fact.withdrawn, fact.occurred_at) == (verb, score, withdrawn, when)
    assert (fact.object.kind, fact.object.ids, fact.object.run) == (ObjectKind.COURSE, (run,), run)
    assert fact.object.course == COURSE
    assert (fact.version, fact.sent_at) == (SAID, SAID)


@pytest.mark.parametrize(("name", "withdrawn"), [("program", False), ("program revoked", True)])
def test_a_programs_certificate_completes_the_program(
    events: Events, translate: Translate, name: str, withdrawn: bool
) -> None:
    (fact,) = translate(*events[name]).facts

    assert (fact.verb, fact.withdrawn, fact.person.id) == (Verb.COMPLETED, withdrawn, "39")
    assert (fact.object.kind, fact.object.ids, fact.object.name) == (ObjectKind.PROGRAM, ("7c1d",), "Bridges")


def test_what_takes_a_fact_back_is_a_version_of_it(events: Events, translate: Translate) -> None:
    def unique(name: str) -> object:
        return translate(*events[name]).facts[0].unique

    assert unique("passed") == unique("failed") != unique("ccx")
    assert unique("created") == unique("changed") == unique("taken away") == unique("revoked")
    assert len({unique(name) for name in ("passed", "grade", "created", "program")}) == 4


@pytest.mark.parametrize("name", ["enrolled", "enrollment changed", "unenrolled", "registered", "logged in"])
def test_some_events_only_tell_who_somebody_is(events: Events, translate: Translate, name: str) -> None:
    found = translate(*events[name])

    assert (found.facts, found.irrelevant) == ((), 0), "what tells who somebody is counts as that, and once"
    (profile,) = found.profiles
    assert (profile.person.id, profile.person.email, profile.as_of) == ("39", "ada@example.org", SAID)


def test_a_certificate_in_the_making_tells_who_somebody_is_and_no_more(events: Events, translate: Translate) -> None:
    found = translate(*events["being made"])

    assert (found.facts, len(found.profiles)) == ((), 1)


def test_a_grade_knows_the_user_id_alone_and_waits_for_the_rest(events: Events, translate: Translate) -> None:
    (fact,) = translate(*events["grade"], learner="email").facts

    assert (fact.person.email, fact.person.profile_follows) == (None, True)
    assert fact.raw_score == "0.87 (Pass)"


def test_nobody_waits_for_a_sis_id_because_none_ever_comes(events: Events, translate: Translate) -> None:
    (fact,) = translate(*events["grade"], learner="sis_id").facts

    assert not fact.person.profile_follows
    assert "doesn't send" in fact.person.fields["sis_id"]


def test_an_address_that_was_never_confirmed_is_not_taken(events: Events, translate: Translate) -> None:
    _, headers = events["passed"]
    value = as_json(events, "passed")
    value["course_passing_status"]["user"]["is_active"] = False

    (fact,) = translate(value, headers).facts

    assert (fact.person.id, fact.person.email, fact.person.name) == ("39", None, "Ada Lovelace")


def as_json(events: Events, name: str) -> Any:
    body, headers = events[name]
    return fastavro.schemaless_reader(io.BytesIO(body[5:]), bus.bundled(headers["ce_type"].decode()), None)


@pytest.mark.parametrize("name", ["passed", "failed", "ccx", "grade", "created", "revoked", "enrolled", "program"])
def test_json_says_the_same_as_avro(events: Events, translate: Translate, name: str) -> None:
    body, headers = events[name]

    assert translate(as_json(events, name), headers) == translate(body, headers)


@pytest.mark.parametrize("timestamp", [None, ""])
def test_a_grade_that_does_not_pass_is_of_the_time_it_was_noted(
    events: Events, translate: Translate, timestamp: str | None
) -> None:
    value = as_json(events, "grade")
    value["grade"] |= {"passed_timestamp": timestamp, "percent_grade": 0.2, "letter_grade": ""}

    (fact,) = translate(value, events["grade"][1]).facts

    assert (fact.occurred_at, fact.score, fact.raw_score) == (SAID, 0.2, "0.2")


def test_extra_credit_is_a_full_score_and_is_kept_as_it_was(events: Events, translate: Translate) -> None:
    value = as_json(events, "grade")
    value["grade"] |= {"percent_grade": 1.25, "letter_grade": "A"}

    (fact,) = translate(value, events["grade"][1]).facts

    assert (fact.score, fact.raw_score) == (1.0, "1.25 (A)")


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("percent_grade", float("inf"), "grade.percent_grade"),
        ("percent_grade", -0.1, "grade.percent_grade"),
        ("percent_grade", True, "grade.percent_grade"),
        ("user_id", 10**30, "grade.user_id"),
        ("user_id", "ada@example.org", "grade.user_id"),
        ("course", {"course_key": "DemoX"}, "grade.course.course_key"),
        ("course", {"course_key": "course-v1:a+b+c+ccx@1"}, "grade.course.course_key"),
        ("passed_timestamp", "yesterday", "grade.passed_timestamp"),
    ],
)
def test_what_can_not_be_is_refused_by_the_name_of_its_field(
    events: Events, translate: Translate, path: str, value: Any, field: str
) -> None:
    event = as_json(events, "grade")
    event["grade"][path] = value
    body = json.dumps(event).replace("Infinity", "1e999").encode()

    with pytest.raises(Rejected) as refused:
        translate(body, events["grade"][1])

    assert field in str(refused.value) or refused.value.code == "not_json"
    assert "ada@example.org" not in str(refused.value)


@pytest.mark.parametrize("name", ["ce_type", "ce_time"])
def test_a_missing_header_is_named(events: Events, translate: Translate, name: str) -> None:
    body, headers = events["passed"]

    with pytest.raises(Rejected, match=name):
        translate(body, {each: value for each, value in headers.items() if each != name})


@pytest.mark.parametrize(
    ("type_", "minor", "named", "familiar"),
    [
        ("org.openedx.learning.certificate.created.v1", b"0", "org.openedx.learning.certificate.created.v1.0", True),
        ("org.openedx.learning.certificate.created.v1", b"1", "org.openedx.learning.certificate.created.v1.1", False),
        (
            "org.openedx.learning.exam.attempt.verified.v1",
            b"0",
            "org.openedx.learning.exam.attempt.verified.v1.0",
            True,
        ),
        ("org.openedx.learning.certificate.created.v2", b"0", "org.openedx.learning.certificate.created.v2.0", False),
        (
            "org.openedx.learning.certificate.created.v1",
            b"\xff",
            "org.openedx.learning.certificate.created.v1.?",
            False,
        ),
    ],
)
def test_kinds_are_told_by_type_and_version(
    events: Events, translate: Translate, type_: str, minor: bytes, named: str, familiar: bool
) -> None:
    body, headers = events["created"]

    (kind,) = translate(body, headers | {"ce_type": type_.encode(), "ce_minorversion": minor}).kinds

    assert (kind.name, kind.familiar) == (named, familiar)


def test_the_bundled_schemas_are_the_ones_that_open_edx_makes() -> None:
    by_type = {each.event_type: each for each in vars(signals).values() if hasattr(each, "event_type")}

    for type_ in bus.MEANINGS:
        made = AvroSignalSerializer(by_type[type_]).schema
        assert fastavro.schema.fingerprint(
            fastavro.schema.to_parsing_canonical_form(bus.bundled(type_)), "CRC-64-AVRO"
        ) == fastavro.schema.fingerprint(fastavro.schema.to_parsing_canonical_form(made), "CRC-64-AVRO")


def test_with_a_registry_it_is_read_by_what_that_holds(
    events: Events, translate: Translate, writers_schema: Callable[..., Any]
) -> None:
    body, headers = events["passed"]
    schema = writers_schema(signals.COURSE_PASSING_STATUS_UPDATED)

    assert translate(body, headers, {7: schema}, schema_registry=REGISTRY) == translate(body, headers)


def test_with_a_registry_a_schema_that_was_not_fetched_is_needed(events: Events, translate: Translate) -> None:
    with pytest.raises(SchemaNeeded) as needed:
        translate(*events["passed"], schema_registry=REGISTRY)

    assert (needed.value.registry, needed.value.schema_id) == (REGISTRY, 7)


def test_no_schema_is_needed_for_what_is_none_of_ours(events: Events, translate: Translate) -> None:
    body, headers = events["passed"]

    found = translate(body, headers | {"ce_type": b"org.openedx.other.v1"}, schema_registry=REGISTRY)

    assert found.irrelevant == 1


def evolved() -> Any:
    """A later Open edX's: with a field in the middle."""
    schema = json.loads(AvroSignalSerializer(signals.COURSE_PASSING_STATUS_UPDATED).schema_string())
    schema["fields"][0]["type"]["fields"].insert(1, {"name": "reason", "type": ["null", "string"], "default": None})
    return schema


def test_a_record_of_an_evolved_schema_is_read_by_the_registrys(
    events: Events, translate: Translate, frame: Callable[..., bytes]
) -> None:
    _, headers = events["passed"]
    body = frame(as_json(events, "passed"), evolved(), 9)

    found = translate(body, headers, {9: fastavro.parse_schema(evolved())}, schema_registry=REGISTRY)

    assert found.facts == translate(*events["passed"]).facts


def test_a_record_of_an_evolved_schema_is_refused_without_a_registry_and_never_misread(
    events: Events, translate: Translate, frame: Callable[..., bytes]
) -> None:
    _, headers = events["passed"]
    body = frame(as_json(events, "passed"), evolved(), 9)

    with pytest.raises(Rejected, match="byte"):
        translate(body, headers)
