"""Canvas Live Events in Canvas' own format. For now one of them: `course_completed`.

The learner is `body.user`; `metadata.user_*` is whoever clicked, often a teacher. Canvas sends no event id and repeats
the event, so the fact's identity is derived. It sends one thing under local ids (`123`) and global ones
(`21070000000000123`, shard x 10^13 + local, also written `2107~123`): those are made one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.intake.dialects.shapes import Id, Moment, Name, Shape, address, distinct, parse, read
from services.intake.translation import IRRELEVANT, Delivery, Fact, Person, Translation
from shared.contracts.events import ActivityObject, ObjectKind, Verb, whole_seconds

_SHARD = 10**13
_NUMBER = re.compile(r"[0-9]{1,30}")
_TILDE = re.compile(r"([0-9]{1,10})~([0-9]{1,13})")
_FIELDS = {"id": "body.user.id", "sis_id": "metadata.user_sis_id", "email": "body.user.email"}


class Kind(Shape):
    """Which of Canvas' events it is."""

    event_name: Id


class AnyEvent(Shape):
    """What every Live Event has."""

    metadata: Kind


class Metadata(Shape):
    """Who clicked where."""

    event_time: Moment | None = None
    root_account_id: Id | None = None
    user_id: Id | None = None
    user_sis_id: Id | None = None


class User(Shape):
    """The learner."""

    id: Id
    email: str | None = None
    name: Name = None


class Course(Shape):
    """A Canvas course: one delivery of what is taught."""

    id: Id
    sis_source_id: Id | None = None
    name: Name = None


class Progress(Shape):
    """When the last module requirement was met."""

    completed_at: Moment


class Body(Shape):
    """The event's own part."""

    user: User
    course: Course
    progress: Progress


class CourseCompleted(Shape):
    """The whole event."""

    metadata: Metadata
    body: Body


@dataclass(frozen=True, slots=True)
class CanvasId:
    """One id in its two spellings. `shard` is None where nothing says it."""

    local: int
    shard: int | None

    @property
    def spelled_globally(self) -> str | None:
        """`21070000000000123`"""
        return None if self.shard is None else str(self.shard * _SHARD + self.local)


def translate(delivery: Delivery) -> Translation:
    """See the module."""
    value = parse(delivery.body or b"")
    if read(AnyEvent, value).metadata.event_name != "course_completed":
        return IRRELEVANT
    event = read(CourseCompleted, value)
    home = _home(event.metadata)
    fact = Fact(
        person=_learner(event, home),
        verb=Verb.COMPLETED,
        object=_course(event.body.course, home),
        # Canvas repeats the event; only the second of completion tells two completions apart
        occurred_at=whole_seconds(event.body.progress.completed_at),
        sent_at=event.metadata.event_time,
    )
    return Translation(facts=(fact,))


def _learner(event: CourseCompleted, home: int | None) -> Person:
    user, metadata = event.body.user, event.metadata
    id_ = canonical(user.id, home)
    is_own_click = metadata.user_id is not None and canonical(metadata.user_id, home) == id_
    return Person(
        fields=_FIELDS,
        id=id_,
        # anybody else's SIS id would give the badge to the wrong person
        sis_id=metadata.user_sis_id if is_own_click else None,
        email=address(user.email),
        name=user.name,
    )


def _course(course: Course, home: int | None) -> ActivityObject:
    run = canonical(course.id, home)
    known = split(course.id, home)
    return ActivityObject(
        kind=ObjectKind.COURSE,
        ids=distinct(run, known.spelled_globally if known else None, course.sis_source_id),
        name=course.name,
        course=run,
        run=run,
    )


def split(text: str, home: int | None) -> CanvasId | None:
    """An id's parts; None for one that is no number at all."""
    tilde = _TILDE.fullmatch(text)
    if tilde:
        return CanvasId(local=int(tilde[2]), shard=int(tilde[1]))
    if not _NUMBER.fullmatch(text):
        return None
    number = int(text)
    return CanvasId(local=number % _SHARD, shard=number // _SHARD or home)


def canonical(text: str, home: int | None) -> str:
    """The one spelling: local for the source's own shard, global for a guest's from another one."""
    known = split(text, home)
    if known is None:
        return text
    is_guest = home is not None and known.shard != home
    return known.spelled_globally or str(known.local) if is_guest else str(known.local)


def _home(metadata: Metadata) -> int | None:
    account = split(metadata.root_account_id, None) if metadata.root_account_id else None
    return account.shard if account else None
