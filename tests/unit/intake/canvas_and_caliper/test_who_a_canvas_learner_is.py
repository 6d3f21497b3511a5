"""Canvas' events don't all name a learner by the same id: those that lack the one that counts wait for the profile."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.domain import Intake
from services.intake.translation import Delivery
from shared.catalogue.model import Source

Event = Callable[..., dict[str, Any]]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event", "profile", "learner", "who"),
    [
        ("learning_outcome_result_created", "user_created", "id", "48"),
        ("learning_outcome_result_created", "user_updated", "sis_id", "S-48"),
        ("course_grade_change", "user_created", "sis_id", "S-48"),
        ("grade_change", "course_progress", "email", "ada@example.org"),
    ],
)
def test_what_waits_goes_on_with_the_event_that_names_its_learner(
    intake: Intake, live: Event, event: str, profile: str, learner: str, who: str
) -> None:
    source = Source.model_validate({"name": "lms", "dialect": "canvas", "topic": "lms.a", "learner": learner})
    early, late = (Delivery("north", source, json.dumps(live(name)).encode()) for name in (event, profile))
    waits = intake.accept(early, NOW)
    found = {each.id: {each.kind: each.word} for each in intake.said(late, intake.translate(late, NOW))}

    accepted = intake.accept(early, NOW, found)

    assert (waits.activities, waits.waits) == ((), (0,))
    assert [each.external_id for each in accepted.learners] == [who]
    assert len(accepted.activities) == 1
