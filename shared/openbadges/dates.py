"""Moments as credentials write them: ISO 8601 in UTC, whole seconds, because a JWT's `nbf` knows no fractions."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

CLOCK_SKEW = timedelta(minutes=5)
"""How far an issuer's clock may be ahead of a verifier's."""

_LONGEST = 40
"""Fractions may have any number of digits; what is remembered of strangers' documents must not."""
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


@lru_cache(maxsize=4096)
def timestamp(moment: datetime) -> str:
    """`2026-11-01T00:00:00Z`. Fractions are cut off."""
    return moment.astimezone(UTC).isoformat()[:19] + "Z"


def parse_timestamp(text: object) -> datetime:
    """A DateTimeZ. Raises ValueError for anything else, a moment without its zone included."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        msg = "not a date and time with its zone"
        raise ValueError(msg)
    return _parsed(text)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> datetime:
    """A credential's dates are looked at by each check and each securing anew."""
    if not _DATE_TIME.fullmatch(text):
        msg = "not a date and time with its zone"
        raise ValueError(msg)
    return datetime.fromisoformat(text).astimezone(UTC)
