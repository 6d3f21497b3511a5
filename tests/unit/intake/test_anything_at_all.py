"""Whatever an LMS sends, the answer is activities, irrelevant or Rejected; never another exception."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake.domain import Accepted, Intake
from services.intake.translation import Delivery
from shared.catalogue.model import Source
from shared.errors import Rejected

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
Sample = Callable[..., dict[str, Any]]

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
    | st.sampled_from(["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "mailto:", "course-v1:a+b", "1~2"])
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
)
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "ce_id", "ce_type", "ce_source", "ce_specversion", "ce_time", "x"]),
    st.binary(max_size=20)
    | st.sampled_from([b"1.0", b"a.completed", b"application/cloudevents+json", b"application/json"]),
)
RELAXED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def answered(intake: Intake, source: Source, body: bytes | None, headers: dict[str, bytes]) -> None:
    try:
        accepted = intake.accept(Delivery("north", source, body, headers), NOW)
    except Rejected:
        return
    assert isinstance(accepted, Accepted)
    assert len(accepted.activities) + accepted.irrelevant + accepted.profiles + len(accepted.waits) >= 1
    named = [each for each in accepted.activities if each.learner]
    assert len(named) <= len(accepted.learners) <= len(named) + accepted.profiles


def source_of(dialect: str, learner: str) -> Source:
    return Source.model_validate({"name": "lms", "dialect": dialect, "topic": "lms.a", "learner": learner})


DIALECTS = pytest.mark.parametrize("dialect", ["cloudevents", "canvas", "xapi"])


@DIALECTS
@RELAXED
@given(body=st.none() | st.binary(max_size=60), headers=HEADERS)
def test_any_bytes_are_answered(intake: Intake, dialect: str, body: bytes | None, headers: dict[str, bytes]) -> None:
    answered(intake, source_of(dialect, "id"), body, headers)


@DIALECTS
@RELAXED
@given(value=VALUES, headers=HEADERS)
def test_any_json_is_answered(intake: Intake, dialect: str, value: Any, headers: dict[str, bytes]) -> None:
    answered(intake, source_of(dialect, "email"), json.dumps(value).encode("utf-8", "replace"), headers)


@DIALECTS
@RELAXED
@given(data=st.data())
def test_any_mutation_of_a_real_event_is_answered(
    intake: Intake, dialect: str, cloud_event: Sample, canvas_event: Sample, statement: Sample, data: st.DataObject
) -> None:
    event = {"cloudevents": cloud_event, "canvas": canvas_event, "xapi": statement}[dialect]()
    for _ in range(data.draw(st.integers(1, 4))):
        mutate(event, data)
    learner = data.draw(st.sampled_from(["id", "sis_id", "email"]))

    answered(intake, source_of(dialect, learner), json.dumps(event).encode("utf-8", "replace"), {})


def mutate(event: dict[str, Any], data: st.DataObject) -> None:
    """Changes or drops one field somewhere."""
    at: Any = event
    while isinstance(at, dict) and at:
        name = data.draw(st.sampled_from(sorted(at)))
        if isinstance(at[name], dict) and at[name] and data.draw(st.integers(0, 3)):
            at = at[name]
            continue
        if data.draw(st.booleans()):
            at[name] = data.draw(VALUES)
        else:
            del at[name]
        return
