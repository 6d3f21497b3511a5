"""Spans of time as a designer writes them: `P1Y` is a calendar year, counted in the issuer's time zone."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

_ISO = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.ASCII
)
_SHORT = re.compile(r"(\d+)([dhm])", re.ASCII)
_MAX_YEARS = 1000


@dataclass(frozen=True, slots=True)
class Duration:
    """Calendar months and days, and exact seconds. A day is a calendar day: it may have 23 or 25 hours."""

    months: int = 0
    days: int = 0
    seconds: int = 0
    text: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """From ISO 8601 (`P1Y`, `PT20H`) or short (`30d`, `12h`, `45m`). Raises ValueError with a hint."""
        if short := _SHORT.fullmatch(text):
            amount, unit = int(short[1]), short[2]
            found = cls(days=amount, text=text) if unit == "d" else cls(seconds=_seconds(amount, unit), text=text)
        elif iso := _ISO.fullmatch(text):
            years, months, weeks, days, hours, minutes, seconds = (int(each or 0) for each in iso.groups())
            found = cls(12 * years + months, 7 * weeks + days, 3600 * hours + 60 * minutes + seconds, text)
        else:
            msg = f'"{text}" is not a duration: write it as P1Y, P30D, PT20H, or short as 30d, 12h, 45m'
            raise ValueError(msg)
        if found.months > 12 * _MAX_YEARS or found.days + found.seconds / 86_400 > 366 * _MAX_YEARS:
            msg = f'"{text}" is longer than {_MAX_YEARS} years'
            raise ValueError(msg)
        return found

    @property
    def exact(self) -> bool:
        """Hours, minutes and seconds alone: the same everywhere and always."""
        return not (self.months or self.days)

    @property
    def empty(self) -> bool:
        """No time at all."""
        return not (self.months or self.days or self.seconds)

    def times(self, number: int) -> Duration:
        """So many of them in one: three months from 31 January end on 30 April, though the first ends on the 28th."""
        return Duration(self.months * number, self.days * number, self.seconds * number, self.text)

    def after(self, moment: datetime, zone: tzinfo) -> datetime:
        """The moment that much later, in UTC; 29 February + P1Y is 28 February. Too late to write is the latest."""
        try:
            local = _add_months(moment.astimezone(zone), self.months) + timedelta(days=self.days)
            return local.astimezone(UTC) + timedelta(seconds=self.seconds)
        except (OverflowError, ValueError):
            return datetime.max.replace(tzinfo=UTC)

    def __str__(self) -> str:
        return self.text


def _seconds(amount: int, unit: str) -> int:
    return amount * {"h": 3600, "m": 60}[unit]


def _add_months(local: datetime, months: int) -> datetime:
    if months == 0:
        return local
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, calendar.monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day)
