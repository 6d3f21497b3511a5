"""Canvas can send Caliper: the same learner, assignment and course as in its own format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.intake.domain import Accepted
from services.intake.translation import Fact
from shared.contracts.events import Verb

Event = Callable[..., dict[str, Any]]
FactOf = Callable[[str, object], Fact]
Accept = Callable[..., Accepted]
BOTH = pytest.mark.parametrize("dialect", ["canvas", "caliper"])


@BOTH
def test_a_grade_is_the_same_fact_in_both_formats(
    live: Event, canvas_grade: Event, envelope: Event, fact_of: FactOf, dialect: str
) -> None:
    own = fact_of("canvas", live("grade_change"))

    fact = fact_of(dialect, envelope(canvas_grade(), version="v1p1"))

    assert (fact.person.id, fact.person.sis_id) == (own.person.id, own.person.sis_id)
    # Caliper's format lacks the assignment's name and the course's SIS id
    assert fact.object == own.object.model_copy(update={"name": None})
    assert fact.course_ids == own.course_ids[:2]
    assert replace(fact, person=own.person, object=own.object, course_ids=own.course_ids) == own


@BOTH
def test_the_same_source_takes_both_for_one_activity(
    live: Event, canvas_grade: Event, accept: Accept, dialect: str
) -> None:
    (own,) = accept("canvas", live("grade_change")).activities

    (activity,) = accept(dialect, canvas_grade()).activities

    assert (activity.activity_id, activity.fact, activity.learner) == (own.activity_id, own.fact, own.learner)
    assert activity.content == own.content


def test_the_guest_who_grades_moves_nobody_to_her_shard(canvas_grade: Event, fact_of: FactOf) -> None:
    by_a_guest = canvas_grade({"actor/id": "urn:instructure:canvas:user:90000000000012"})

    assert fact_of("canvas", by_a_guest).person.id == "48"


def test_a_guest_who_learns_keeps_the_global_id(canvas_grade: Event, fact_of: FactOf) -> None:
    of_a_guest = canvas_grade({"object/assignee/id": "urn:instructure:canvas:user:90000000000048"})

    assert fact_of("canvas", of_a_guest).person.id == "90000000000048"


def test_a_removed_grade_is_withdrawn_here_too(canvas_grade: Event, fact_of: FactOf) -> None:
    removed = {"object/extensions/com.instructure.canvas/grade": None, "generated/scoreGiven": None}

    assert fact_of("canvas", canvas_grade(removed)).withdrawn


@pytest.mark.parametrize(
    ("grade", "score", "letter", "verb"),
    [("complete", 1.0, None, Verb.PASSED), ("B+", None, "B+", Verb.SCORED), ("85%", 0.85, None, Verb.SCORED)],
)
def test_a_grade_without_points_is_read_as_in_canvas_own_format(
    canvas_grade: Event, fact_of: FactOf, grade: str, score: float | None, letter: str | None, verb: Verb
) -> None:
    said = {"object/extensions/com.instructure.canvas/grade": grade, "generated/scoreGiven": None}

    fact = fact_of("canvas", canvas_grade(said))

    assert (fact.score, fact.letter, fact.verb) == (score, letter, verb)


def test_a_quiz_is_never_taken_for_the_assignment_of_the_same_number(canvas_quiz: Event, fact_of: FactOf) -> None:
    fact = fact_of("canvas", canvas_quiz())

    assert (fact.verb, fact.object.ids) == (Verb.COMPLETED, ("urn:instructure:canvas:quiz:21070000000000355",))
    assert (fact.person.id, fact.object.run) == ("48", "565")
