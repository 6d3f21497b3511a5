"""What is taught, told from the id of one delivery of it: `????.{course}-*` finds BR101 in `2026.BR101-1`."""

from __future__ import annotations

import re
from functools import lru_cache

from shared.catalogue.patterns import Pattern, PatternError, regex_of

PLACE = "{course}"
_ID_MAX = 300
"""Longer ids are nobody's short names, and would let two stars take their time."""


def course_in(template: str, id_: str) -> str | None:
    """None where the id isn't built so. Of several ways to read it the course is the longest."""
    found = _regex(template).fullmatch(id_) if len(id_) <= _ID_MAX else None
    return found[1] if found else None


def check(template: str) -> None:
    """Raises PatternError for one that is no glob around the place of the course."""
    before, place, after = template.partition(PLACE)
    if not place or "{" in before + after or "}" in before + after:
        msg = f'"{template}" is a glob with {PLACE} in it once, such as ????.{PLACE}-*'
        raise PatternError(msg)
    for each in (before, after):
        if each:
            Pattern.parse(each)


@lru_cache(maxsize=1000)
def _regex(template: str) -> re.Pattern[str]:
    before, _, after = template.partition(PLACE)
    return re.compile(f"{regex_of(before)}(.+){regex_of(after)}", re.DOTALL)
