"""Caliper 1.2 (and 1.1, which Canvas speaks): envelopes of events and described entities, bare ones, arrays of them.

A GradeEvent is a score, a submitted assessment a completed assignment, an answered question completed content; people
whom an envelope describes go into the directory. All other events and entities are none of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.intake.dialects.caliper_entities import World
from services.intake.dialects.caliper_events import fact
from services.intake.dialects.caliper_names import ENTITIES, EVENTS, VERSIONS, term
from services.intake.dialects.shapes import Id, Moment, Shape, parse, read
from services.intake.translation import Delivery, Fact, Kind, Profile, Translation

_VERSION = re.compile(r"v\d{1,2}p\d{1,2}")
_NAME_MAX = 100


class Envelope(Shape):
    """What a sensor sends."""

    sendTime: Moment | None = None  # noqa: N815
    dataVersion: Id | None = None  # noqa: N815
    data: list[Any]


class Typed(Shape):
    """An event or an entity."""

    type: Id


class Dated(Shape):
    """How old a description is."""

    dateModified: Moment | None = None  # noqa: N815
    dateCreated: Moment | None = None  # noqa: N815


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of a delivery, and where in it."""

    at: str
    value: Any
    sent_at: datetime | None = None
    version: str | None = None


def translate(delivery: Delivery) -> Translation:
    """See the module. One bad event refuses the whole delivery: it is one record, and one dead letter."""
    return read_all(parse(delivery.body or b""))


def is_caliper(value: object) -> bool:
    """Whether it looks like an envelope or an event, rather than like Canvas' own format."""
    return isinstance(value, dict) and "metadata" not in value and ("sensor" in value or "eventTime" in value)


def read_all(value: object) -> Translation:
    """Everything that a parsed message says."""
    items = list(_items(value, ""))
    world = World(described=_described(items))
    said = [(_kind(item), _said(item, world)) for item in items]
    facts = tuple(each for _, each in said if isinstance(each, Fact))
    profiles = tuple(each for _, each in said if isinstance(each, Profile))
    return Translation(
        facts=facts,
        irrelevant=max(len(said), 1) - len(facts) - len(profiles),
        profiles=profiles,
        kinds=tuple(kind for kind, _ in said),
    )


def _items(value: object, at: str) -> Iterator[Item]:
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _enveloped(each, f"{at}{number}.")
    else:
        yield from _enveloped(value, at)


def _enveloped(value: object, at: str) -> Iterator[Item]:
    if not isinstance(value, dict) or not ("sensor" in value or "data" in value):
        yield Item(at, value)
        return
    envelope = read(Envelope, value, at=at)
    for number, each in enumerate(envelope.data):
        yield Item(f"{at}data.{number}.", each, envelope.sendTime, envelope.dataVersion)


def _described(items: Sequence[Item]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for item in items:
        match item.value:
            case {"id": str(id_), "type": str(type_)} if not term(type_).endswith("Event"):
                found[id_] = item.value
    return found


def _kind(item: Item) -> Kind:
    type_ = term(read(Typed, item.value, at=item.at).type)[:_NAME_MAX]
    context = item.value.get("@context")
    version = _VERSION.search(" ".join(each for each in (context, item.version) if isinstance(each, str)))
    is_known = type_ in EVENTS | ENTITIES and (version is None or version[0] in VERSIONS)
    return Kind(f"{type_} {version[0]}" if version else type_, familiar=is_known)


def _said(item: Item, world: World) -> Fact | Profile | None:
    match item.value:
        case {"type": str(type_)} if term(type_) == "Person":
            return _profile(item, world)
        case _:
            return fact(item.value, world, item.at)


def _profile(item: Item, world: World) -> Profile | None:
    """A described person with an address or another id; one with neither says nothing new."""
    described, dated = world.entity(item.value, item.at.rstrip(".")), read(Dated, item.value, at=item.at)
    as_of = dated.dateModified or item.sent_at or dated.dateCreated
    if described is None or as_of is None:
        return None
    person = world.person(described, item.at.rstrip("."))
    return Profile(person, as_of) if person.email or person.sis_id else None
