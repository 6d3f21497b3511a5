"""The documented events, changed as a test wants them, and translated."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from services.intake.dialects import DIALECTS
from services.intake.translation import Delivery, Fact, Profile, Translation
from shared.catalogue.model import Source
from tests.unit.intake.canvas_and_caliper.samples import (
    BODIES,
    BY_JOBS,
    CALIPER,
    CANVAS_GRADE,
    CANVAS_QUIZ,
    JOB,
    METADATA,
    PERSON,
    Event,
)

Translate = Callable[[str, object], Translation]


def changed(event: Event, changes: Mapping[str, Any]) -> Event:
    """A copy with some fields, named by their path, set anew."""
    event = copy.deepcopy(event)
    for path, value in changes.items():
        *parents, last = path.split("/")
        at = event
        for each in parents:
            at = at[each]
        at[last] = value
    return event


def live_event(name: str, /, **changes: Any) -> Event:
    """A Live Event with some fields of its body set anew, and of its metadata those that begin with `metadata_`."""
    prefix = "metadata_"
    about = {key.removeprefix(prefix): value for key, value in changes.items() if key.startswith(prefix)}
    body = {key.replace("__", "/"): value for key, value in changes.items() if not key.startswith(prefix)}
    metadata = JOB if name in BY_JOBS else METADATA
    return {"metadata": {**metadata, "event_name": name, **about}, "body": changed(BODIES[name], body)}


@pytest.fixture
def live() -> Callable[..., Event]:
    return live_event


@pytest.fixture
def caliper() -> Callable[..., Event]:
    """An event by what is done in it, with fields by their path set anew."""
    return lambda name, changes=(): changed(CALIPER[name], dict(changes))


@pytest.fixture
def person() -> Callable[..., Event]:
    return lambda changes=(): changed(PERSON, dict(changes))


@pytest.fixture
def canvas_grade() -> Callable[..., Event]:
    return lambda changes=(): changed(CANVAS_GRADE, dict(changes))


@pytest.fixture
def canvas_quiz() -> Callable[..., Event]:
    return lambda changes=(): changed(CANVAS_QUIZ, dict(changes))


@pytest.fixture
def envelope() -> Callable[..., Event]:
    """What a sensor sends these events in."""

    def envelope(*data: object, version: str = "v1p2") -> Event:
        return {
            "sensor": "https://example.edu/sensors/1",
            "sendTime": "2026-11-15T11:05:01.000Z",
            "dataVersion": f"http://purl.imsglobal.org/ctx/caliper/{version}",
            "data": list(data),
        }

    return envelope


@pytest.fixture
def translate() -> Translate:
    """What a dialect makes of an event."""

    def translate(dialect: str, event: object) -> Translation:
        source = Source(name="lms-main", dialect=dialect, topic="lms.main")
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return DIALECTS[dialect].translate(Delivery("north", source, body))

    return translate


@pytest.fixture
def fact_of(translate: Translate) -> Callable[[str, object], Fact]:
    """The one fact that an event says, and nothing else."""

    def fact_of(dialect: str, event: object) -> Fact:
        said = translate(dialect, event)
        assert (said.profiles, said.irrelevant) == ((), 0)
        (fact,) = said.facts
        return fact

    return fact_of


@pytest.fixture
def profile_of(translate: Translate) -> Callable[[str, object], Profile]:
    """The one profile that an event says, and nothing else."""

    def profile_of(dialect: str, event: object) -> Profile:
        said = translate(dialect, event)
        assert (said.facts, said.irrelevant) == ((), 0)
        (profile,) = said.profiles
        return profile

    return profile_of


@pytest.fixture
def samples() -> dict[str, list[Event]]:
    """An event of each sort that matters, by dialect."""
    return {
        "canvas": [*(live_event(name) for name in BODIES), CANVAS_GRADE, CANVAS_QUIZ],
        "caliper": [*CALIPER.values(), PERSON, CANVAS_GRADE, {"sensor": "x", "data": [PERSON, *CALIPER.values()]}],
    }
