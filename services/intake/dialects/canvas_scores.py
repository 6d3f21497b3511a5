"""Canvas' grades: points of points, per cent, complete or incomplete, letters; as what the school set it to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator

from shared.contracts.events import Verb

_TEXT_MAX = 100
_PERCENT = re.compile(r"(-?[0-9]{1,9}(?:\.[0-9]{1,15})?)\s*%")
_NUMBER = re.compile(r"-?[0-9]{1,30}(?:[.,][0-9]{1,30})?")
_VERDICTS = {"complete": True, "pass": True, "incomplete": False, "fail": False}


def _text(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        msg = "should be a text or a number"
        raise ValueError(msg)
    return str(value).strip() or None


GradeText = Annotated[str | None, BeforeValidator(_text)]
"""A grade as the gradebook shows it"""


@dataclass(frozen=True, slots=True)
class Grade:
    """What a grade says in Laurel's words."""

    score: float | None = None
    letter: str | None = None
    raw_score: str | None = None
    passed: bool | None = None
    """of an assignment that is only complete or incomplete"""

    @property
    def verb(self) -> Verb:
        """A verdict is more than a score."""
        if self.passed is None:
            return Verb.SCORED
        return Verb.PASSED if self.passed else Verb.FAILED


def grade(text: str | None, points: float | None, possible: float | None) -> Grade:
    """The number if there is one to be had, else the letter. Extra credit is clamped, and kept as it was sent."""
    text = text[:_TEXT_MAX] if text else None
    passed = _VERDICTS.get(text.lower()) if text else None
    score = _fraction(text, points, possible, passed)
    is_letter = score is None and text is not None and not _NUMBER.fullmatch(text)
    return Grade(score, text if is_letter else None, _as_sent(text, points, possible), passed)


def clamped(fraction: float) -> float:
    """0..1, whatever extra credit and penalties made of it."""
    return min(1.0, max(0.0, fraction))


def plain(number: float) -> str:
    """As people write it: 5 and 99.5"""
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def of(points: float | None, possible: float | None) -> str | None:
    """`5/6`, or as much of it as there is"""
    if points is None:
        return None
    return plain(points) if possible is None else f"{plain(points)}/{plain(possible)}"


def _fraction(text: str | None, points: float | None, possible: float | None, passed: bool | None) -> float | None:
    if points is not None and possible is not None and possible > 0:
        return clamped(points / possible)
    percent = _PERCENT.fullmatch(text) if text else None
    if percent:
        return clamped(float(percent[1]) / 100)
    return None if passed is None else float(passed)


def _as_sent(text: str | None, points: float | None, possible: float | None) -> str | None:
    sent = of(points, possible)
    if sent is None or text is None or _NUMBER.fullmatch(text):
        return sent or text
    return f"{text} ({sent})"
