"""The events of which something comes: graded, submitted, a question answered.

The learner is the attempt's `assignee`. A GradeEvent's actor is the grader, or a program that grades.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from services.intake.dialects.caliper_entities import Entity, World, home_of, is_canvas
from services.intake.dialects.caliper_names import term
from services.intake.dialects.canvas_scores import grade
from services.intake.dialects.shapes import Id, Moment, Shape, invalid, read
from services.intake.translation import Fact
from shared.contracts.events import Verb


class Event(Shape):
    """The parts of an event that we read. Its id is usually `urn:uuid:…`"""

    id: Id | None = None
    type: Id
    action: Id
    actor: Any = None
    object: Any = None
    generated: Any = None
    group: Any = None
    eventTime: Moment  # noqa: N815

    @property
    def identity(self) -> str | None:
        """UUIDs are the same in either case."""
        return self.id.lower() if self.id and self.id.lower().startswith("urn:uuid:") else self.id


class Told(Shape):
    """As much as tells whether an event is one of ours."""

    type: Id
    action: Id | None = None


@dataclass(frozen=True, slots=True)
class Learner:
    """Whose it is, and where the event says so."""

    entity: Entity
    at: str


def fact(value: object, world: World, at: str) -> Fact | None:
    """What an event says, if it is one of those."""
    said = read(Told, value, at=at)
    action = term(said.action) if said.action else None
    match (term(said.type), action):
        case ("GradeEvent", "Graded"):
            return _graded(read(Event, value, at=at), world, at)
        case ("AssessmentEvent", "Submitted"):
            return _completed(read(Event, value, at=at), world, at)
        case ("AssessmentItemEvent", "Completed"):
            # its time is part of the assessment's
            return replace(_completed(read(Event, value, at=at), world, at), duration=None)
        case _:
            return None


def _graded(event: Event, world: World, at: str) -> Fact | None:
    score = world.entity(event.generated, f"{at}generated")
    attempt = _attempt(world, event.object, f"{at}object", score and score.attempt)
    resource = world.entity(attempt.assignable, f"{at}object.assignable") if attempt else None
    learner = world.entity(attempt.assignee, f"{at}object.assignee") if attempt else None
    if attempt is None or resource is None or learner is None:
        lacking = "assignable" if learner else "assignee"
        raise invalid(f"{at}object.{lacking}: missing")
    of_canvas = is_canvas(resource.id)
    text = attempt.extension("grade") if of_canvas else None
    points = score.scoreGiven if score else None
    possible = score.maxScore if score and score.maxScore is not None else resource.maxScore
    is_empty = points is None and text is None
    if is_empty and not of_canvas:
        return None
    given = grade(text, points, possible)
    found = replace(
        _about(event, world, Learner(learner, f"{at}object.assignee"), resource, at),
        verb=given.verb,
        succeeded=given.passed,
        score=given.score,
        letter=given.letter,
        letter_at=f"{at}object.extensions.grade",
        raw_score=given.raw_score,
    )
    if not of_canvas:
        return found
    # Canvas gives each change of a grade another id; it is the next version of the assignment's one grade
    unique = ("grade", found.object.ids[0])
    return replace(found, event_id=None, unique=unique, version=event.eventTime, withdrawn=is_empty)


def _completed(event: Event, world: World, at: str) -> Fact:
    generated = world.entity(event.generated, f"{at}generated")
    attempt = _attempt(world, event.object, f"{at}object", event.generated, generated and generated.attempt)
    resource = world.entity(event.object, f"{at}object")
    if resource is None or resource.is_a("Attempt"):
        resource = world.entity(attempt.assignable, f"{at}object.assignable") if attempt else None
    if resource is None:
        raise invalid(f"{at}object: missing, or an attempt at nothing")
    found = _about(event, world, _learner(event, attempt, world, at), resource, at)
    return replace(found, duration=_duration(attempt))


def _learner(event: Event, attempt: Entity | None, world: World, at: str) -> Learner:
    """Whose attempt it is; without one whoever acts, if that is somebody."""
    assignee = world.entity(attempt.assignee, f"{at}generated.assignee") if attempt else None
    if assignee is not None:
        return Learner(assignee, f"{at}generated.assignee")
    actor = world.entity(event.actor, f"{at}actor")
    if actor is None or not (actor.type is None or actor.is_a("Person")):
        raise invalid(f"{at}actor: should be a person")
    return Learner(actor, f"{at}actor")


def _duration(attempt: Entity | None) -> timedelta | None:
    if attempt is None or attempt.startedAtTime is None or attempt.endedAtTime is None:
        return None
    return max(attempt.endedAtTime - attempt.startedAtTime, timedelta())


def _attempt(world: World, object_: object, at: str, *others: object) -> Entity | None:
    """The first that names its assignee."""
    for value in (object_, *others):
        found = world.entity(value, at) if isinstance(value, str | dict) else None
        if found is not None and found.assignee is not None:
            return found
    return None


def _about(event: Event, world: World, learner: Learner, resource: Entity, at: str) -> Fact:
    """Who, what, where and when."""
    group, actor = world.entity(event.group, f"{at}group"), world.entity(event.actor, f"{at}actor")
    here = replace(world, home=home_of(actor, group, resource))
    course = here.course(event.group, f"{at}group")
    return Fact(
        person=here.person(learner.entity, learner.at),
        verb=Verb.COMPLETED,
        object=here.thing(resource, course),
        occurred_at=event.eventTime,
        event_id=event.identity,
        course_ids=course.ids,
    )
