"""The words between a dialect and the domain: what arrives, and what a dialect makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from shared.catalogue.model import Source
from shared.contracts.events import ActivityObject, Verb
from shared.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of an LMS. Tenant and source come from where it arrived, never from what it says."""

    tenant: str
    source: Source
    body: bytes | None
    """None is Kafka's null: a tombstone"""
    headers: Mapping[str, bytes] = field(default_factory=dict)
    """by lower-case name; bytes, because a header may be anything"""
    schemas: Mapping[int, Any] = field(default_factory=dict)
    """what the source's schema registry is known to hold, by schema id; see `SchemaNeeded`"""
    scale: Mapping[str, float] = field(default_factory=dict)
    """what the letters of the source's grades are worth, see `Catalogue.scale_of`"""


@dataclass(frozen=True, slots=True)
class Person:
    """A learner as one event names them, by every id that a source may be set to trust."""

    fields: Mapping[str, str]
    """where the dialect looks for each id, for people who read a refusal"""
    id: str | None = None
    sis_id: str | None = None
    email: str | None = None
    name: str | None = None
    locale: str | None = None
    """BCP 47, as the LMS says it"""
    home: str | None = None
    """what an `id` is unique in, where the dialect says so: xAPI's home page of an account"""
    id_type: str = "accountId"
    """what `id` is, in Open Badges' words"""
    aliases: tuple[str, ...] = ()
    """further ids by which the LMS's own events name them, told apart by a prefix: `uuid:elXw…`. No source can be set
    to trust one; they only join an event to the profile that names it too"""
    dialect: str | None = None
    """the one that they were named in, where the source leaves that open"""
    profile_follows: bool = False
    """the LMS tells people's other ids and addresses in events of their own: where the id that counts is missing, the
    event waits for its learner's profile instead of being refused"""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that one learner did."""

    person: Person
    verb: Verb
    object: ActivityObject
    occurred_at: datetime
    event_id: str | None = None
    """the LMS's own; without one the domain derives it from `unique`. A dialect that draws several facts from one event
    with one id numbers them: `<id>#2`"""
    unique: tuple[str, ...] | None = None
    """what makes the fact this fact, beside its source and learner, where it has no id; None: all of its content"""
    version: datetime | None = None
    """when the LMS said so, for facts that it corrects under one id: of all versions the newest counts"""
    withdrawn: bool = False
    """the version says that the fact doesn't hold (any more)"""
    sent_at: datetime | None = None
    """when the LMS said so, if it tells that from `occurred_at`: how old what it says about the person is"""
    succeeded: bool | None = None
    score: float | None = None
    """0..1"""
    letter: str | None = None
    """a grade in the source's own words, `B+` or `Pass`, where there is no number: the domain looks it up in the
    source's scale, and keeps it as the raw score"""
    letter_at: str = field(default="the grade", compare=False)
    """where in the message the letter stands, for people who read a refusal"""
    raw_score: str | None = None
    duration: timedelta | None = None
    because: str | None = None
    """why, in the words of the registrar who decided"""
    decided_by: str | None = None
    """who that was, as the registrar's office knows people"""
    course_ids: tuple[str, ...] = ()
    """every id and short name of the course run that the thing belongs to, for sources whose `course:` says how what is
    taught is told from its run"""
    dialect: str | None = None
    """the one that it was told in, where the source leaves that open"""


@dataclass(frozen=True, slots=True)
class Profile:
    """What an event says of a person and nothing else: it goes into the learner directory."""

    person: Person
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Voided:
    """A fact of this source that never was, by its event id."""

    event_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Kind:
    """What an LMS calls an event, type and version: `grade_change`, `org.openedx.….changed.v1`. Never personal."""

    name: str
    familiar: bool = True
    """the dialect knows what it means, if only that it is none of ours"""


@dataclass(frozen=True, slots=True)
class Translation:
    """What an event says in Laurel's words; no facts, profiles or voided ones means that it is irrelevant."""

    facts: tuple[Fact, ...] = ()
    irrelevant: int = 0
    """how many things it said that are none of ours"""
    profiles: tuple[Profile, ...] = ()
    voided: tuple[Voided, ...] = ()
    kinds: tuple[Kind, ...] = ()
    """of everything that it said, relevant or not"""


class SchemaNeeded(Unavailable):
    """A record can't be read before its schema was fetched from the source's registry: it waits, its source too."""

    def __init__(self, registry: str, schema_id: int) -> None:
        super().__init__("schema registry")
        self.registry = registry
        self.schema_id = schema_id


def irrelevant(kind: str, *, familiar: bool = True) -> Translation:
    """None of ours, though we saw it."""
    return Translation(irrelevant=1, kinds=(Kind(kind, familiar),))


IRRELEVANT = Translation(irrelevant=1)


class Dialect(Protocol):
    """One way in which LMSs speak; a module with this function is one."""

    def translate(self, delivery: Delivery) -> Translation:
        """What the delivery says. Raises Rejected naming the field at fault, never its value; SchemaNeeded where it
        can't be read without one; and nothing else.
        """
        ...
