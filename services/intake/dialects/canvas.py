"""Canvas Live Events, in Canvas' own format and, as Canvas can send them in that too, in Caliper's.

The learner is whom the body names; `metadata.user_*` is whoever clicked, often a teacher. Canvas sends no event id and
repeats events, so a fact's identity is derived from what it is about; what Canvas corrects has versions, by
`metadata.event_time`. Where the body has a time of its own, that is when it happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.intake.dialects import caliper
from services.intake.dialects.canvas_courses import course_completed, course_grade_change, course_progress
from services.intake.dialects.canvas_frame import Frame, Metadata
from services.intake.dialects.canvas_grades import grade_change, submission_updated
from services.intake.dialects.canvas_names import OTHERS
from services.intake.dialects.canvas_outcomes import outcome_result
from services.intake.dialects.canvas_people import profile
from services.intake.dialects.shapes import Id, Shape, parse, read
from services.intake.translation import Delivery, Fact, Kind, Profile, Translation, irrelevant

_NAME_MAX = 100
_OURS: Mapping[str, Callable[[Frame, object], Fact | Profile | None]] = {
    "course_completed": course_completed,
    "course_grade_change": course_grade_change,
    "course_progress": course_progress,
    "grade_change": grade_change,
    "learning_outcome_result_created": outcome_result,
    "learning_outcome_result_updated": outcome_result,
    "submission_updated": submission_updated,
    "user_created": profile,
    "user_updated": profile,
}


class Named(Shape):
    """Which of Canvas' events it is."""

    event_name: Id


class AnyEvent(Shape):
    """What every Live Event has."""

    metadata: Named
    body: Any = None


def translate(delivery: Delivery) -> Translation:
    """See the module."""
    value = parse(delivery.body or b"")
    if caliper.is_caliper(value):
        return caliper.read_all(value)
    event = read(AnyEvent, value)
    name = event.metadata.event_name
    ours = _OURS.get(name)
    if ours is None:
        return irrelevant(name[:_NAME_MAX], familiar=name in OTHERS)
    said = ours(Frame(read(Metadata, value["metadata"], at="metadata.")), event.body)
    kinds = (Kind(name),)
    match said:
        case Fact():
            return Translation(facts=(said,), kinds=kinds)
        case Profile():
            return Translation(profiles=(said,), kinds=kinds)
        case None:
            return irrelevant(name)
