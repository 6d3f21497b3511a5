"""Entries of Open edX's tracking logs: what it notes as JSON of everything that happens.

The learner is `event.user_id`. `context.user_id` is whoever asked for the page, for a rescoring the instructor. What a
browser says is said by whoever sits before it, so that nobody gets a badge for that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.intake.dialects.openedx.people import UserId, somebody
from services.intake.dialects.openedx.things import block, course, graded
from services.intake.dialects.shapes import Id, Moment, Name, Number, Shape, invalid, read
from services.intake.translation import Fact, Kind, Translation, irrelevant
from shared.catalogue.model import Source
from shared.contracts.events import ActivityObject, ObjectKind, Verb

_OURS = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_SERVER = ("server", "task")
_LIKE_OURS = ("edx.course.grade.", "edx.grades.", "edx.certificate.")
_NONE_OF_OURS = ("edx.grades.subsection.score_overridden", "edx.certificate.shared", "edx.certificate.evidence_visited")
_BLOCKS = {
    "chapter": ObjectKind.MODULE,
    "sequential": ObjectKind.MODULE,
    "vertical": ObjectKind.MODULE,
}


class Context(Shape):
    """Where a browser's entries say that they are a browser's, before Open edX moves it to the top."""

    event_source: Id | None = None


class Said(Shape):
    """As much of an entry as tells whether it is one of ours."""

    name: Id | None = None
    event_type: Id | None = None
    event_source: Id | None = None
    context: Context = Context()


class Entry(Shape):
    """An entry as it is logged (`event`, `time`), or as event-tracking has it before that (`data`, `timestamp`)."""

    event: Any = None
    data: Any = None
    time: Moment | None = None
    timestamp: Moment | None = None


class About(Shape):
    """What all our entries name."""

    user_id: UserId
    course_id: Id


class CourseGrade(About):
    """A share of 1, and its letter."""

    percent_grade: Number
    letter_grade: Name = None


class Subsection(About):
    """A homework or an exam: what of it counts towards the grade."""

    block_id: Id
    weighted_graded_earned: Number
    weighted_graded_possible: Number


class Problem(About):
    """A problem's score, or its new one."""

    problem_id: Id
    weighted_earned: Number | None = None
    weighted_possible: Number | None = None
    new_weighted_earned: Number | None = None
    new_weighted_possible: Number | None = None


class Completion(About):
    """How much of a course, or of a part of it, is done."""

    block_id: Id | None = None
    percent: Number


@dataclass(frozen=True, slots=True)
class Moved:
    """What an entry says: who and where, when, and its own part."""

    kind: Kind
    about: About
    time: datetime
    event: Any
    source: Source

    def course(self) -> ActivityObject:
        """The course run."""
        return course(self.about.course_id, "event.course_id")

    def fact(self, verb: Verb, object_: ActivityObject, what: str, **more: Any) -> Translation:
        """Each is a version of one fact: Open edX says it again whenever it changes."""
        fact = Fact(
            person=somebody(self.about.user_id, self.source, "event.user_id"),
            verb=verb,
            object=object_,
            occurred_at=self.time,
            unique=(what, object_.ids[0]),
            version=self.time,
            course_ids=(self.about.course_id,),
            **more,
        )
        return Translation((fact,), kinds=(self.kind,))


def translate(value: Any, source: Source) -> Translation:
    """See the module."""
    said = read(Said, value)
    name = said.name or said.event_type
    if name is None:
        raise invalid("name: missing, and so is event_type")
    if (said.event_source or said.context.event_source or "server") not in _SERVER:
        return irrelevant("browser")
    if not _OURS.fullmatch(name) or len(name) > 100:
        return irrelevant("request")  # a path, which may hold anybody's name
    meaning = _MEANINGS.get(name)
    if meaning is None:
        return irrelevant(name, familiar=not name.startswith(_LIKE_OURS) or name in _NONE_OF_OURS)
    entry = read(Entry, value)
    event, at = (entry.event, "event.") if entry.event is not None else (entry.data, "data.")
    time = entry.time or entry.timestamp
    if time is None:
        raise invalid("time: missing, and so is timestamp")
    return meaning(Moved(Kind(name), read(About, event, at), time, event, source))


def _passed(said: Moved) -> Translation:
    return said.fact(Verb.PASSED, said.course(), "passed")


def _failed(said: Moved) -> Translation:
    return said.fact(Verb.PASSED, said.course(), "passed", withdrawn=True)


def _completed(said: Moved) -> Translation:
    return said.fact(Verb.COMPLETED, said.course(), "completed")


def _certified(said: Moved) -> Translation:
    return said.fact(Verb.COMPLETED, said.course(), "certificate")


def _decertified(said: Moved) -> Translation:
    return said.fact(Verb.COMPLETED, said.course(), "certificate", withdrawn=True)


def _graded(said: Moved) -> Translation:
    grade = read(CourseGrade, said.event, "event.")
    share = f"{grade.percent_grade:g}"
    return said.fact(
        Verb.SCORED,
        said.course(),
        "grade",
        score=graded(grade.percent_grade, "event.percent_grade"),
        raw_score=f"{share} ({grade.letter_grade})" if grade.letter_grade else share,
    )


def _subsection(said: Moved) -> Translation:
    """One that isn't graded has no points that count."""
    part = read(Subsection, said.event, "event.")
    done = block(ObjectKind.ASSIGNMENT, part.block_id, said.about.course_id, "event.course_id")
    return _points(said, done, part.weighted_graded_earned, part.weighted_graded_possible)


def _problem(said: Moved) -> Translation:
    problem = read(Problem, said.event, "event.")
    earned = problem.weighted_earned if problem.new_weighted_earned is None else problem.new_weighted_earned
    possible = problem.weighted_possible if problem.new_weighted_possible is None else problem.new_weighted_possible
    done = block(ObjectKind.CONTENT, problem.problem_id, said.about.course_id, "event.course_id")
    return _points(said, done, earned, possible)


def _cleared(said: Moved) -> Translation:
    problem = read(Problem, said.event, "event.")
    done = block(ObjectKind.CONTENT, problem.problem_id, said.about.course_id, "event.course_id")
    return said.fact(Verb.SCORED, done, "points", withdrawn=True)


def _points(said: Moved, done: ActivityObject, earned: float | None, possible: float | None) -> Translation:
    if earned is None or not possible:
        return irrelevant(said.kind.name)
    if possible < 0:
        raise invalid("event: points out of less than nothing")
    score = graded(earned / possible, "event")
    return said.fact(Verb.SCORED, done, "points", score=score, raw_score=f"{earned:g}/{possible:g}")


def _aggregated(said: Moved) -> Translation:
    """The aggregator also calls it a completion while some of it is left."""
    completion = read(Completion, said.event, "event.")
    if completion.percent < 1:
        return irrelevant(said.kind.name)
    part = _BLOCKS.get(said.kind.name.rsplit(".", 1)[-1])
    if part is None:
        return _completed(said)
    if completion.block_id is None:
        raise invalid("event.block_id: is missing")
    done = block(part, completion.block_id, said.about.course_id, "event.course_id")
    return said.fact(Verb.COMPLETED, done, "completed")


_MEANINGS: Mapping[str, Callable[[Moved], Translation]] = {
    "edx.course.grade.passed.first_time": _passed,
    "edx.course.grade.now_passed": _passed,
    "edx.course.grade.now_failed": _failed,
    "edx.course.completed": _completed,
    "edx.certificate.created": _certified,
    "edx.certificate.revoked": _decertified,
    "edx.grades.course.grade_calculated": _graded,
    "edx.grades.subsection.grade_calculated": _subsection,
    "edx.grades.problem.submitted": _problem,
    "edx.grades.problem.rescored": _problem,
    "edx.grades.problem.score_overridden": _problem,
    "edx.grades.problem.state_deleted": _cleared,
} | {
    f"{vendor}.completion_aggregator.completion.{part}": _aggregated
    for vendor in ("edx", "openedx")
    for part in ("course", *_BLOCKS)
}
