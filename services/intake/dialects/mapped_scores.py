"""Scores of a mapping, as 0..1 with the form they came in, or as a letter that the source's scale knows."""

from __future__ import annotations

import re

from services.intake.dialects.mapped_values import Message, as_number
from services.intake.dialects.shapes import invalid
from shared.catalogue.mapping import ScoreAt, Value
from shared.catalogue.scales import LETTER_MAX

_PERCENT = re.compile(r"(\d{1,10}(?:[.,]\d{1,10})?)\s*%", re.ASCII)
_RATIO = re.compile(r"(\d{1,10}(?:[.,]\d{1,10})?)\s*/\s*(\d{1,10}(?:[.,]\d{1,10})?)", re.ASCII)
_PLAIN = re.compile(r"[+-]?[\d.,]+")

Score = tuple[float | None, str | None, str | None]
"""Score, letter where there is no score, and the raw form."""
NONE: Score = (None, None, None)


def score_of(at: ScoreAt | None, message: Message) -> Score:
    """More than full marks are full marks; less than nothing is nothing. Raises Rejected."""
    if at is None:
        return NONE
    for found in (_points(at, message), _percent(at, message), _fraction(at, message), _written(at.written, message)):
        if found != NONE:
            return found
    return NONE if at.letter is None else _letter(message.text(at.letter), message.place(at.letter))


def _points(at: ScoreAt, message: Message) -> Score:
    points = message.number(at.points)
    if points is None or at.out_of is None:
        return NONE
    most = message.number(at.out_of)
    if most is None or most <= 0:
        raise invalid(f"{message.place(at.out_of)}: should be a number above 0, beside points")
    return _bounded(points / most), None, f"{points:g}/{most:g}"


def _percent(at: ScoreAt, message: Message) -> Score:
    percent = message.number(at.percent)
    return NONE if percent is None else (_bounded(percent / 100), None, f"{percent:g}%")


def _fraction(at: ScoreAt, message: Message) -> Score:
    fraction = message.number(at.fraction)
    return NONE if fraction is None or at.fraction is None else _plain(fraction, message.place(at.fraction))


def _written(at: Value | None, message: Message) -> Score:
    here = message.found(at)
    if here is None or at is None:
        return NONE
    place = message.place(at)
    text = here.strip() if isinstance(here, str) else ""
    if found := _PERCENT.fullmatch(text):
        return _bounded(as_number(found[1], place) / 100), None, text
    if found := _RATIO.fullmatch(text):
        most = as_number(found[2], place)
        if most == 0:
            raise invalid(f"{place}: divides by nothing")
        return _bounded(as_number(found[1], place) / most), None, text
    if not text or _PLAIN.fullmatch(text):
        return _plain(as_number(here, place), place)
    return _letter(text, place)


def _plain(fraction: float, place: str) -> Score:
    """87 is not a fraction of 1: taking it for full marks would give badges away."""
    if not 0 <= fraction <= 1:
        raise invalid(f"{place}: should be between 0 and 1, unless it says how it is counted: percent, or points of")
    return fraction, None, f"{fraction:g}"


def _letter(letter: str | None, place: str) -> Score:
    if letter is not None and len(letter) > LETTER_MAX:
        raise invalid(f"{place}: should be a grade of at most {LETTER_MAX} characters")
    return None, letter, None


def _bounded(score: float) -> float:
    return min(1.0, max(0.0, score))
