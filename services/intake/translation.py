"""The words between a dialect and the domain: what arrives, and what a dialect makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.catalogue.model import Source
from shared.contracts.events import ActivityObject, Verb


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of an LMS. Tenant and source come from where it arrived, never from what it says."""

    tenant: str
    source: Source
    body: bytes | None
    """None is Kafka's null: a tombstone"""
    headers: Mapping[str, bytes] = field(default_factory=dict)
    """by lower-case name; bytes, because a header may be anything"""


@dataclass(frozen=True, slots=True)
class Person:
    """A learner as one event names them, by every id that a source may be set to trust."""

    fields: Mapping[str, str]
    """where the dialect looks for each id, for people who read a refusal"""
    id: str | None = None
    sis_id: str | None = None
    email: str | None = None
    name: str | None = None
    home: str | None = None
    """what an `id` is unique in, where the dialect says so: xAPI's home page of an account"""
    id_type: str = "accountId"
    """what `id` is, in Open Badges' words"""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that one learner did."""

    person: Person
    verb: Verb
    object: ActivityObject
    occurred_at: datetime
    event_id: str | None = None
    """the LMS's own; without one the domain derives it from what makes the fact unique. A dialect that draws several
    facts from one event with one id numbers them: `<id>#2`"""
    sent_at: datetime | None = None
    """when the LMS said so, if it tells that from `occurred_at`: how old what it says about the person is"""
    succeeded: bool | None = None
    score: float | None = None
    raw_score: str | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """What an event says in Laurel's words; no facts means that it is irrelevant."""

    facts: tuple[Fact, ...] = ()
    irrelevant: int = 0
    """how many things it said that are none of ours"""


IRRELEVANT = Translation(irrelevant=1)


class Dialect(Protocol):
    """One way in which LMSs speak; a module with this function is one."""

    def translate(self, delivery: Delivery) -> Translation:
        """What the delivery says. Raises Rejected naming the field at fault, never its value, and nothing else."""
        ...
