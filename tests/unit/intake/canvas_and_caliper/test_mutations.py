"""Whatever is made of an event, the answer is what it says, irrelevant or Rejected; never another exception."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake.translation import Translation
from shared.errors import Rejected

Samples = dict[str, list[dict[str, Any]]]
Translate = Callable[[str, object], Translation]

STRANGE: list[Any] = [
    *(None, True, False, 0, -1, 10**25, 10**400, 1e308, 5e-324, "", " ", "x" * 5000, "NaN", "1~2", "9" * 31, "٣"),
    *([], {}, [[]], [{}], {"id": None}, {"id": 7}, {"type": []}, "0001-01-01T00:00:00+23:59", "9999-12-31"),
    *("urn:instructure:canvas:user:", "urn:instructure:canvas:course:9~9", {"id": "x", "subOrganizationOf": "x"}),
]
VALUES = st.sampled_from(STRANGE) | st.text(max_size=9) | st.floats(allow_nan=False, allow_infinity=False)
QUICK = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in an event."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [each for key, at in inner for each in [(*path, key), *places(at, (*path, key))]]


def put(event: Any, path: tuple[Any, ...], value: Any, *, drop: bool) -> None:
    """Something else at that place, or nothing."""
    for key in path[:-1]:
        event = event[key]
    if drop and isinstance(event, dict):
        del event[path[-1]]
    else:
        event[path[-1]] = copy.deepcopy(value)


def answered(translate: Translate, dialect: str, body: object) -> None:
    try:
        said = translate(dialect, body)
    except Rejected:
        return
    assert len(said.facts) + len(said.profiles) + said.irrelevant >= 1
    assert all(len(kind.name) <= 120 for kind in said.kinds)
    for person in [*(fact.person for fact in said.facts), *(profile.person for profile in said.profiles)]:
        assert max(map(len, (person.id or "", person.sis_id or "", person.email or "", *person.aliases, ""))) <= 2010
    for fact in said.facts:
        assert fact.score is None or 0 <= fact.score <= 1
        assert max(map(len, (*fact.object.ids, *fact.course_ids, fact.raw_score or ""))) <= 2000


@pytest.mark.parametrize("dialect", ["canvas", "caliper"])
@QUICK
@given(data=st.data())
def test_any_change_of_any_event_is_answered(
    translate: Translate, samples: Samples, dialect: str, data: st.DataObject
) -> None:
    event = copy.deepcopy(data.draw(st.sampled_from(samples[dialect])))
    for _ in range(data.draw(st.integers(1, 3))):
        found = places(event)
        if found:
            put(event, data.draw(st.sampled_from(found)), data.draw(VALUES), drop=data.draw(st.booleans()))

    answered(translate, dialect, json.dumps(event).encode())


@pytest.mark.parametrize("dialect", ["canvas", "caliper"])
def test_every_strange_value_at_every_place_is_answered(translate: Translate, samples: Samples, dialect: str) -> None:
    for sample in samples[dialect]:
        for path in places(sample):
            for value in STRANGE:
                event = copy.deepcopy(sample)
                put(event, path, value, drop=False)
                answered(translate, dialect, json.dumps(event).encode())


@pytest.mark.parametrize("dialect", ["canvas", "caliper"])
@QUICK
@given(data=st.data())
def test_any_flipped_bytes_are_answered(
    translate: Translate, samples: Samples, dialect: str, data: st.DataObject
) -> None:
    body = bytearray(json.dumps(data.draw(st.sampled_from(samples[dialect]))).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))

    answered(translate, dialect, bytes(body))
