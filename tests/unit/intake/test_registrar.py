"""A registrar's decision is an event like any other, and only a registrar's source takes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.domain import Accepted
from shared.contracts import identity
from shared.contracts.events import ObjectKind, Verb
from shared.errors import Rejected

Accept = Callable[..., Accepted]
DECISION: dict[str, Any] = {
    "id": "4f6b",
    "action": "add",
    "achievement": "first-aid",
    "learner": {"email": "ada@mail.example", "name": "Ada"},
    "because": "passed at another school",
    "by": "registrar@office.example",
    "at": "2026-03-02T10:00:00Z",
}


@pytest.mark.parametrize(("action", "verb"), [("add", Verb.GRANTED), ("withhold", Verb.WITHHELD)])
def test_a_decision_is_about_a_learner_and_an_achievement(accept: Accept, action: str, verb: Verb) -> None:
    accepted = accept("registrar", {**DECISION, "action": action}, learner="email")

    (activity,) = accepted.activities
    assert (activity.verb, activity.object.kind, activity.object.ids) == (verb, ObjectKind.ACHIEVEMENT, ("first-aid",))
    assert activity.occurred_at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert activity.because == "passed at another school"
    assert activity.decided_by == "registrar@office.example"
    assert activity.activity_id == identity.activity_id("north", "lms-main", "4f6b")
    assert [each.external_id for each in accepted.learners] == ["ada@mail.example"]


@pytest.mark.parametrize("learner", ["id", "sis_id"])
def test_the_learner_is_named_by_what_the_source_trusts(accept: Accept, learner: str) -> None:
    accepted = accept("registrar", {**DECISION, "learner": {learner: "s-1"}}, learner=learner)

    assert [each.external_id for each in accepted.learners] == ["s-1"]


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("action", "revoke", "action"),
        ("achievement", "First Aid", "achievement"),
        ("because", "", "because"),
        ("because", "x" * 1001, "because"),
        ("id", None, "id"),
        ("at", "yesterday", "at"),
        ("learner", {"id": "1"}, "learner.email"),
        ("learner", None, "learner"),
    ],
)
def test_what_can_not_be_read_is_refused_by_its_field(accept: Accept, field: str, value: object, named: str) -> None:
    with pytest.raises(Rejected, match=rf"^{named}\b"):
        accept("registrar", {**DECISION, field: value}, learner="email")


def test_no_other_source_decides(accept: Accept) -> None:
    for dialect in ("auto", "cloudevents", "xapi", "canvas"):
        try:
            found = accept(dialect, DECISION, learner="email")
        except Rejected:
            continue
        assert found.activities == ()
