"""Caliper's entities: people, courses and things. Each may stand there as a bare IRI or in full.

Canvas names its own in URNs, `urn:instructure:canvas:user:21070000000000048`: those become the ids that Canvas' own
format has, so that a learner and a course are the same in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.intake.dialects.caliper_names import term
from services.intake.dialects.canvas_ids import canonical, shard_of, spellings
from services.intake.dialects.shapes import ID_MAX, Id, Moment, Name, Number, Shape, address, distinct, read
from services.intake.translation import Person
from shared.contracts.events import ActivityObject, ObjectKind

CANVAS = "com.instructure.canvas"
_URN = re.compile(r"urn:instructure:canvas:(user|course|assignment):([0-9~]{1,30})")
_LEVELS = 5
_OTHER_IDS = 10
_QUESTIONS = frozenset({"AssessmentItem", "QuestionnaireItem", "Question"})


class Entity(Shape):
    """What we read of any entity; which of it there is depends on its type."""

    id: Id
    type: Id | None = None
    name: Name = None
    otherIdentifiers: Any = None  # noqa: N815
    extensions: Any = None
    assignee: Any = None
    assignable: Any = None
    attempt: Any = None
    startedAtTime: Moment | None = None  # noqa: N815
    endedAtTime: Moment | None = None  # noqa: N815
    scoreGiven: Number | None = None  # noqa: N815
    maxScore: Number | None = None  # noqa: N815
    courseNumber: Name = None  # noqa: N815
    subOrganizationOf: Any = None  # noqa: N815

    def is_a(self, *types: str) -> bool:
        """It says so."""
        return self.type is not None and term(self.type) in types

    def extension(self, name: str) -> str | None:
        """Something that Canvas adds."""
        added = self.extensions.get(CANVAS) if isinstance(self.extensions, dict) else None
        value = added.get(name) if isinstance(added, dict) else None
        return _bounded(value) if isinstance(value, str) else None

    def identifiers(self) -> Iterator[tuple[str, str]]:
        """Its other ids, by their type."""
        others = self.otherIdentifiers if isinstance(self.otherIdentifiers, list) else []
        for each in others[:_OTHER_IDS]:
            match each:
                case {"identifierType": str(type_), "identifier": str(text)} if identifier := _bounded(text):
                    yield term(type_), identifier


@dataclass(frozen=True, slots=True)
class World:
    """What is known around an event: the entities that its envelope describes, and the shard of a Canvas."""

    described: Mapping[str, Mapping[str, Any]]
    home: int | None = None

    def entity(self, value: object, at: str) -> Entity | None:
        """An IRI or an object as the entity that it is, with all that the envelope says of it."""
        if value is None:
            return None
        if isinstance(value, str):
            value = {"id": value}
        if isinstance(value, dict) and isinstance(value.get("id"), str):
            value = {**self.described.get(value["id"], {}), **value}
        return read(Entity, value, at=f"{at}.")

    def ids(self, iri: str) -> tuple[str, ...]:
        """Every spelling of an id, the one that counts first."""
        urn = _URN.fullmatch(iri)
        return spellings(urn[2], self.home) if urn else (iri,)

    def person(self, learner: Entity, at: str) -> Person:
        """A learner. `at` is where they stand, for people who read a refusal."""
        others = dict(reversed([*learner.identifiers()]))
        urn = _URN.fullmatch(learner.id)
        sis_id = learner.extension("sis_id") or learner.extension("user_sis_id")
        identifiers = f"{at}.otherIdentifiers"
        return Person(
            fields={
                "id": f"{at}.id",
                "sis_id": f"{identifiers} (SisSourcedId)",
                "email": f"{identifiers} (EmailAddress)",
            },
            id=canonical(urn[2], self.home) if urn else learner.id,
            sis_id=others.get("SisSourcedId") or sis_id,
            email=address(others.get("EmailAddress")),
            name=learner.name,
            profile_follows=True,
        )

    def course(self, group: object, at: str) -> Course:
        """The section that a group is or is part of, and the offering above it."""
        section = offering = None
        for _ in range(_LEVELS):
            each = self.entity(group, at)
            if each is None:
                break
            if each.is_a("CourseOffering"):
                offering = each
                break
            if section is None and (each.type is None or each.is_a("CourseSection")):
                section = each
            group, at = each.subOrganizationOf, f"{at}.subOrganizationOf"
        return Course(
            course=self._first(offering or section),
            run=self._first(section or offering),
            ids=distinct(*(self._names(section)), *(self._names(offering))),
        )

    def _first(self, organization: Entity | None) -> str | None:
        return self.ids(organization.id)[0] if organization else None

    def _names(self, organization: Entity | None) -> tuple[str | None, ...]:
        if organization is None:
            return ()
        others = [identifier for _, identifier in organization.identifiers()]
        return (*self.ids(organization.id), organization.courseNumber, *others)

    def thing(self, resource: Entity, course: Course) -> ActivityObject:
        """An assignment, or one question of it."""
        return ActivityObject(
            kind=ObjectKind.CONTENT if resource.is_a(*_QUESTIONS) else ObjectKind.ASSIGNMENT,
            ids=distinct(*self.ids(resource.id), *(identifier for _, identifier in resource.identifiers())),
            name=resource.name,
            course=course.course,
            run=course.run,
        )


@dataclass(frozen=True, slots=True)
class Course:
    """What is taught, and one delivery of it."""

    course: str | None
    run: str | None
    ids: tuple[str, ...]


def _bounded(text: str) -> str | None:
    """An id that was cut might be somebody else's."""
    text = text.strip()
    return text if 0 < len(text) <= ID_MAX else None


def is_canvas(iri: str) -> bool:
    """An assignment that Canvas itself names."""
    return _URN.fullmatch(iri) is not None


def home_of(actor: Entity | None, *things: Entity | None) -> int | None:
    """The shard of the Canvas that says all this: its root account's, else that of the first of its things.

    Never that of a person: they may be guests.
    """
    account = actor.extension("root_account_id") if actor else None
    urns = [_URN.fullmatch(each.id) for each in things if each is not None]
    return shard_of(account, *(urn[2] for urn in urns if urn))
