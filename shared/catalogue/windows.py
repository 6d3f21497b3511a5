"""Criteria that gather activities: so many distinct ones in a window, so many hours, so many periods in a row."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from shared.catalogue.candidates import candidates
from shared.catalogue.facts import Fact, Facts
from shared.catalogue.tree import Count, Distinct, Hours, Streak

_ROUNDING = 1e-6
"""seconds: far more than adding floating point numbers loses"""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What there is, of what it takes: things, seconds or periods."""

    evidence: tuple[Fact, ...]
    have: float
    need: float

    @property
    def met(self) -> bool:
        """It is enough."""
        return self.have >= self.need


def gather(criterion: Count | Hours | Streak, facts: Facts) -> Gathered:
    """The earliest that is enough; else the most that there is."""
    match criterion:
        case Count():
            counted = _counted(criterion, facts)
            return Gathered(counted, len(counted), criterion.at_least)
        case Hours():
            return _added_up(criterion, facts)
        case Streak():
            run = _longest_run(criterion, facts)
            return Gathered(run, len(run), criterion.times)


def between(facts: Facts, after: datetime | None, until: datetime | None) -> Facts:
    """What happened later than `after` and not later than `until`: activities, and badges by when they were gained."""

    def inside(at: datetime) -> bool:
        return (after is None or at > after) and (until is None or at <= until)

    return replace(
        facts,
        activities=tuple(each for each in facts.activities if inside(each.at)),
        holdings=tuple(each for each in facts.holdings if inside(each.since)),
        moment=facts.moment or facts.latest(),
    )


def key_of(fact: Fact, distinct: Distinct, zone: tzinfo) -> str:
    """What makes two of them one; days are the issuer's."""
    match distinct:
        case "course":
            return fact.course_key
        case "run":
            return fact.run_key
        case "day":
            return fact.at.astimezone(zone).date().isoformat()


def _counted(criterion: Count, facts: Facts) -> tuple[Fact, ...]:
    """The distinct ones of the first window that holds enough of them, else of the fullest; the earliest of each."""
    found = candidates(criterion.of, facts.activities)
    if criterion.within is None:
        return _distinct(criterion, found, facts)[: criterion.at_least]
    inside: Counter[str] = Counter()
    keys = [key_of(each, criterion.distinct, facts.zone) for each in found]
    end, fullest, most = 0, (0, 0), 0
    for start, first in enumerate(found):
        limit = criterion.within.after(first.at, facts.zone)
        while end < len(found) and found[end].at <= limit:
            inside[keys[end]] += 1
            end += 1
        # a day of 23 hours can make a later window end earlier: what is inside then was in the one before, too
        if len(inside) > most:
            fullest, most = (start, end), len(inside)
        if most >= criterion.at_least:
            break
        _drop(inside, keys[start])
    return _distinct(criterion, found[slice(*fullest)], facts)[: criterion.at_least]


def _distinct(criterion: Count, found: Iterable[Fact], facts: Facts) -> tuple[Fact, ...]:
    first: dict[str, Fact] = {}
    for each in found:
        first.setdefault(key_of(each, criterion.distinct, facts.zone), each)
    return tuple(first.values())


def _drop(inside: Counter[str], key: str) -> None:
    inside[key] -= 1
    if not inside[key]:
        del inside[key]


def _added_up(criterion: Hours, facts: Facts) -> Gathered:
    found = [each for each in candidates(criterion.of, facts.activities) if (each.duration or 0.0) > 0]
    need = criterion.at_least.seconds

    def enough(number: int) -> bool:
        return _seconds(found[:number]) >= need - _ROUNDING

    if not enough(len(found)):
        return Gathered(tuple(found), _seconds(found), need)
    return Gathered(tuple(found[: bisect_left(range(len(found)), True, key=enough)]), need, need)


def _seconds(found: Iterable[Fact]) -> float:
    """Exact, so that it is the same in any order."""
    return math.fsum(each.duration or 0.0 for each in found)


def _longest_run(criterion: Streak, facts: Facts) -> tuple[Fact, ...]:
    """The first in each period of the earliest streak that is long enough, else of the longest."""
    found = candidates(criterion.of, facts.activities)
    times = [each.at for each in found]
    longest: tuple[Fact, ...] = ()
    for first in found:
        if longest and criterion.every.times(len(longest)).after(first.at, facts.zone) > times[-1]:
            continue
        run = _run(criterion, first, found, times, facts.zone)
        if len(run) > len(longest):
            longest = run
        if len(longest) >= criterion.times:
            break
    return longest


def _run(
    criterion: Streak, first: Fact, found: Sequence[Fact], times: Sequence[datetime], zone: tzinfo
) -> tuple[Fact, ...]:
    """Periods are counted from their first activity: the end of one is where the next begins, and belongs to that."""
    run = [first]
    begins = criterion.every.after(first.at, zone)
    while len(run) < criterion.times:
        ends = criterion.every.times(len(run) + 1).after(first.at, zone)
        place = bisect_left(times, begins)
        if place == len(times) or times[place] >= ends:
            break
        run.append(found[place])
        begins = ends
    return tuple(run)
