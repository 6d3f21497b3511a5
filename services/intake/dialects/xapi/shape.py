"""The parts of an xAPI statement that are read."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

from services.intake.dialects.shapes import Id, Moment, Name, Number, Shape

_DURATION = re.compile(
    r"P(?=[\dT])(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,5})M)?(?:(?P<weeks>\d{1,5})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,8})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,10}(?:[.,]\d{1,12})?)S)?)?",
    re.ASCII,
)
_DAYS = {"years": 365, "months": 30, "weeks": 7, "days": 1}


def _duration(value: object) -> timedelta:
    """ISO 8601; whoever learned for years or months is taken to have meant 365 and 30 days."""
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        msg = "should be a duration such as PT1H30M"
        raise ValueError(msg)
    amounts = {unit: float(text.replace(",", ".")) for unit, text in found.groupdict(default="0").items()}
    return timedelta(
        days=sum(amounts[unit] * days for unit, days in _DAYS.items()),
        **{unit: amounts[unit] for unit in ("hours", "minutes", "seconds")},
    )


Duration = Annotated[timedelta, BeforeValidator(_duration)]


class VerbShape(Shape):
    """An IRI; both http and https are met."""

    id: Id


class Kinds(Shape):
    """What kinds of thing acted and were acted upon."""

    objectType: Id | None = None  # noqa: N815


class Said(Shape):
    """As much of a statement as tells whether it is one of ours."""

    verb: VerbShape
    actor: Kinds
    object: Kinds
    version: Name = None


class Account(Shape):
    """An account is unique in its home page only."""

    homePage: Id | None = None  # noqa: N815
    name: Id


class Actor(Shape):
    """An agent, by one of xAPI's four inverse functional identifiers."""

    name: Name = None
    account: Account | None = None
    mbox: Id | None = None
    mbox_sha1sum: Id | None = None
    openid: Id | None = None


class Definition(Shape):
    """What kind of activity it is."""

    type: Id | None = None
    name: Any = None
    """a language map; decoration"""


class Activity(Shape):
    """What it was done to."""

    id: Id
    definition: Definition | None = None


class ScoreShape(Shape):
    """A score: `scaled` is what counts, else `raw` between `min` and `max`."""

    scaled: Number | None = None
    raw: Number | None = None
    min: Number | None = None
    max: Number | None = None


class Result(Shape):
    """What came of it."""

    score: ScoreShape | None = None
    success: bool | None = None
    completion: bool | None = None
    duration: Duration | None = None
    extensions: Any = None


class Surroundings(Shape):
    """What the activity belongs to; xAPI allows one activity in place of a list of them."""

    parent: Any = None
    grouping: Any = None
    category: Any = None


class Context(Shape):
    """Where it happened."""

    registration: Name = None
    contextActivities: Surroundings | None = None  # noqa: N815


class Timed(Shape):
    """When it happened, or at least when a record store heard of it."""

    timestamp: Moment | None = None
    stored: Moment | None = None


class Reference(Shape):
    """Another statement."""

    id: Id


class Voiding(Timed):
    """A statement that says that another one never was."""

    object: Reference


class Statement(Timed):
    """A statement about what somebody did."""

    id: Id | None = None
    actor: Actor
    object: Activity
    result: Result | None = None
    context: Context | None = None
