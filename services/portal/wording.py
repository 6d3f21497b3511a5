"""How dates, durations and scores read to a person. English; pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from shared.contracts.events import Verb

_ISO = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_UNITS = ("year", "month", "week", "day", "hour", "minute", "second")
_SHORT = {"d": "day", "h": "hour", "m": "minute"}

_VERBS: dict[str, str] = {
    Verb.COMPLETED: "Completed",
    Verb.PASSED: "Passed",
    Verb.FAILED: "Not passed",
    Verb.MASTERED: "Mastered",
    Verb.SCORED: "Graded",
    Verb.GRANTED: "Awarded by a registrar",
    "holds": "Holds the badge",
}


def day(moment: datetime | date, timezone: str = "UTC") -> str:
    """The calendar day, as the issuer's place counts it: `31 October 2026`."""
    local = moment.astimezone(ZoneInfo(timezone)) if isinstance(moment, datetime) else moment
    return f"{local.day} {local:%B %Y}"


def stated_day(text: str) -> str:
    """The day of a timestamp that a stranger's document states; what is none stays as it is."""
    try:
        return day(datetime.fromisoformat(text).astimezone(UTC))
    except (ValueError, OverflowError):
        return text


def duration(text: str) -> str:
    """`P3Y` → `3 years`; what is no duration stays as it is."""
    if text[-1:] in _SHORT and text[:-1].isdigit():
        return _counted(int(text[:-1]), _SHORT[text[-1]])
    match = _ISO.fullmatch(text)
    if match is None or not any(match.groups()):
        return text
    return ", ".join(_counted(int(n), unit) for n, unit in zip(match.groups(), _UNITS, strict=True) if n)


def number(value: float) -> str:
    """Without a fraction where there is none: `3`, `2.5`."""
    return f"{value:g}"


def percent(value: float) -> str:
    """A score in 0..1: `92 %`."""
    return f"{round(value * 100, 1):g} %"


def verb(value: str) -> str:
    """What was done, at the beginning of a line; another badge may be evidence too."""
    return _VERBS.get(value, value.capitalize())


def web_address(text: str | None) -> str | None:
    """The address if a browser may be sent there; nothing else that a designer or a file says becomes a link."""
    try:
        parts = urlsplit(text or "")
    except ValueError:
        return None
    return text if parts.scheme in ("http", "https") and parts.hostname else None


def words(name: str) -> str:
    """`MicroCredential` → `Micro credential`, `ext:LabSafety` → `Lab safety`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.removeprefix("ext:"))
    return spaced[:1].upper() + spaced[1:].lower()


def _counted(n: int, unit: str) -> str:
    return f"{n} {unit}" if n == 1 else f"{n} {unit}s"
