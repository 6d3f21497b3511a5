"""Courses as wholes: completed, on the way, and their grades."""

from __future__ import annotations

from services.intake.dialects.canvas_frame import CourseRun, Frame, Named
from services.intake.dialects.canvas_scores import clamped, plain
from services.intake.dialects.shapes import Id, Moment, Name, Number, Shape, read
from services.intake.translation import Fact, Person
from shared.contracts.events import ActivityObject, ObjectKind, Verb, whole_seconds


class User(Shape):
    """The learner."""

    id: Id
    email: str | None = None
    name: Name = None


class Course(Shape):
    """The course."""

    id: Id
    sis_source_id: Id | None = None
    name: Name = None


class Counts(Shape):
    """How many of the requirements of its modules are met."""

    requirement_count: Number | None = None
    requirement_completed_count: Number | None = None


class Completion(Shape):
    """When the last requirement was met."""

    completed_at: Moment


class Progressed(Shape):
    """`course_progress`"""

    user: User
    course: Course
    progress: Counts


class Completed(Shape):
    """`course_completed`"""

    user: User
    course: Course
    progress: Completion


class Graded(Shape):
    """`course_grade_change`: of its eight scores, the final one that the learner may see."""

    user_id: Id
    course_id: Id
    workflow_state: Id | None = None
    updated_at: Moment | None = None
    final_score: Number | None = None
    old_final_score: Number | None = None


def course_completed(frame: Frame, body: object) -> Fact:
    """Canvas repeats it; only the second of completion tells two completions apart."""
    event = read(Completed, body, at="body.")
    course = frame.course(event.course.id, event.course.sis_source_id)
    return Fact(
        person=_learner(frame, event.user),
        verb=Verb.COMPLETED,
        object=_object(course, event.course.name),
        occurred_at=whole_seconds(event.progress.completed_at),
        sent_at=frame.metadata.event_time,
        course_ids=course.ids,
    )


def course_progress(frame: Frame, body: object) -> Fact:
    """How far it is. No score: met requirements are no grade. The last one met is a `course_completed` of its own."""
    event = read(Progressed, body, at="body.")
    course, counts, said_at = frame.course(event.course.id, event.course.sis_source_id), event.progress, frame.said_at()
    done, all_of_them = counts.requirement_completed_count, counts.requirement_count
    return Fact(
        person=_learner(frame, event.user),
        verb=Verb.PROGRESSED,
        object=_object(course, event.course.name),
        occurred_at=said_at,
        unique=("progress", str(course.run)),
        version=said_at,
        raw_score=f"{plain(done)}/{plain(all_of_them)}" if done is not None and all_of_them is not None else None,
        course_ids=course.ids,
    )


def course_grade_change(frame: Frame, body: object) -> Fact | None:
    """The final score in per cent. Ungraded work counts as nothing in it, so it never says too much."""
    event = read(Graded, body, at="body.")
    is_deleted = event.workflow_state == "deleted"
    if event.final_score is None and event.old_final_score is None and not is_deleted:
        return None
    course, said_at = frame.course(event.course_id), frame.said_at()
    return Fact(
        person=frame.person(Named("body.user_id", event.user_id)),
        verb=Verb.SCORED,
        object=_object(course, None),
        occurred_at=event.updated_at or said_at,
        unique=("course grade", str(course.run)),
        version=said_at,
        sent_at=said_at,
        withdrawn=is_deleted or event.final_score is None,
        score=None if event.final_score is None else clamped(event.final_score / 100),
        raw_score=None if event.final_score is None else f"{plain(event.final_score)}%",
        course_ids=course.ids,
    )


def _learner(frame: Frame, user: User) -> Person:
    return frame.person(Named("body.user.id", user.id, email=user.email, name=user.name))


def _object(course: CourseRun, name: str | None) -> ActivityObject:
    return ActivityObject(kind=ObjectKind.COURSE, ids=course.ids, name=name, course=course.run, run=course.run)
