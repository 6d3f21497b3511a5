"""Criteria in a given order in time: each step begins after everything that the one before it took."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass, replace
from datetime import datetime

from shared.catalogue.candidates import candidates
from shared.catalogue.facts import Fact, Facts
from shared.catalogue.moments import INSTANT
from shared.catalogue.tree import Criterion, Leaf, Sequence, holds, things
from shared.catalogue.windows import between


@dataclass(frozen=True, slots=True)
class Step:
    """One that was done: what happened later than `after` and not later than `until` makes it true."""

    after: datetime | None
    until: datetime
    fact: Fact | None
    """for a leaf: the activity"""


Judge = Callable[[Criterion, Facts], bool]


def longest_beginning(criterion: Sequence, facts: Facts, judge: Judge) -> tuple[Step, ...]:
    """All steps, as early as they can be had; else the most of them.

    To take each step as early as it can be taken leaves the most room for the next: more facts never spoil a step. Only
    where it may begin is tried one by one, because a late beginning can be what brings the end inside `within`.
    """
    reaches = [_Reach(each, facts, judge) for each in criterion.of]
    if criterion.within is None:
        return _follow(reaches, None, None)
    longest: tuple[Step, ...] = ()
    for start in reaches[0].moments:
        steps = _follow(reaches, start - INSTANT, criterion.within.after(start, facts.zone))
        if len(steps) > len(longest):
            longest = steps
        if len(longest) == len(reaches):
            break
    return longest


class _Reach:
    """Where a step can end."""

    def __init__(self, step: Criterion, facts: Facts, judge: Judge) -> None:
        self._step, self._facts, self._judge = step, _looked_at(step, facts), judge
        self._found = candidates(step, facts.activities) if isinstance(step, Leaf) else None
        self.moments = [each.at for each in self._found] if self._found is not None else _moments(self._facts)

    def first(self, after: datetime | None, limit: datetime | None) -> Step | None:
        """The earliest that it can be done after that, and not after the limit."""
        low = 0 if after is None else bisect_right(self.moments, after)
        high = len(self.moments) if limit is None else bisect_right(self.moments, limit)
        if low >= high:
            return None
        if self._found is not None:
            return Step(after, self.moments[low], self._found[low])

        def done(place: int) -> bool:
            return self._judge(self._step, between(self._facts, after, self.moments[place]))

        if not done(high - 1):
            return None
        return Step(after, self.moments[bisect_left(range(high), True, low, high - 1, key=done)], None)


def _follow(reaches: SequenceOf[_Reach], after: datetime | None, limit: datetime | None) -> tuple[Step, ...]:
    steps: list[Step] = []
    for each in reaches:
        step = each.first(after, limit)
        if step is None:
            break
        steps.append(step)
        after = step.until
    return tuple(steps)


def _looked_at(step: Criterion, facts: Facts) -> Facts:
    """What can make a difference to the step."""
    wanted, badges = things(step), holds(step)
    return replace(
        facts,
        activities=tuple(each for each in facts.activities if any(each.about(thing) for thing in wanted)),
        holdings=tuple(
            each for each in facts.holdings if any(badge.achievement.matches((each.achievement,)) for badge in badges)
        ),
        moment=facts.moment or facts.latest(),
    )


def _moments(facts: Facts) -> list[datetime]:
    """When something happened."""
    return sorted({each.at for each in facts.activities} | {each.since for each in facts.holdings})
