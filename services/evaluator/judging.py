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

from services.evaluator.claims import Claim, claim_of
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
    since: datetime | None = None
    """what happened until then didn't count"""

    @property
    def waits_for_approval(self) -> bool:
        """A registrar confirms it first, unless it was one who awarded it."""
        return self.rule.approval and not (len(self.evidence) == 1 and self.evidence[0].kind == DECIDED)


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
    versions = _versions(rules)
    again = True
    while again:
        again = False
        for place, some in enumerate(versions):
            seen = [(rule, visible(rule, arrived, badges, now)) for rule in some]
            for key in dict.fromkeys(key for rule, known in seen for key in _keys(rule, known)):
                claim = claim_of(key, have.get((some[0].achievement, key), ()))
                if claim is None:
                    continue
                evaluated += len(seen)
                found = _earliest(_earn(rule, claim, known) for rule, known in seen if key in _keys(rule, known))
                if found is None:
                    unmet += len(seen)
                    continue
                rule = found.rule
                # a withdrawn award keeps its id, which may be that of another account that is one with this
                found = replace(found, award_id=claim.award_id or award_id(rule, claim.award_key))
                badge = _badge(found, key, expiry)
                have.setdefault((rule.achievement, key), []).append(badge)
                badges = [each for each in badges if each.holding.award_id != found.award_id]
                badges.append(badge)
                earned.append(found)
                # a badge may count for a rule that was judged before: only where rules need each other by pattern
                again = again or any(
                    each.needs_badge(rule.achievement) for before in versions[:place] for each in before
                )
    return Judgement(tuple(earned), evaluated - unmet, unmet)


def still_true(rule: Rule, award: Held, arrived: Sequence[Arrived], awards: Sequence[Held], now: datetime) -> bool:
    """Of everything known now: what is asked again when an award falls due, and after corrections."""
    known = visible(rule, arrived, awards, now)
    claim = Claim(award.key, award.award_key, since=award.since, whole=True)
    return _earn(rule, claim, known) is not None


def _versions(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Those that can be earned, by achievement."""
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.earnable:
            found.setdefault(rule.achievement, []).append(rule)
    return list(found.values())


def _earliest(found: Iterable[Earned | None]) -> Earned | None:
    """Of several versions the one that was met first, by arrival; at the same, the newest."""
    return min((each for each in found if each), key=lambda each: (each.position, -each.rule.version), default=None)


def _by_name(awards: Sequence[Held]) -> dict[tuple[str, str], list[Held]]:
    """By what each is for."""
    found: dict[tuple[str, str], list[Held]] = {}
    for each in awards:
        found.setdefault((each.holding.achievement, each.key), []).append(each)
    return found


def _keys(rule: Rule, known: Known) -> Sequence[str]:
    """What it may be earned for; a registrar awards a repeatable one once, besides its runs."""
    if not rule.repeatable:
        return (ONCE,)
    return [*known.runs(), ONCE] if known.is_decided() else known.runs()


def visible(rule: Rule, arrived: Iterable[Arrived], badges: Iterable[Held], now: datetime) -> Known:
    """What one rule can see of a learner: badges that are held, and activities until it retires."""
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


def _earn(rule: Rule, claim: Claim, known: Known) -> Earned | None:
    everything = known.of_run(claim.key) if rule.repeatable else known
    known = everything if claim.since is None else everything.since(claim.since)
    positions = known.positions()
    if claim.whole:
        positions = positions[-1:]
    elif claim.after is not None:
        positions = [each for each in positions if each > claim.after] or positions[-1:]
    if not positions:
        return None

    @cache
    def at(position: Position) -> tuple[datetime, Verdict] | None:
        found = _at(rule, claim.key, known.until(position), expires=known.expires())
        if found is None or claim.since is None:
            return found
        # something new is asked for, and nothing old that speaks against it is forgotten
        is_new = found[1].evidence or any(each.since > claim.since for each in found[1].holdings)
        return found if is_new and _at(rule, claim.key, everything.until(position), expires=known.expires()) else None

    position = _first_true(positions, at, rule.monotone, known)
    found = at(position) if position is not None else None
    if position is None or found is None:
        return None
    moment, verdict = found
    return Earned(
        rule=rule,
        key=claim.award_key,
        award_id="",
        earned_at=moment,
        due_at=rule.due(moment),
        evidence=verdict.evidence,
        holdings=verdict.holdings,
        score=verdict.score,
        position=position,
        received_at=known.received_at(position),
        since=claim.since,
    )


def _at(rule: Rule, key: str, known: Known, *, expires: bool) -> tuple[datetime, Verdict] | None:
    return _moment(rule, key, known.facts(rule), expires=expires)


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


def _badge(earned: Earned, key: str, expiry: Callable[[Rule, datetime], datetime | None]) -> Held:
    rule = earned.rule
    holding = Holding(earned.award_id, rule.achievement, earned.due_at, expiry(rule, earned.due_at), name=rule.name)
    holding = replace(holding, active=not earned.waits_for_approval)
    return Held(holding, key, earned.position, earned.received_at, award_key=earned.key, since=earned.since)
