"""Which activities a leaf is true of. Everything else about criteria is built on this."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from shared.catalogue.facts import Fact
from shared.catalogue.scores import compares
from shared.catalogue.tree import Completed, Leaf, Mastered, Passed, Score

_COMPLETING = frozenset({"completed", "passed", "mastered"})


def candidates(leaf: Leaf, activities: Iterable[Fact]) -> list[Fact]:
    """By time. Of a score that more activities can spoil: the one of each thing that counts, if it is within bounds."""
    if isinstance(leaf, Score) and not leaf.monotone:
        return sorted((each for each in scored(leaf, activities) if within_bounds(leaf, each)), key=by_time)
    return [each for each in activities if each.about(leaf.thing) and _true_of(leaf, each)]


def scored(leaf: Score, activities: Iterable[Fact]) -> list[Fact]:
    """The score that counts of each thing that the leaf looks at, whatever its verb."""
    of_things: dict[tuple[str, str], list[Fact]] = {}
    for each in activities:
        if each.score is not None and each.about(leaf.thing):
            of_things.setdefault((each.source, each.ids[0]), []).append(each)
    return [_taken(leaf, each) for each in of_things.values()]


def within_bounds(leaf: Score, fact: Fact) -> bool:
    """Its score alone would do."""
    return fact.score is not None and all(_meets(fact.score, fact.source, leaf, at) for at in range(len(leaf.bounds)))


def by_time(fact: Fact) -> tuple[datetime, str]:
    """The order of activities."""
    return fact.at, fact.id


def _true_of(leaf: Leaf, fact: Fact) -> bool:
    match leaf:
        case Completed():
            return fact.verb in _COMPLETING and fact.succeeded is not False
        case Passed():
            return fact.verb == "passed" and fact.succeeded is not False
        case Mastered():
            return fact.verb == "mastered" and fact.succeeded is not False
        case Score():
            return within_bounds(leaf, fact)


def _taken(leaf: Score, scores: list[Fact]) -> Fact:
    """Of two at the same time the better one counts; of equals the one that came first."""
    match leaf.take:
        case "best":
            return min(scores, key=lambda each: (-(each.score or 0.0), each.at, each.id))
        case "first":
            return min(scores, key=lambda each: (each.at, -(each.score or 0.0), each.id))
        case "last":
            at = max(each.at for each in scores)
            return min((each for each in scores if each.at == at), key=lambda each: (-(each.score or 0.0), each.id))


def _meets(score: float, source: str, leaf: Score, at: int) -> bool:
    bound = leaf.bounds[at]
    value = bound.value_for(source)
    return value is not None and compares(score, bound.how, value)
