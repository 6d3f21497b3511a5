"""Criteria and facts in plain words."""

from __future__ import annotations

from collections.abc import Sequence as SequenceOf
from datetime import tzinfo

from shared.catalogue.durations import Duration
from shared.catalogue.facts import Fact, Holding
from shared.catalogue.scores import percent
from shared.catalogue.tree import (
    All,
    AnyOf,
    AtLeast,
    Bound,
    Branch,
    Completed,
    Count,
    Criterion,
    During,
    Holds,
    Hours,
    Leaf,
    Mastered,
    Not,
    Passed,
    Score,
    Sequence,
    Streak,
    Thing,
)

_HOW = {"at_least": "at least", "more_than": "more than", "at_most": "at most", "less_than": "less than"}
_TAKEN = {"best": "", "last": ", the last score counts", "first": ", the first score counts"}
_NAMED = 4


def of_criterion(criterion: Criterion) -> str:
    """What is asked for."""
    match criterion:
        case Count():
            return f"{of_criterion(criterion.of)}: {_number(criterion)}{_within(criterion.within)}"
        case Hours():
            return f"{of_criterion(criterion.of)}: {of_duration(criterion.at_least)} in all"
        case Streak():
            every = of_duration(criterion.every)
            return (
                f"{of_criterion(criterion.of)}: at least once in each of {criterion.times} periods of {every} in a row"
            )
        case Holds(achievement, at_least):
            return f"holds the badge {achievement}" if at_least == 1 else f"holds {at_least} badges {achievement}"
        case _:
            return _of_leaf(criterion) if isinstance(criterion, Leaf) else _of_branch(criterion)


def _of_leaf(leaf: Leaf) -> str:
    match leaf:
        case Completed(thing):
            return f"completed {of_thing(thing)}"
        case Passed(thing):
            return f"passed {of_thing(thing)}"
        case Mastered(thing):
            return f"mastered {of_thing(thing)}"
        case Score(thing, bounds, take):
            return f"scored {' and '.join(of_bound(each) for each in bounds)} in {of_thing(thing)}{_TAKEN[take]}"


def _of_branch(criterion: Branch | Sequence | During | Not) -> str:
    match criterion:
        case All():
            return "all of these"
        case AnyOf():
            return "any of these"
        case AtLeast(n):
            return f"at least {n} of these"
        case Sequence():
            return f"these one after the other{_within(criterion.within)}"
        case During():
            return f"this{of_window(criterion)}"
        case Not():
            return "not this"


def of_thing(thing: Thing) -> str:
    """`course EL-* from canvas`."""
    return f"{thing.kind} {thing.pattern}" + (f" from {thing.source}" if thing.source else "")


def of_bound(bound: Bound) -> str:
    """`at least 80 %`, `at least B+`."""
    return f"{_HOW[bound.how]} {bound.written if bound.value is None else percent(bound.value)}"


def of_window(criterion: During) -> str:
    """` from 2026-09-01 until 2026-12-31`."""
    start = f" from {criterion.start}" if criterion.start else ""
    return start + (f" until {criterion.end}" if criterion.end else "")


def of_duration(duration: Duration) -> str:
    """`1 year and 6 months`, `75 hours`."""
    years, months = divmod(duration.months, 12)
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    named = {"year": years, "month": months, "day": duration.days, "hour": hours, "minute": minutes, "second": seconds}
    return _and([several(number, name) for name, number in named.items() if number]) or "no time"


def of_seconds(seconds: float) -> str:
    """`18.5 hours`."""
    return f"{f'{seconds / 3600:.2f}'.rstrip('0').rstrip('.')} hours"


def of_fact(fact: Fact, zone: tzinfo) -> str:
    """`92 % in EDS101 on 2026-05-01, from canvas`."""
    score = f"{percent(fact.score)} in " if fact.score is not None else ""
    return f"{score}{fact.called} on {of_day(fact, zone)}, from {fact.source}"


def of_day(fact: Fact, zone: tzinfo) -> str:
    """The issuer's day."""
    return fact.at.astimezone(zone).date().isoformat()


def reason(evidence: SequenceOf[Fact], holdings: SequenceOf[Holding], zone: tzinfo) -> str:
    """Why somebody has earned it, in one sentence."""
    parts = [of_deed(each, zone) for each in evidence[:_NAMED]]
    if len(evidence) > _NAMED:
        parts.append(f"{len(evidence) - _NAMED} more")
    if holdings:
        names = [f"“{each.name or each.achievement}”" for each in holdings[:_NAMED]]
        if len(holdings) > _NAMED:
            names.append(f"{len(holdings) - _NAMED} more")
        parts.append(f"holds {_and(names)}")
    said = "; ".join(parts) or "the criteria are met"
    return said[0].upper() + said[1:]


def of_deed(fact: Fact, zone: tzinfo) -> str:
    """`completed Event-driven systems with 92 % on 2026-05-01`."""
    day = of_day(fact, zone)
    called = fact.name or fact.ids[0]
    if fact.score is None:
        return f"{fact.verb} {called} on {day}"
    if fact.verb == "scored":
        return f"scored {percent(fact.score)} in {called} on {day}"
    return f"{fact.verb} {called} with {percent(fact.score)} on {day}"


def _number(criterion: Count) -> str:
    if criterion.distinct == "day":
        return f"on {several(criterion.at_least, 'distinct day')}"
    return several(criterion.at_least, f"distinct {criterion.distinct}")


def _within(duration: Duration | None) -> str:
    return f" within {of_duration(duration)}" if duration else ""


def several(number: int, name: str, plural: str | None = None) -> str:
    """`1 day`, `2 days`."""
    return f"{number} {name}" if number == 1 else f"{number} {plural or f'{name}s'}"


def _and(names: SequenceOf[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
