"""History rows, by the usual columns; letters by the source's scale; what is taught, by the run's id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.agreements import agreed
from services.intake.dialects.rows import columns, learner_of
from services.intake.domain import Accepted
from services.intake.translation import Delivery, Fact, Person, Translation
from shared.catalogue.model import Source
from shared.contracts.events import ActivityObject, ObjectKind, Verb
from shared.errors import Rejected

Accept = Callable[..., Accepted]
ROW: dict[str, Any] = {"learner": "ada", "course": "EDS101", "completed_at": "2025-06-01"}
SCALE = {"A+": 1.0, "B": 0.8, "Pass": 1.0}


def source(**settings: Any) -> Source:
    return Source(**{"name": "history", "dialect": "rows", "topic": "lms.history", **settings})


def graded(letter: str | None, verb: Verb = Verb.SCORED, **more: Any) -> Translation:
    thing = ActivityObject(kind=ObjectKind.COURSE, ids=("565", "2026.BR101-1"), course="565", run="565")
    person = Person(fields={"id": "learner"}, id="ada")
    return Translation((Fact(person, verb, thing, datetime(2025, 6, 1, tzinfo=UTC), letter=letter, **more),))


def the_fact(translation: Translation, scale: dict[str, float] | None = None, **settings: Any) -> Fact:
    (fact,) = agreed(Delivery("north", source(**settings), b"", scale=scale or {}), translation).facts
    return fact


def test_the_usual_columns_are_enough(accept: Accept) -> None:
    row = ROW | {"email": "ada@example.org", "name": "Ada", "run": "EDS101-2025", "score": "80%", "verb": "passed"}

    accepted = accept("rows", row)

    (activity,), (learner,) = accepted.activities, accepted.learners
    assert (activity.verb, activity.score, activity.raw_score) == (Verb.PASSED, 0.8, "80%")
    assert (activity.object.ids, activity.object.course) == (("EDS101", "EDS101-2025"), "EDS101")
    assert activity.object.run == "EDS101-2025"
    assert activity.occurred_at == datetime(2025, 6, 1, tzinfo=UTC)
    assert (learner.external_id, learner.email, learner.name) == ("ada", "ada@example.org", "Ada")


def test_a_row_without_a_verb_is_a_completion(accept: Accept) -> None:
    assert accept("rows", ROW).activities[0].verb is Verb.COMPLETED


def test_a_row_that_comes_again_is_the_same_fact_and_another_is_not(accept: Accept) -> None:
    ids = [accept("rows", row).activities[0].activity_id for row in (ROW, ROW, ROW | {"course": "EDS102"})]

    assert ids[0] == ids[1] != ids[2]


def test_an_id_column_is_the_identity(accept: Accept) -> None:
    assert accept("rows", ROW | {"id": 17}).activities[0].event_id == "17"


def test_a_row_is_an_object(accept: Accept) -> None:
    with pytest.raises(Rejected, match="one column a field"):
        accept("rows", [ROW])


def test_rows_are_kept_in_order_by_the_id_that_counts() -> None:
    mapping = [{"learner": {"email": "mail"}, "verb": "passed", "object": {"id": "c"}, "time": "t"}]

    assert learner_of(source(), {"learner": 5, "email": "x"}) == "5"
    assert learner_of(source(learner="email", mapping=mapping), {"learner": 5, "mail": "x"}) == "x"
    assert learner_of(source(), {}) is None
    assert columns(source(mapping=mapping)) == {"mail", "c", "t"}


def test_a_letter_counts_as_the_scale_says() -> None:
    fact = the_fact(graded(" a+"), SCALE)

    assert (fact.score, fact.raw_score) == (1.0, " a+")


@pytest.mark.parametrize(("scale", "why"), [(SCALE, "scale doesn't know it"), ({}, "names no scale")])
def test_a_score_that_nobody_can_count_is_refused(scale: dict[str, float], why: str) -> None:
    with pytest.raises(Rejected, match=why) as refused:
        the_fact(graded("Z"), scale)

    assert refused.value.code == "unscaled_letter"
    assert "Z" not in str(refused.value)


def test_a_completion_stands_without_knowing_its_letter() -> None:
    fact = the_fact(graded("Z", Verb.COMPLETED))

    assert (fact.score, fact.raw_score) == (None, "Z")


def test_a_number_is_never_replaced_by_a_letter() -> None:
    assert the_fact(graded("B", score=0.5, raw_score="50%"), SCALE).score == 0.5


def test_what_is_taught_is_told_from_the_first_id_that_fits() -> None:
    fact = the_fact(graded(None), course="????.{course}-*")

    assert (fact.object.course, fact.object.run) == ("BR101", "565")


def test_ids_that_do_not_fit_leave_everything_as_it_was() -> None:
    assert the_fact(graded(None), course="term-{course}").object.course == "565"


def test_a_part_of_a_course_is_told_by_the_ids_of_its_run() -> None:
    (fact,) = graded(None).facts
    quiz = ActivityObject(kind=ObjectKind.ASSIGNMENT, ids=("2026.XX-1",), run="565")

    found = the_fact(
        Translation((replace(fact, object=quiz, course_ids=("565", "2026.BR101-1")),)), course="????.{course}-?"
    )

    assert found.object.course == "BR101"
