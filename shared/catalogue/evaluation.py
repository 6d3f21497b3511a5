"""Is a criterion true of a set of facts, and by which of them? Pure: the same set gives the same answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.catalogue.facts import Fact, Facts, Holding
from shared.catalogue.scores import compares
from shared.catalogue.tree import (
    All,
    AnyOf,
    AtLeast,
    Completed,
    Count,
    Criterion,
    Distinct,
    Holds,
    Leaf,
    Not,
    Passed,
    Score,
)

_COMPLETING = frozenset({"completed", "passed", "mastered"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """True or not, and what makes it true."""

    met: bool
    evidence: tuple[Fact, ...] = ()
    holdings: tuple[Holding, ...] = ()
    score: float | None = None
    """that a `score` criterion was met by"""


UNMET = Verdict(met=False)


def evaluate(criterion: Criterion, facts: Facts) -> Verdict:
    """What is known decides: `not` is true of what hasn't arrived."""
    match criterion:
        case Completed() | Passed():
            found = first_of(matching(criterion, facts.activities))
            return UNMET if found is None else Verdict(met=True, evidence=(found,))
        case Score():
            best = meeting(criterion, facts.activities)
            return UNMET if best is None else Verdict(met=True, evidence=(best,), score=best.score)
        case Count():
            window = counted(criterion, facts)
            return Verdict(met=True, evidence=window) if len(window) >= criterion.at_least else UNMET
        case Holds():
            held = holding(criterion, facts)
            enough = len(held) >= criterion.at_least
            return Verdict(met=True, holdings=held[: criterion.at_least]) if enough else UNMET
        case Not(of):
            return Verdict(met=not evaluate(of, facts).met)
        case _:
            return _branch(criterion, facts)


def _branch(criterion: All | AnyOf | AtLeast, facts: Facts) -> Verdict:
    needed = required(criterion)
    met = [each for each in (evaluate(part, facts) for part in criterion.of) if each.met][:needed]
    return _together(met) if len(met) >= needed else UNMET


def required(criterion: All | AnyOf | AtLeast) -> int:
    """How many of its parts must be true."""
    match criterion:
        case All(of):
            return len(of)
        case AnyOf():
            return 1
        case AtLeast(n):
            return n


def matching(leaf: Leaf, activities: Iterable[Fact]) -> list[Fact]:
    """The activities that a leaf is true of, by time; for a score: each alone, whatever else the thing scored."""
    about = (each for each in activities if each.about(leaf.thing))
    match leaf:
        case Completed():
            return [each for each in about if each.verb in _COMPLETING and each.succeeded is not False]
        case Passed():
            return [each for each in about if each.verb == "passed" and each.succeeded is not False]
        case Score():
            return [each for each in about if _within(leaf, each)]


def scored(leaf: Score, activities: Iterable[Fact]) -> list[Fact]:
    """The best scored activity of each thing that the leaf looks at, whatever its verb; the earliest of equals."""
    best: dict[str, Fact] = {}
    for each in activities:
        if each.score is not None and each.about(leaf.thing):
            known = best.get(each.ids[0])
            if known is None or known.score is None or each.score > known.score:
                best[each.ids[0]] = each
    return list(best.values())


def meeting(leaf: Score, activities: Sequence[Fact]) -> Fact | None:
    """The best score that meets every bound."""
    found = [each for each in scored(leaf, activities) if _within(leaf, each)]
    return max(found, key=lambda each: each.score or 0.0, default=None)


def holding(criterion: Holds, facts: Facts) -> tuple[Holding, ...]:
    """One badge for each achievement that counts, the longest held of each."""
    found: dict[str, Holding] = {}
    for each in facts.held():
        if criterion.achievement.matches((each.achievement,)):
            found.setdefault(each.achievement, each)
    return tuple(found.values())


def counted(criterion: Count, facts: Facts) -> tuple[Fact, ...]:
    """The distinct ones of the first window that holds enough of them, else of the fullest; the earliest of each."""
    found = _candidates(criterion.of, facts.activities)
    if criterion.within is None:
        return _distinct(criterion, found, facts)[: criterion.at_least]
    inside: Counter[str] = Counter()
    keys = [key_of(each, criterion.distinct, facts) for each in found]
    end, fullest, most = 0, (0, 0), 0
    for start, first in enumerate(found):
        limit = criterion.within.after(first.at, facts.zone)
        while end < len(found) and found[end].at <= limit:
            inside[keys[end]] += 1
            end += 1
        # a day that lasts 23 hours can make a later window end earlier
        while found[end - 1].at > limit:
            end -= 1
            _drop(inside, keys[end])
        if len(inside) > most:
            fullest, most = (start, end), len(inside)
        if most >= criterion.at_least:
            break
        _drop(inside, keys[start])
    return _distinct(criterion, found[slice(*fullest)], facts)[: criterion.at_least]


def key_of(fact: Fact, distinct: Distinct, facts: Facts) -> str:
    """What makes two of them one; days are the issuer's."""
    match distinct:
        case "course":
            return fact.course_key
        case "run":
            return fact.run_key
        case "day":
            return fact.at.astimezone(facts.zone).date().isoformat()


def first_of(facts: Sequence[Fact]) -> Fact | None:
    """The earliest; they come by time."""
    return facts[0] if facts else None


def latest(facts: Iterable[Fact]) -> datetime | None:
    """When the last of them happened."""
    return max((each.at for each in facts), default=None)


def _candidates(leaf: Leaf, activities: Sequence[Fact]) -> list[Fact]:
    if isinstance(leaf, Score) and not leaf.monotone:
        return sorted((each for each in scored(leaf, activities) if _within(leaf, each)), key=_by_time)
    return matching(leaf, activities)


def _distinct(criterion: Count, found: Iterable[Fact], facts: Facts) -> tuple[Fact, ...]:
    first: dict[str, Fact] = {}
    for each in found:
        first.setdefault(key_of(each, criterion.distinct, facts), each)
    return tuple(first.values())


def _within(leaf: Score, fact: Fact) -> bool:
    return fact.score is not None and all(compares(fact.score, each.how, each.value) for each in leaf.bounds)


def _drop(inside: Counter[str], key: str) -> None:
    inside[key] -= 1
    if not inside[key]:
        del inside[key]


def _by_time(fact: Fact) -> tuple[datetime, str]:
    return fact.at, fact.id


def _together(verdicts: Sequence[Verdict]) -> Verdict:
    evidence = {fact.id: fact for each in verdicts for fact in each.evidence}
    holdings = {held.award_id: held for each in verdicts for held in each.holdings}
    scores = [each.score for each in verdicts if each.score is not None]
    return Verdict(
        met=True,
        evidence=tuple(sorted(evidence.values(), key=_by_time)),
        holdings=tuple(holdings.values()),
        score=scores[0] if scores else None,
    )
