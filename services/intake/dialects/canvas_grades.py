"""Grades of assignments: what a teacher or a quiz gave, changed or took back. The grader is never the learner."""

from __future__ import annotations

from services.intake.dialects.canvas_frame import Frame, Named
from services.intake.dialects.canvas_scores import GradeText, grade
from services.intake.dialects.shapes import Id, Moment, Name, Number, Shape, invalid, read
from services.intake.translation import Fact
from shared.contracts.events import ObjectKind, Verb


class GradeChange(Shape):
    """`grade_change`"""

    assignment_id: Id
    assignment_name: Name = None
    student_id: Id | None = None
    student_sis_id: Id | None = None
    user_id: Id | None = None
    grade: GradeText = None
    score: Number | None = None
    points_possible: Number | None = None
    old_grade: GradeText = None
    old_score: Number | None = None
    grading_complete: bool | None = None
    muted: bool | None = None

    @property
    def is_empty(self) -> bool:
        """No grade, or none any more."""
        return self.grade is None and self.score is None


class Submission(Shape):
    """`submission_updated`; what the learner handed in is none of our business."""

    assignment_id: Id
    user_id: Id
    grade: GradeText = None
    score: Number | None = None
    graded_at: Moment | None = None
    posted_at: Moment | None = None
    workflow_state: Id | None = None

    @property
    def is_graded(self) -> bool:
        """Somebody, or a quiz, has graded it at least once."""
        return self.graded_at is not None or self.workflow_state == "graded"


def grade_change(frame: Frame, body: object) -> Fact | None:
    """Each change is a newer version of the assignment's one grade.

    A hidden grade isn't the learner's yet, and a half graded quiz has none. A removed one is withdrawn, hidden or not.
    """
    event = read(GradeChange, body, at="body.")
    was_never = event.old_grade is None and event.old_score is None
    if event.is_empty and was_never:
        return None
    if not event.is_empty and (event.muted or event.grading_complete is False):
        return None
    student = event.student_id or event.user_id
    if student is None:
        raise invalid("body.student_id: missing, and so is user_id")
    course, said_at = frame.course(), frame.said_at()
    object_ = frame.thing(ObjectKind.ASSIGNMENT, event.assignment_id, course, event.assignment_name)
    given = grade(event.grade, event.score, event.points_possible)
    return Fact(
        person=frame.person(Named("body.student_id", student, event.student_sis_id, "body.student_sis_id")),
        verb=Verb.SCORED if event.is_empty else given.verb,
        object=object_,
        occurred_at=said_at,
        unique=("grade", object_.ids[0]),
        version=said_at,
        withdrawn=event.is_empty,
        succeeded=given.passed,
        score=given.score,
        letter=given.letter,
        letter_at="body.grade",
        raw_score=given.raw_score,
        course_ids=course.ids,
    )


def submission_updated(frame: Frame, body: object) -> Fact | None:
    """A graded submission. It doesn't say of how many points, so that points alone say nothing: grade_change does."""
    event = read(Submission, body, at="body.")
    given = grade(event.grade, event.score, None)
    is_empty = event.grade is None and event.score is None
    is_telling = is_empty or given.score is not None or given.letter is not None
    if not event.is_graded or not is_telling or (_is_hidden(event, body) and not is_empty):
        return None
    course = frame.course()
    object_ = frame.thing(ObjectKind.ASSIGNMENT, event.assignment_id, course)
    return Fact(
        person=frame.person(Named("body.user_id", event.user_id)),
        verb=given.verb,
        object=object_,
        occurred_at=event.graded_at or frame.said_at(),
        unique=("submission", object_.ids[0]),
        version=frame.said_at(),
        sent_at=frame.said_at(),
        withdrawn=is_empty,
        succeeded=given.passed,
        score=given.score,
        letter=given.letter,
        letter_at="body.grade",
        raw_score=given.raw_score,
        course_ids=course.ids,
    )


def _is_hidden(event: Submission, body: object) -> bool:
    """Newer Canvas says when a grade was posted; one that doesn't say anything hides nothing."""
    return isinstance(body, dict) and "posted_at" in body and event.posted_at is None
