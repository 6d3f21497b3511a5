"""What all Live Events have around their body: who clicked where, and how ids are meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.intake.dialects.canvas_ids import canonical, shard_of, spellings
from services.intake.dialects.shapes import Id, Moment, Shape, address, distinct, invalid
from services.intake.translation import Person
from shared.contracts.events import ActivityObject, ObjectKind


class Metadata(Shape):
    """Who clicked where, and when Canvas said so."""

    event_time: Moment | None = None
    root_account_id: Id | None = None
    context_account_id: Id | None = None
    context_type: Id | None = None
    context_id: Id | None = None
    context_sis_source_id: Id | None = None
    user_id: Id | None = None
    user_sis_id: Id | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A learner as a body names them, and where: `id_field` is for people who read a refusal."""

    id_field: str
    id: str | None
    sis_id: str | None = None
    sis_field: str = "metadata.user_sis_id"
    email: str | None = None
    name: str | None = None
    uuid: str | None = None


@dataclass(frozen=True, slots=True)
class CourseRun:
    """A Canvas course: one delivery of what is taught."""

    run: str | None = None
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """One event without its body."""

    metadata: Metadata

    @property
    def home(self) -> int | None:
        """The shard of the school; ids of other shards are guests'."""
        metadata = self.metadata
        return shard_of(metadata.root_account_id, metadata.context_account_id, metadata.context_id)

    def said_at(self) -> datetime:
        """When Canvas said it: all that some events have for a time."""
        if self.metadata.event_time is None:
            raise invalid("metadata.event_time: missing")
        return self.metadata.event_time

    def person(self, named: Named) -> Person:
        """The learner. `metadata.user_*` is whoever clicked, often a teacher."""
        id_ = canonical(named.id, self.home) if named.id else None
        return Person(
            fields={"id": named.id_field, "sis_id": named.sis_field, "email": "body.user.email"},
            id=id_,
            # anybody else's SIS id would give the badge to the wrong person
            sis_id=named.sis_id or (self.metadata.user_sis_id if self._clicked(id_) else None),
            email=address(named.email),
            name=named.name,
            aliases=(f"uuid:{named.uuid}",) if named.uuid else (),
            profile_follows=True,
        )

    def _clicked(self, id_: str | None) -> bool:
        user = self.metadata.user_id
        return user is not None and canonical(user, self.home) == id_

    def course(self, id_: str | None = None, sis_id: str | None = None) -> CourseRun:
        """The course by every id that is known: the body's, and the context's where that is the same one."""
        metadata, context = self.metadata, None
        if metadata.context_type == "Course" and metadata.context_id:
            context = canonical(metadata.context_id, self.home)
        run = canonical(id_, self.home) if id_ else context
        if run is None:
            return CourseRun()
        context_sis_id = metadata.context_sis_source_id if run == context else None
        spelled = spellings(id_ or metadata.context_id or run, self.home)
        return CourseRun(run, distinct(*spelled, sis_id, context_sis_id))

    def thing(self, kind: ObjectKind, id_: str, course: CourseRun, name: str | None = None) -> ActivityObject:
        """A thing in a course."""
        return ActivityObject(kind=kind, ids=spellings(id_, self.home), name=name, course=course.run, run=course.run)
