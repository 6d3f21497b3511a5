"""Outcomes: what a learner was found able to do. Canvas names the learner by nothing but a uuid here."""

from __future__ import annotations

from services.intake.dialects.canvas_frame import Frame, Named
from services.intake.dialects.canvas_scores import clamped, of
from services.intake.dialects.shapes import Id, Moment, Number, Shape, read
from services.intake.translation import Fact
from shared.contracts.events import ObjectKind, Verb


class Result(Shape):
    """`learning_outcome_result_created` and `…_updated`. Their `title` is left alone: it names the learner"""

    learning_outcome_id: Id
    user_uuid: Id | None = None
    user_id: Id | None = None
    mastery: bool | None = None
    score: Number | None = None
    possible: Number | None = None
    percent: Number | None = None
    assessed_at: Moment | None = None
    result_context_type: Id | None = None
    result_context_id: Id | None = None
    associated_asset_type: Id | None = None
    associated_asset_id: Id | None = None
    workflow_state: Id | None = None

    @property
    def is_withdrawn(self) -> bool:
        """The rating was deleted."""
        return self.workflow_state == "deleted"

    @property
    def fraction(self) -> float | None:
        """`percent` is a fraction in spite of its name, scaled to the course's own mastery levels."""
        if self.percent is not None:
            return clamped(self.percent)
        if self.score is not None and self.possible is not None and self.possible > 0:
            return clamped(self.score / self.possible)
        return None


def outcome_result(frame: Frame, body: object) -> Fact | None:
    """One rating of one outcome, by what it was rated on; a newer one is its next version."""
    event = read(Result, body, at="body.")
    if event.mastery is None and event.fraction is None and not event.is_withdrawn:
        return None
    said_at = frame.said_at()
    course = frame.course(event.result_context_id if event.result_context_type == "Course" else None)
    object_ = frame.thing(ObjectKind.OUTCOME, event.learning_outcome_id, course)
    rated_on = [each for each in (event.associated_asset_type, event.associated_asset_id) if each]
    return Fact(
        person=frame.person(Named("body.user_uuid", event.user_id, uuid=event.user_uuid)),
        verb=Verb.MASTERED if event.mastery else Verb.SCORED,
        object=object_,
        occurred_at=event.assessed_at or said_at,
        unique=("outcome", object_.ids[0], *rated_on),
        version=said_at,
        sent_at=said_at,
        withdrawn=event.is_withdrawn,
        succeeded=event.mastery,
        score=event.fraction,
        raw_score=of(event.score, event.possible),
        course_ids=course.ids,
    )
