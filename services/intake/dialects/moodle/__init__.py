"""Moodle's events, by a webhook plugin or out of its log: one, an array, or `{"logs": […]}`.

The learner is `relateduserid`; `userid` is whoever acted: a teacher, or the nightly job.

Only the log gives an event an id, its row's. Identity is therefore always derived from what the event says, so that one
that came by webhook and comes again out of the log is one fact: a course's completion by its second; all else by the
thing, with the event's time as the version, because Moodle corrects it: a module becomes incomplete, a grade changes.
"""

from __future__ import annotations

import re

from services.intake.dialects.moodle.reading import READINGS, Told
from services.intake.dialects.moodle.shape import Event, Named, Other, details
from services.intake.dialects.shapes import invalid, parse, read
from services.intake.translation import IRRELEVANT, Delivery, Translation, irrelevant

_EVENT = re.compile(r"\\?([a-z0-9_]{1,60}\\event\\[a-z0-9_\\]{1,120})", re.IGNORECASE)
_MOODLES_OWN = re.compile(r"(core|mod|tool|report|gradereport|block|assignsubmission|quizaccess|booktool|enrol)[_\\]")


def translate(delivery: Delivery) -> Translation:
    """See the module. One bad event refuses the whole delivery: it is one record, and one dead letter."""
    value = parse(delivery.body or b"")
    if isinstance(value, dict) and isinstance(value.get("logs"), list):
        value = value["logs"]
    if not isinstance(value, list):
        return _event(value, "")
    parts = [_event(each, f"{number}.") for number, each in enumerate(value)] or [IRRELEVANT]
    return Translation(
        facts=tuple(fact for each in parts for fact in each.facts),
        irrelevant=sum(each.irrelevant for each in parts),
        profiles=tuple(profile for each in parts for profile in each.profiles),
        kinds=tuple(kind for each in parts for kind in each.kinds),
    )


def _event(value: object, at: str) -> Translation:
    named = _EVENT.fullmatch(read(Named, value, at).eventname)
    if named is None:
        raise invalid(f"{at}eventname: should be the name of a class, such as \\core\\event\\course_completed")
    kind = f"\\{named[1]}"
    reading = READINGS.get(kind)
    if reading is None:
        return irrelevant(kind, familiar=_MOODLES_OWN.match(named[1]) is not None)
    event = read(Event, value, at)
    other = read(Other, details(event.other, at), f"{at}other.")
    return reading(Told(kind, at, event, other))
