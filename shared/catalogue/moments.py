"""Ends of a window as a designer writes them: a date means its whole day, counted in the issuer's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Self

INSTANT = timedelta(microseconds=1)
"""The least that two times can differ by."""

_YEARS = range(1900, 3000)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, or a time on one; without an offset it is the issuer's local time."""

    value: date
    """a day, or a datetime, which is a date too"""
    text: str

    @classmethod
    def parse(cls, raw: Any) -> Self:
        """From ISO 8601: `2026-09-01`, `2026-09-01T12:00`, `2026-09-01T12:00:00+02:00`. Raises ValueError."""
        text = str(raw) if isinstance(raw, str | date) else ""
        value = _read(text)
        if value is None or value.year not in _YEARS:
            msg = "needs a date such as 2026-09-01, or a time such as 2026-09-01T12:00"
            raise ValueError(msg)
        return cls(value, text)

    def first(self, zone: tzinfo) -> datetime:
        """Where a window that starts with it begins."""
        return _instant(self.value, zone)

    def last(self, zone: tzinfo) -> datetime:
        """The last moment of a window that ends with it: of a date, the last of its day."""
        if isinstance(self.value, datetime):
            return _instant(self.value, zone)
        return _instant(self.value + timedelta(days=1), zone) - INSTANT

    def surely_after(self, other: Moment) -> bool:
        """A window from it to the other is empty, in whatever zone."""
        apart = self.first(UTC) - other.last(UTC)
        return apart > (timedelta() if self._local == other._local else timedelta(days=1))

    @property
    def _local(self) -> bool:
        return not isinstance(self.value, datetime) or self.value.tzinfo is None

    def __str__(self) -> str:
        return self.text


def _instant(value: date, zone: tzinfo) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(), zone)
    return (value.replace(tzinfo=zone) if value.tzinfo is None else value).astimezone(UTC)


def _read(text: str) -> date | None:
    for form in (date.fromisoformat, datetime.fromisoformat):
        try:
            return form(text)
        except ValueError:
            continue
    return None
