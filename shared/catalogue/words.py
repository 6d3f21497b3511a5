"""Criteria and facts in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from shared.catalogue.facts import Fact, Holding
from shared.catalogue.scores import percent
from shared.catalogue.tree import (
    All,
    AnyOf,
    AtLeast,
    Bound,
    Completed,
    Count,
    Criterion,
    Holds,
    Not,
    Passed,
    Score,
    Thing,
)

_HOW = {"at_least": "at least", "more_than": "more than", "at_most": "at most", "less_than": "less than"}
_NAMED = 4


def of_criterion(criterion: Criterion) -> str:
    """What is asked for."""
    match criterion:
        case Completed(thing):
            return f"completed {of_thing(thing)}"
        case Passed(thing):
            return f"passed {of_thing(thing)}"
        case Score(thing, bounds):
            return f"scored {' and '.join(of_bound(each) for each in bounds)} in {of_thing(thing)}"
        case Count():
            within = f" within {criterion.within}" if criterion.within else ""
            return f"{of_criterion(criterion.of)}: {criterion.at_least} distinct {_plural(criterion.distinct)}{within}"
        case Holds(achievement, 1):
            return f"holds the badge {achievement}"
        case Holds(achievement, at_least):
            return f"holds {at_least} badges {achievement}"
        case Not():
            return "not this"
        case _:
            return _of_branch(criterion)


def _of_branch(criterion: All | AnyOf | AtLeast) -> str:
    match criterion:
        case All():
            return "all of these"
        case AnyOf():
            return "any of these"
        case AtLeast(n):
            return f"at least {n} of these"


def of_thing(thing: Thing) -> str:
    """`course EL-* from canvas`."""
    return f"{thing.kind} {thing.pattern}" + (f" from {thing.source}" if thing.source else "")


def of_bound(bound: Bound) -> str:
    """`at least 80 %`."""
    return f"{_HOW[bound.how]} {percent(bound.value)}"


def of_fact(fact: Fact, zone: tzinfo) -> str:
    """`92 % in EDS101 on 2026-05-01`."""
    day = fact.at.astimezone(zone).date().isoformat()
    return f"{percent(fact.score)} in {fact.called} on {day}" if fact.score is not None else f"{fact.called} on {day}"


def reason(evidence: Sequence[Fact], holdings: Sequence[Holding], zone: tzinfo) -> str:
    """Why somebody has earned it, in one sentence."""
    parts = [_deed(each, zone) for each in evidence[:_NAMED]]
    if len(evidence) > _NAMED:
        parts.append(f"{len(evidence) - _NAMED} more")
    if holdings:
        names = [f"“{each.name or each.achievement}”" for each in holdings[:_NAMED]]
        if len(holdings) > _NAMED:
            names.append(f"{len(holdings) - _NAMED} more")
        parts.append(f"holds {_and(names)}")
    said = "; ".join(parts) or "the criteria are met"
    return said[0].upper() + said[1:]


def _deed(fact: Fact, zone: tzinfo) -> str:
    day = fact.at.astimezone(zone).date().isoformat()
    called = fact.name or fact.ids[0]
    if fact.score is None:
        return f"{fact.verb} {called} on {day}"
    if fact.verb == "scored":
        return f"scored {percent(fact.score)} in {called} on {day}"
    return f"{fact.verb} {called} with {percent(fact.score)} on {day}"


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _plural(distinct: str) -> str:
    return f"{distinct}s"
