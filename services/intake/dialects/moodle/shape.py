"""Moodle's events as its webhook plugins send them and as its log keeps them: the same fields, in looser types."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from pydantic import BeforeValidator

from services.intake.dialects.moodle.php import unserialize
from services.intake.dialects.shapes import Id, Name, Number, Shape, invalid

_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,20})?", re.ASCII)
_LATEST = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())


def _nothing(value: object) -> object:
    """Moodle's 0 is nobody and nothing, and so are a null and an empty text."""
    return None if value in (0, "0", "") and not isinstance(value, bool) else value


def _epoch(value: object) -> datetime:
    """Seconds since 1970, as a number or as text."""
    seconds = int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) and "." not in value else value
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds < _LATEST:
        msg = "should be a time in whole seconds since 1970"
        raise ValueError(msg)
    return datetime.fromtimestamp(seconds, UTC)


def _number(value: object) -> object:
    """The database's decimals come as text: `87.00000`."""
    return float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _flag(value: object) -> object:
    """PHP's booleans come as numbers, and as text."""
    return {"0": False, "1": True, 0: False, 1: True}.get(value, value) if isinstance(value, str | int) else value


MoodleId = Annotated[Id | None, BeforeValidator(_nothing)]
Epoch = Annotated[datetime, BeforeValidator(_epoch)]
Decimal = Annotated[Number | None, BeforeValidator(_number)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]


class Named(Shape):
    """As much of an event as tells whether it is one of ours."""

    eventname: Id


class Event(Shape):
    """What all events have. `userid`, who acted, and a webhook's `token` are left unread on purpose."""

    timecreated: Epoch
    relateduserid: MoodleId = None
    """the learner"""
    courseid: MoodleId = None
    contextinstanceid: MoodleId = None
    """in the context of an activity: its course module"""
    other: Any = None

    user_id: MoodleId = None
    """whom the `user_` fields are about, which a workflow looked up"""
    user_idnumber: MoodleId = None
    user_email: Name = None
    user_fullname: Name = None
    user_lang: Name = None
    course_id: MoodleId = None
    course_idnumber: MoodleId = None
    course_shortname: MoodleId = None
    course_fullname: Name = None


class Other(Shape):
    """What kinds of events have of their own, in `other`."""

    relateduserid: MoodleId = None
    completionstate: Id | None = None
    itemid: MoodleId = None
    itemtype: Name = None
    finalgrade: Decimal = None
    grademin: Decimal = None
    grademax: Decimal = None
    competencyid: MoodleId = None
    planid: MoodleId = None
    grade: MoodleId = None
    proficiency: Flag = None


def details(other: object, at: str) -> object:
    """`other` as a dictionary: plugins send one, the log has it as JSON or as PHP wrote it."""
    if not isinstance(other, str) or not other.strip():
        return other or {}
    text = other.strip()
    try:
        return (orjson.loads(text) if text[0] in "{[n" else unserialize(text)) or {}
    except ValueError:
        raise invalid(f"{at}other: should be JSON, or an array as PHP serialises it") from None
