"""Who has earned what, and when: from what has arrived, walked in the order in which it first arrived.

Nothing here depends on how deliveries were batched or repeated. An achievement is earned at the first arrival after
which its criterion is true; the moment is the earliest in event time at which it is true of what had arrived by then.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias, TypeVar

from services.evaluator.rules import Rule
from shared.catalogue.evaluation import Verdict, evaluate
from shared.catalogue.facts import Fact, Facts, Holding

Position: TypeAlias = tuple[str, int, int]
"""topic, partition and offset of a first delivery"""

ONCE = "once"


@dataclass(frozen=True, slots=True)
class Arrived:
    """An activity, and when it came."""

    fact: Fact
    position: Position
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """An award that exists, and after which arrival it was earned."""

    holding: Holding
    key: str
    position: Position
    received_at: datetime
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Earned:
    """An award to be."""

    rule: Rule
    key: str
    earned_at: datetime
    due_at: datetime
    evidence: tuple[Fact, ...]
    holdings: tuple[Holding, ...]
    score: float | None
    position: Position
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """What judging one learner came to."""

    earned: tuple[Earned, ...]
    met: int
    unmet: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What one rule can see, in order of arrival."""

    activities: tuple[Arrived, ...]
    badges: tuple[Held, ...]

    def positions(self) -> list[Position]:
        return sorted({each.position for each in self.activities} | {each.position for each in self.badges})

    def until(self, position: Position) -> _Known:
        return _Known(
            tuple(each for each in self.activities if each.position <= position),
            tuple(each for each in self.badges if each.position <= position),
        )

    def of_run(self, run: str) -> _Known:
        """Course leaves look at that run alone."""
        return replace(
            self,
            activities=tuple(
                each for each in self.activities if each.fact.kind != "course" or each.fact.run_key == run
            ),
        )

    def runs(self) -> list[str]:
        return list(dict.fromkeys(each.fact.run_key for each in self.activities if each.fact.kind == "course"))

    def expires(self) -> bool:
        return any(each.holding.until is not None for each in self.badges)

    def received_at(self, position: Position) -> datetime:
        there: list[Arrived | Held] = [*self.activities, *self.badges]
        return max(each.received_at for each in there if each.position == position)

    def facts(self, rule: Rule) -> Facts:
        activities = sorted((each.fact for each in self.activities), key=lambda each: (each.at, each.id))
        holdings = sorted((each.holding for each in self.badges), key=lambda each: (each.since, each.award_id))
        return Facts(tuple(activities), tuple(holdings), rule.zone)


def judge(
    rules: Sequence[Rule],
    arrived: Sequence[Arrived],
    awards: Sequence[Held],
    *,
    award_id: Callable[[Rule, str], str],
    expiry: Callable[[Rule, datetime], datetime | None],
    now: datetime,
) -> Judgement:
    """`rules` come in the order in which their badges need each other; `awards` are all that the learner has."""
    have = {each.holding.award_id: each for each in awards}
    badges = list(awards)
    earned: list[Earned] = []
    evaluated = unmet = 0
    again = True
    while again:
        again = False
        for rule in rules:
            known = _visible(rule, arrived, badges, now)
            for key in known.runs() if rule.repeatable else (ONCE,):
                stored = have.get(award_id(rule, key))
                if stored is not None and not stored.withdrawn:
                    continue
                evaluated += 1
                found = _earn(rule, key, known, only_whole=stored is not None)
                if found is None:
                    unmet += 1
                    continue
                badge = _badge(found, award_id(rule, key), expiry)
                have[badge.holding.award_id] = badge
                badges = [each for each in badges if each.holding.award_id != badge.holding.award_id]
                badges.append(badge)
                earned.append(found)
                # a badge may count for a rule that was judged before: only where rules need each other by pattern
                again = again or any(each.needs_badge(rule.achievement) for each in rules[: rules.index(rule)])
    return Judgement(tuple(earned), evaluated - unmet, unmet)


def still_true(rule: Rule, key: str, arrived: Sequence[Arrived], awards: Sequence[Held], now: datetime) -> bool:
    """Of everything known now: what is asked again when an award falls due."""
    return _earn(rule, key, _visible(rule, arrived, awards, now), only_whole=True) is not None


def _visible(rule: Rule, arrived: Iterable[Arrived], badges: Iterable[Held], now: datetime) -> _Known:
    ends = rule.retires_at
    return _Known(
        tuple(each for each in arrived if (ends is None or each.fact.at < ends) and rule.touched_by(each.fact)),
        tuple(
            each
            for each in badges
            if rule.needs_badge(each.holding.achievement)
            and each.holding.active
            and each.holding.since <= now
            and (ends is None or each.holding.since < ends)
        ),
    )


def _earn(rule: Rule, key: str, known: _Known, *, only_whole: bool) -> Earned | None:
    if rule.repeatable:
        known = known.of_run(key)
    positions = known.positions()
    if not positions:
        return None

    def at(position: Position) -> tuple[datetime, Verdict] | None:
        return _first_moment(rule, known.until(position).facts(rule), expires=known.expires())

    if only_whole:
        place = len(positions) - 1
    elif rule.monotone:
        if at(positions[-1]) is None:
            return None
        place = bisect_left(positions, 1, key=lambda each: int(at(each) is not None))
    else:
        place = next((number for number, each in enumerate(positions) if at(each) is not None), len(positions) - 1)
    found = at(positions[place])
    if found is None:
        return None
    moment, verdict = found
    return Earned(
        rule=rule,
        key=key,
        earned_at=moment,
        due_at=rule.due(moment),
        evidence=verdict.evidence,
        holdings=verdict.holdings,
        score=verdict.score,
        position=positions[place],
        received_at=known.received_at(positions[place]),
    )


def _first_moment(rule: Rule, facts: Facts, *, expires: bool) -> tuple[datetime, Verdict] | None:
    """The earliest moment at which it is true of these facts, if it is true of all of them."""
    moments = sorted({each.at for each in facts.activities} | {each.since for each in facts.holdings})

    def verdict(moment: datetime) -> Verdict:
        return evaluate(rule.criterion, facts.up_to(moment))

    if rule.monotone and expires:
        # badges run out: what was true once, while they were held, is earned
        return _first(moments, verdict)
    if not verdict(moments[-1]).met:
        return None
    if rule.monotone:
        place = bisect_left(moments, 1, key=lambda each: int(verdict(each).met))
        return moments[place], verdict(moments[place])
    return _first(moments, verdict)


T = TypeVar("T")


def _first(moments: Iterable[T], verdict: Callable[[T], Verdict]) -> tuple[T, Verdict] | None:
    def tried() -> Iterator[tuple[T, Verdict]]:
        for each in moments:
            yield each, verdict(each)

    return next((found for found in tried() if found[1].met), None)


def _badge(earned: Earned, award_id: str, expiry: Callable[[Rule, datetime], datetime | None]) -> Held:
    rule = earned.rule
    holding = Holding(award_id, rule.achievement, earned.due_at, expiry(rule, earned.due_at), name=rule.name)
    return Held(holding, earned.key, earned.position, earned.received_at)
