"""Scores as a designer writes them, and how they are compared and told."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

TOLERANCE = 1e-9
"""Far below what any LMS tells apart, far above what dividing floating point numbers adds."""

_PERCENT = re.compile(r"(\d+(?:[.,]\d+)?)\s*%")
_RATIO = re.compile(r"(\d+(?:[.,]\d+)?)\s*/\s*(\d+(?:[.,]\d+)?)")
_PLAIN = re.compile(r"\d*\.?\d+")
_LETTER = re.compile(r"[^\W\d_][^%/]{0,49}")


class NotAScore(ValueError):
    """This can't be compared with a score."""


class UnscaledLetter(ValueError):
    """A letter grade means something only on a source's scale."""


def fraction(raw: Any) -> float:
    """`80%`, `0.8` and `"16/20"` are the same 0.8."""
    value = Fraction(_decimal(str(raw))) if _is_number(raw) else _from_text(raw)
    if not 0 <= value <= 1:
        msg = f"{raw} is not between 0 and 1: write 80%, 0.8 or 16/20"
        raise NotAScore(msg)
    return float(value)


def percent(score: float) -> str:
    """As people read it: `92 %`, `87.5 %`."""
    rounded = f"{score * 100:.2f}".rstrip("0").rstrip(".")
    return f"{rounded} %"


def compares(score: float, how: str, bound: float) -> bool:
    """`at_least` and its siblings, without floating point surprises at the border."""
    match how:
        case "at_least":
            return score >= bound - TOLERANCE
        case "more_than":
            return score > bound + TOLERANCE
        case "at_most":
            return score <= bound + TOLERANCE
        case _:
            return score < bound - TOLERANCE


def _is_number(raw: Any) -> bool:
    return isinstance(raw, int | float) and not isinstance(raw, bool)


def _from_text(raw: Any) -> Fraction:
    text = raw.strip() if isinstance(raw, str) else ""
    if found := _PERCENT.fullmatch(text):
        return Fraction(_decimal(found[1])) / 100
    if found := _RATIO.fullmatch(text):
        most = Fraction(_decimal(found[2]))
        if most == 0:
            msg = f'"{raw}" divides by nothing'
            raise NotAScore(msg)
        return Fraction(_decimal(found[1])) / most
    if _PLAIN.fullmatch(text):
        return Fraction(_decimal(text))
    if _LETTER.fullmatch(text):
        raise UnscaledLetter(text)
    msg = f'"{raw}" is not a score: write 80%, 0.8 or 16/20'
    raise NotAScore(msg)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        msg = f'"{text}" is not a number'
        raise NotAScore(msg) from error
