"""Which dialect it is, told by what arrives: for sources that carry more than one, or whose owner doesn't know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.intake.dialects.shapes import parse
from services.intake.translation import Delivery, Dialect, Fact, Person, Profile, Translation
from shared.errors import Rejected

_FIELDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("cloudevents", frozenset({"specversion"})),
    ("caliper", frozenset({"sensor", "dataVersion"})),
    ("caliper", frozenset({"@context", "actor", "action"})),
    ("canvas", frozenset({"metadata", "body"})),
    ("xapi", frozenset({"actor", "verb", "object"})),
    ("xapi", frozenset({"statements"})),
    ("moodle", frozenset({"eventname"})),
    ("moodle", frozenset({"logs"})),
    ("openedx", frozenset({"event_type", "event_source"})),
    ("openedx", frozenset({"event_type", "context"})),
    ("openedx", frozenset({"name", "timestamp", "context"})),
)
_CANVAS = "instructure"
"""in the sensor's name: Canvas can send Caliper too"""


@dataclass(frozen=True, slots=True)
class Auto:
    """A dialect that hands each delivery to the one that it is in."""

    dialects: Mapping[str, Dialect]

    def translate(self, delivery: Delivery) -> Translation:
        """As the told dialect does, which it names. Raises Rejected where it looks like none of them."""
        told = _by_envelope(delivery) or _by_shape(parse(delivery.body or b""))
        dialect = self.dialects.get(told or "")
        if dialect is None:
            raise Rejected(f"looks like no dialect; fields that tell one ({_looked_for()})", code="unknown_dialect")
        translation = dialect.translate(delivery)
        return replace(
            translation,
            facts=tuple(replace(each, dialect=told, person=_of(told, each)) for each in translation.facts),
            profiles=tuple(replace(each, person=_of(told, each)) for each in translation.profiles),
        )


def _of(dialect: str | None, each: Fact | Profile) -> Person:
    return replace(each.person, dialect=dialect)


def _by_envelope(delivery: Delivery) -> str | None:
    """What headers say. Open edX sends CloudEvents too, but of its own types, and in Avro."""
    headers = delivery.headers
    if headers.get("ce_type", b"").startswith(b"org.openedx."):
        return "openedx"
    content_type = headers.get("content-type", b"").strip().lower()
    is_binary = any(name.startswith("ce_") for name in headers)
    return "cloudevents" if is_binary or content_type.startswith(b"application/cloudevents") else None


def _by_shape(value: Any) -> str | None:
    """What the body's fields are; of an array, those of its first event."""
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, dict):
        return None
    told = next((dialect for dialect, fields in _FIELDS if fields <= first.keys()), None)
    is_canvas = told == "caliper" and _CANVAS in str(first.get("sensor"))
    return "canvas" if is_canvas else told


def _looked_for() -> str:
    """For people who read the refusal: each dialect once, by what a message of it may begin with."""
    ways: dict[str, list[str]] = {"cloudevents": ["headers ce_…"]}
    for dialect, fields in _FIELDS:
        ways.setdefault(dialect, []).append("+".join(sorted(fields)))
    return "; ".join(f"{dialect}: {' or '.join(some)}" for dialect, some in sorted(ways.items()))
