"""Values of a mapping: found by path, converted, looked up, and read as what they are used for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from services.intake.dialects.shapes import NAME_MAX, Id, Moment, invalid
from shared.catalogue.mapping import Value, names

T = TypeVar("T")

_NUMBER = re.compile(r"[+-]?\d{1,20}(?:[.,]\d{1,20})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_INDEX = re.compile(r"\d{1,6}", re.ASCII)
_FLAGS = {"true": True, "false": False}
_ID: TypeAdapter[str] = TypeAdapter(Id)
_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)
_SPAN: TypeAdapter[timedelta] = TypeAdapter(timedelta)
_LONGEST = timedelta(days=36_600)
_SECONDS = {"epoch_seconds": 1.0, "epoch_milliseconds": 1000.0}

_parts = lru_cache(maxsize=1000)(names)


def find(message: object, path: str) -> object:
    """What stands there; None where nothing does. Null and blank text are nothing."""
    here = message
    for name in _parts(path):
        match here:
            case dict():
                here = here.get(name)
            case list() if _INDEX.fullmatch(name) and int(name) < len(here):
                here = here[int(name)]
            case _:
                return None
    return None if isinstance(here, str) and not here.strip() else here


def word(value: object) -> str | None:
    """As globs and tables see it; None for what is no word: nothing, objects, lists."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return value.strip()
        case int() | float():
            return f"{value:.15g}" if isinstance(value, float) else str(value)
    return None


@dataclass(frozen=True, slots=True)
class Message:
    """A message under a mapping. Every question raises Rejected naming the path."""

    value: object
    at: str = ""
    """where in its delivery it stood: `3.` in a batch"""

    def place(self, asked: Value) -> str:
        """For people who read a refusal."""
        return f"{self.at}{asked}"

    def found(self, asked: Value | None) -> Any:
        """Converted and looked up; None where nothing is."""
        if asked is None or asked.path is None:
            return asked.const if asked else None
        here = find(self.value, asked.path)
        if here is not None and asked.form is not None:
            here = self._formed(here, asked)
        if here is not None and asked.values is not None:
            here = asked.values.get(word(here) or "")
        return asked.default if here is None else here

    def text(self, asked: Value | None) -> str | None:
        """An id, or another word that counts."""
        here = self.found(asked)
        if isinstance(here, float) and here.is_integer() and abs(here) < 2**53:
            here = int(here)
        return None if here is None or asked is None else _as(_ID, here, self.place(asked))

    def decoration(self, asked: Value | None) -> str | None:
        """Something that never costs anybody a badge: what is no text is as good as none."""
        here = self.found(asked)
        return here.strip()[:NAME_MAX] or None if isinstance(here, str) else None

    def number(self, asked: Value | None) -> float | None:
        """Also one that is written as text."""
        here = self.found(asked)
        return None if here is None or asked is None else as_number(here, self.place(asked))

    def flag(self, asked: Value | None) -> bool | None:
        """Also one that is written as text."""
        here = self.found(asked)
        if here is None or asked is None:
            return None
        flag = _FLAGS.get((word(here) or "").lower())
        if flag is None:
            raise invalid(f"{self.place(asked)}: should be true or false")
        return flag

    def moment(self, asked: Value | None) -> datetime | None:
        """A time, as text or as what `form` made of it."""
        here = self.found(asked)
        if here is None or asked is None:
            return None
        return _as(_MOMENT, here.isoformat() if isinstance(here, datetime) else here, self.place(asked))

    def duration(self, asked: Value | None) -> timedelta | None:
        """ISO 8601, or seconds."""
        here = self.found(asked)
        if here is None or asked is None:
            return None
        written = isinstance(here, str) and here.strip().upper().startswith("P")
        span = (
            _as(_SPAN, here.strip().upper(), self.place(asked), strict=False)
            if written
            else timedelta(seconds=min(as_number(here, self.place(asked)), _LONGEST.total_seconds() + 1))
        )
        if not timedelta() <= span <= _LONGEST:
            raise invalid(f"{self.place(asked)}: should be a duration between nothing and a hundred years")
        return span

    def _formed(self, here: object, asked: Value) -> object:
        place = self.place(asked)
        if asked.form == "lower":
            return _as(_ID, here, place).lower()
        number = as_number(here, place)
        if asked.form == "percent":
            return number / 100
        try:
            return datetime.fromtimestamp(number / _SECONDS[str(asked.form)], UTC)
        except (ValueError, OverflowError, OSError):
            raise invalid(f"{place}: should be a time, counted since 1970") from None


def as_number(value: object, place: str) -> float:
    """A finite number, also one that is written as text. Raises Rejected."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value.strip().replace(",", "."))
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:
        return float(value)
    raise invalid(f"{place}: should be a number")


def _as(kind: TypeAdapter[T], value: object, place: str, *, strict: bool = True) -> T:
    try:
        return kind.validate_python(value, strict=strict)
    except ValidationError as error:
        message = error.errors(include_url=False, include_input=False, include_context=False)[0]["msg"]
    raise invalid(f"{place}: {message.removeprefix('Value error, ')}")
