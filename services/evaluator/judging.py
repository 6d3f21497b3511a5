"""Who has earned what, and when: from what has arrived, walked in the order in which it first arrived.

Nothing here depends on how deliveries were batched or repeated. An achievement is earned at the first arrival after
which its criterion is true; the moment is the earliest in event time at which it is true of what had arrived by then.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import TypeVar

from services.evaluator.known import Arrived, Held, Known, Position
from services.evaluator.rules import Rule
from shared.catalogue.decisions import KIND as DECIDED
from shared.catalogue.decisions import WITHHELD, decision
from shared.catalogue.evaluation import Verdict, evaluate
from shared.catalogue.facts import Fact, Facts, Holding

ONCE = "once"


@dataclass(frozen=True, slots=True)
class Earned:
    """An award to be."""

    rule: Rule
    key: str
    award_id: str
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
    have = _by_name(awards)
    badges = list(awards)
    earned: list[Earned] = []
    evaluated = unmet = 0
    again = True
    while again:
        again = False
        for rule in rules:
            known = _visible(rule, arrived, badges, now)
            for key in _keys(rule, known):
                stored = have.get((rule.achievement, key))
                if stored is not None and not stored.withdrawn:
                    continue
                evaluated += 1
                # a withdrawn award keeps its id, which may be that of another account that is one with this
                id_ = award_id(rule, key) if stored is None else stored.holding.award_id
                found = _earn(rule, key, id_, known, only_whole=stored is not None)
                if found is None:
                    unmet += 1
                    continue
                badge = _badge(found, expiry)
                have[rule.achievement, key] = badge
                badges = [each for each in badges if each.holding.award_id != id_]
                badges.append(badge)
                earned.append(found)
                # a badge may count for a rule that was judged before: only where rules need each other by pattern
                again = again or any(each.needs_badge(rule.achievement) for each in rules[: rules.index(rule)])
    return Judgement(tuple(earned), evaluated - unmet, unmet)


def still_true(rule: Rule, key: str, arrived: Sequence[Arrived], awards: Sequence[Held], now: datetime) -> bool:
    """Of everything known now: what is asked again when an award falls due."""
    return _earn(rule, key, "", _visible(rule, arrived, awards, now), only_whole=True) is not None


def _by_name(awards: Sequence[Held]) -> dict[tuple[str, str], Held]:
    """By what each is for. One person's two accounts may have brought two: what is withdrawn counts last."""
    ordered = sorted(awards, key=lambda each: (not each.withdrawn, each.holding.award_id))
    return {(each.holding.achievement, each.key): each for each in ordered}


def _keys(rule: Rule, known: Known) -> Sequence[str]:
    """What it may be earned for; a registrar awards a repeatable one once, besides its runs."""
    if not rule.repeatable:
        return (ONCE,)
    return [*known.runs(), ONCE] if known.is_decided() else known.runs()


def _visible(rule: Rule, arrived: Iterable[Arrived], badges: Iterable[Held], now: datetime) -> Known:
    ends = rule.retires_at
    held = (
        each
        for each in badges
        if rule.needs_badge(each.holding.achievement)
        and each.holding.active
        and each.holding.since <= now
        and (ends is None or each.holding.since < ends)
    )
    return Known.of(arrived, held, rule.counts)


def _earn(rule: Rule, key: str, award_id: str, known: Known, *, only_whole: bool) -> Earned | None:
    if rule.repeatable:
        known = known.of_run(key)
    positions = known.positions()
    if not positions:
        return None

    @cache
    def at(position: Position) -> tuple[datetime, Verdict] | None:
        then = known.until(position)
        return _moment(rule, key, then.facts(rule), expires=known.expires())

    position = positions[-1] if only_whole else _first_true(positions, at, rule.monotone, known)
    found = at(position) if position is not None else None
    if position is None or found is None:
        return None
    moment, verdict = found
    return Earned(
        rule=rule,
        key=key,
        award_id=award_id,
        earned_at=moment,
        due_at=rule.due(moment),
        evidence=verdict.evidence,
        holdings=verdict.holdings,
        score=verdict.score,
        position=position,
        received_at=known.received_at(position),
    )


def _first_true(
    positions: list[Position], at: Callable[[Position], object], monotone: bool, known: Known
) -> Position | None:
    """The first arrival after which it is true. Between two turns what can only become true stays so."""
    if not monotone:
        return next((each for each in positions if at(each) is not None), None)
    turns = known.turns()
    starts = sorted({0, *(number for number, each in enumerate(positions) if each in turns)})
    for start, end in zip(starts, [*starts[1:], len(positions)], strict=True):
        if at(positions[end - 1]) is not None:
            return positions[bisect_left(positions, 1, start, end, key=lambda each: int(at(each) is not None))]
    return None


def _moment(rule: Rule, key: str, facts: Facts, *, expires: bool) -> tuple[datetime, Verdict] | None:
    """What a registrar decided last counts; the criteria count where nobody did, and for the runs of a course."""
    word = decision(facts.activities, rule.achievement)
    of_people = rule.repeatable and key == ONCE
    if word is None:
        return None if of_people else _first_moment(rule, facts, expires=expires)
    if word.verb == WITHHELD:
        return None
    if of_people or not rule.repeatable:
        return word.at, Verdict(met=True, evidence=(word,))
    done = tuple(each for each in facts.activities if each.kind != DECIDED)
    return _first_moment(rule, replace(facts, activities=done), expires=expires)


def _first_moment(rule: Rule, facts: Facts, *, expires: bool) -> tuple[datetime, Verdict] | None:
    """The earliest moment at which it is true of these facts, if it is true of all of them."""
    moments = sorted({each.at for each in facts.activities} | {each.since for each in facts.holdings})
    if not moments:
        return None

    @cache
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


def _badge(earned: Earned, expiry: Callable[[Rule, datetime], datetime | None]) -> Held:
    rule = earned.rule
    holding = Holding(earned.award_id, rule.achievement, earned.due_at, expiry(rule, earned.due_at), name=rule.name)
    return Held(holding, earned.key, earned.position, earned.received_at)
