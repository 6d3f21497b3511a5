"""Criteria that designers may already write and check, and that are still to come at `apply`."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from shared.catalogue.problems import Location

if TYPE_CHECKING:
    from shared.catalogue.grammar import Reader

TO_COME = ("mastered", "hours", "streak", "sequence", "during")


def check_to_come(reader: Reader, name: str, raw: Any, location: Location) -> None:
    """Tells mistakes in it as for any other criterion, and that it isn't supported yet."""
    reader.unsupported(location, name)
    match name:
        case "mastered":
            reader.thing(raw, location, ("outcome",))
        case "hours":
            fields = reader.fields(raw, location, ("at_least", "of")) or {}
            _duration(reader, fields, "at_least", location)
            reader.leaf(fields.get("of"), (*location, "of"))
        case "streak":
            fields = reader.fields(raw, location, ("of", "every", "times")) or {}
            reader.leaf(fields.get("of"), (*location, "of"))
            _duration(reader, fields, "every", location)
            reader.whole(fields.get("times"), (*location, "times"))
        case "sequence":
            _sequence(reader, raw, location)
        case _:
            _during(reader, raw, location)


def _sequence(reader: Reader, raw: Any, location: Location) -> None:
    steps, at = raw, location
    if isinstance(raw, dict):
        fields = reader.fields(raw, location, ("of", "within")) or {}
        steps, at = fields.get("of"), (*location, "of")
        if "within" in fields:
            _duration(reader, fields, "within", location)
    if not isinstance(steps, list) or len(steps) < 2:
        reader.error(at, "needs a list of two or more criteria")
        return
    for number, step in enumerate(steps):
        reader.criterion(step, (*at, number))


def _during(reader: Reader, raw: Any, location: Location) -> None:
    fields = reader.fields(raw, location, ("from", "until", "of"))
    if fields is None:
        return
    for name in ("from", "until"):
        if name in fields and not _is_date(fields[name]):
            reader.error((*location, name), "needs a date such as 2026-09-01")
    if "from" not in fields and "until" not in fields:
        reader.error(location, 'needs "from", "until" or both')
    reader.criterion(fields.get("of"), (*location, "of"))


def _duration(reader: Reader, fields: Any, name: str, location: Location) -> None:
    if name not in fields:
        reader.error(location, f'needs "{name}"')
    else:
        reader.duration(fields[name], (*location, name))


def _is_date(raw: Any) -> bool:
    for form in (date.fromisoformat, datetime.fromisoformat):
        try:
            form(str(raw))
        except ValueError:
            continue
        return True
    return False
