"""Whose event it is: by the id that its source trusts, or by another one that was heard of together with that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.intake.translation import Delivery, Person
from shared.catalogue.model import Source
from shared.contracts import identity
from shared.contracts.documents import Learner
from shared.errors import Rejected

KINDS = ("id", "sis_id", "email")
_IDENTITY_TYPES = {"sis_id": "sisSourcedId", "email": "emailAddress"}

Found = Mapping[str, Mapping[str, str]]
"""by alias: the ids of that person that are known, by kind"""
NOBODY: Found = {}


@dataclass(frozen=True, slots=True)
class Alias:
    """One id of a person, and another that sources go by; said at some time."""

    id: str
    """an HMAC of the one id and what it is unique in: nobody can tell it from the store"""
    tenant: str
    kind: str
    """of the id that sources go by: id, sis_id or email"""
    word: str
    """that id, as it was said"""
    as_of: datetime


@dataclass(frozen=True, slots=True)
class People:
    """What a person's ids mean."""

    secret: bytes

    def learner(self, delivery: Delivery, person: Person, as_of: datetime) -> Learner:
        """As the directory keeps them. Raises Rejected where the id that counts is missing."""
        source = delivery.source
        external_id = trusted(source, person)
        if external_id is None:
            field = person.fields[source.learner]
            needed = f"{field}: missing or unusable, and the source's learner setting is {source.learner}"
            raise Rejected(needed, code="no_learner")
        directory = source.directory_of()
        return Learner(
            id=identity.learner_id(self.secret, delivery.tenant, directory, _unique(source, person, external_id)),
            tenant=delivery.tenant,
            directory=directory,
            external_id=external_id,
            identity_type=_IDENTITY_TYPES.get(source.learner, person.id_type),
            email=person.email,
            name=person.name,
            locale=person.locale,
            as_of=as_of,
        )

    def said(self, delivery: Delivery, person: Person, as_of: datetime) -> Iterator[Alias]:
        """What an event that names several ids of a person tells about the others of them."""
        source = delivery.source
        word = _given(source, person)
        if not word or (person.home is not None and source.learner == "id" and source.directory is None):
            return  # such an id means nothing without its home page; who goes by it names no other
        for kind, value in _others(source, person):
            yield Alias(self._alias(delivery, person, kind, value), delivery.tenant, source.learner, word, as_of)

    def aliases(self, delivery: Delivery, person: Person) -> tuple[str, ...]:
        """What the person is looked up by; nothing where the id that counts is there."""
        if _given(delivery.source, person):
            return ()
        return tuple(self._alias(delivery, person, kind, value) for kind, value in _others(delivery.source, person))

    def completed(self, delivery: Delivery, person: Person, found: Found) -> Person:
        """With the id that counts, if another one leads to it."""
        kind = delivery.source.learner
        for alias in self.aliases(delivery, person):
            word = found.get(alias, {}).get(kind)
            if word is not None:
                return _with(person, kind, word)
        return person

    def _alias(self, delivery: Delivery, person: Person, kind: str, value: str) -> str:
        """Sources share what they know of ids where they name a directory and speak one dialect: two LMSs of one
        school may both have a user 39, and must not be taken for one another's.
        """
        source = delivery.source
        scope = ("source", source.name) if source.directory is None else ("directory", source.directory)
        dialect = person.dialect or source.dialect
        return identity.keyed(self.secret, "alias", delivery.tenant, dialect, *scope, kind, _normal(kind, value)).hex()


def trusted(source: Source, person: Person) -> str | None:
    """The id that the source is set to trust."""
    known = _given(source, person)
    # an agent may be named by nothing but an address: then that is what counts
    is_address = _IDENTITY_TYPES.get(source.learner, person.id_type) == "emailAddress"
    return (identity.normal_address(known) if is_address else known) if known else None


def _given(source: Source, person: Person) -> str | None:
    return {"id": person.id, "sis_id": person.sis_id, "email": person.email}[source.learner]


def _with(person: Person, kind: str, word: str) -> Person:
    match kind:
        case "id":
            return replace(person, id=word)
        case "sis_id":
            return replace(person, sis_id=word)
        case _:
            return replace(person, email=word)


def _others(source: Source, person: Person) -> Iterator[tuple[str, str]]:
    for kind, value in zip(KINDS, (person.id, person.sis_id, person.email), strict=True):
        if kind != source.learner and value:
            yield kind, value
    for alias in person.aliases:
        yield "alias", alias


def _normal(kind: str, value: str) -> str:
    return identity.normal_address(value) if kind == "email" else value


def _unique(source: Source, person: Person, external_id: str) -> str:
    """What the id is unique as. Who names a directory says that its ids are; else an account has a home page."""
    is_scoped = source.learner == "id" and source.directory is None and person.home is not None
    return f"{person.home}|{external_id}" if is_scoped else external_id
