"""Whatever arrives: something is made of it, or it is refused, or its schema is needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake.dialects.openedx import bus
from services.intake.translation import SchemaNeeded, Translation
from shared.errors import Rejected

Events = Mapping[str, tuple[bytes, dict[str, bytes]]]
Translate = Callable[..., Translation]
RELAXED = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["0001-01-01T00:00:00+23:59", "course-v1:a+b+c", "ccx-v1:a+b+c+ccx@1", "a/b/c", "39", "1e400"])
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner))


def answered(translate: Translate, body: Any, headers: dict[str, bytes], **settings: Any) -> None:
    try:
        found = translate(body, headers, **settings)
    except (Rejected, SchemaNeeded):
        return
    assert len(found.facts) + len(found.profiles) + found.irrelevant == 1
    assert len(found.kinds) == 1


@RELAXED
@given(data=st.data())
def test_any_mutation_of_a_record(events: Events, translate: Translate, data: st.DataObject) -> None:
    body, headers = events[data.draw(st.sampled_from(sorted(events)))]
    changed = bytearray(body)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(changed)))
        changed[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=10))

    answered(translate, bytes(changed), headers)


@RELAXED
@given(data=st.data())
def test_any_mutation_of_a_header(events: Events, translate: Translate, data: st.DataObject) -> None:
    body, headers = events[data.draw(st.sampled_from(sorted(events)))]
    name = data.draw(st.sampled_from(sorted(headers)))

    answered(translate, body, headers | {name: data.draw(st.binary(max_size=30))})


@RELAXED
@given(type_=st.sampled_from(sorted(bus.MEANINGS)), value=VALUES, data=st.data())
def test_any_json_of_any_type(translate: Translate, type_: str, value: Any, data: st.DataObject) -> None:
    headers = {"ce_type": type_.encode(), "ce_time": b"2026-11-23T12:00:00Z"}
    part = data.draw(st.sampled_from(["course_passing_status", "grade", "certificate", "enrollment", "user", "x"]))
    body = json.dumps({part: value}).encode("utf-8", "replace")

    answered(translate, body, headers)


@RELAXED
@given(value=VALUES, name=st.sampled_from(["event", "data", "time", "context", "name", "event_source"]))
@pytest.mark.parametrize(
    "kind", ["edx.course.completed", "edx.grades.problem.submitted", "edx.grades.course.grade_calculated"]
)
def test_any_entry_of_a_tracking_log(translate: Translate, kind: str, value: Any, name: str) -> None:
    event = {"user_id": 39, "course_id": "course-v1:a+b+c", "percent_grade": 0.5, "problem_id": "p"}
    logged = {"name": kind, "time": "2026-11-20T09:30:00Z", "event": event | {"weighted_earned": value}, "context": {}}

    answered(translate, json.dumps(logged | {name: value}).encode("utf-8", "replace"), {})


@RELAXED
@given(rest=st.binary(max_size=40))
def test_anything_behind_the_frame(events: Events, translate: Translate, rest: bytes) -> None:
    for name in ("passed", "grade", "registered"):
        answered(translate, b"\0\0\0\0\7" + rest, events[name][1])
        answered(translate, b"\0\0\0\0\7" + rest, events[name][1], schema_registry="https://registry.example.org")
