"""Is a criterion true of a set of facts, and by which of them? Pure: the same set gives the same answer."""

from __future__ import annotations

from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass

from shared.catalogue.candidates import by_time, candidates, scored, within_bounds
from shared.catalogue.facts import Fact, Facts, Holding
from shared.catalogue.moments import INSTANT
from shared.catalogue.sequences import Step, longest_beginning
from shared.catalogue.tree import (
    All,
    AnyOf,
    Branch,
    Count,
    Criterion,
    During,
    Holds,
    Hours,
    Leaf,
    Not,
    Score,
    Sequence,
    Streak,
)
from shared.catalogue.windows import between, gather


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
        case Count() | Hours() | Streak():
            gathered = gather(criterion, facts)
            return Verdict(met=True, evidence=gathered.evidence) if gathered.met else UNMET
        case Sequence():
            steps = beginning(criterion, facts)
            return _in_order(criterion, steps, facts) if len(steps) == len(criterion.of) else UNMET
        case During(of):
            return evaluate(of, inside(criterion, facts))
        case Holds():
            held = holding(criterion, facts)
            enough = len(held) >= criterion.at_least
            return Verdict(met=True, holdings=held[: criterion.at_least]) if enough else UNMET
        case Not(of):
            return Verdict(met=not evaluate(of, facts).met)
        case _:
            return _of_leaf(criterion, facts) if isinstance(criterion, Leaf) else _of_branch(criterion, facts)


def required(criterion: Branch) -> int:
    """How many of its parts must be true."""
    match criterion:
        case All(of):
            return len(of)
        case AnyOf():
            return 1
        case _:
            return criterion.n


def inside(criterion: During, facts: Facts) -> Facts:
    """What happened in its window; a badge counts if it was gained there and is still held."""
    start, end = criterion.start, criterion.end
    return between(facts, start.first(facts.zone) - INSTANT if start else None, end.last(facts.zone) if end else None)


def beginning(criterion: Sequence, facts: Facts) -> tuple[Step, ...]:
    """The steps that were done."""
    return longest_beginning(criterion, facts, lambda step, known: evaluate(step, known).met)


def of_step(criterion: Criterion, step: Step, facts: Facts) -> Verdict:
    """What made a step of a sequence true."""
    if step.fact is not None:
        return Verdict(met=True, evidence=(step.fact,), score=step.fact.score if isinstance(criterion, Score) else None)
    return evaluate(criterion, between(facts, step.after, step.until))


def meeting(leaf: Score, facts: Facts) -> Fact | None:
    """The best of the scores that count and lie within every bound."""
    found = [each for each in scored(leaf, facts.activities) if within_bounds(leaf, each)]
    return min(found, key=lambda each: (-(each.score or 0.0), each.at, each.id), default=None)


def holding(criterion: Holds, facts: Facts) -> tuple[Holding, ...]:
    """One badge for each achievement that counts, the longest held of each."""
    found: dict[str, Holding] = {}
    for each in facts.held():
        if criterion.achievement.matches((each.achievement,)):
            found.setdefault(each.achievement, each)
    return tuple(found.values())


def _of_leaf(leaf: Leaf, facts: Facts) -> Verdict:
    if isinstance(leaf, Score):
        best = meeting(leaf, facts)
        return UNMET if best is None else Verdict(met=True, evidence=(best,), score=best.score)
    found = candidates(leaf, facts.activities)
    return Verdict(met=True, evidence=(found[0],)) if found else UNMET


def _of_branch(criterion: Branch, facts: Facts) -> Verdict:
    needed = required(criterion)
    met = [each for each in (evaluate(part, facts) for part in criterion.of) if each.met][:needed]
    return _together(met) if len(met) >= needed else UNMET


def _in_order(criterion: Sequence, steps: SequenceOf[Step], facts: Facts) -> Verdict:
    return _together([of_step(part, step, facts) for part, step in zip(criterion.of, steps, strict=True)])


def _together(verdicts: SequenceOf[Verdict]) -> Verdict:
    evidence = {fact.id: fact for each in verdicts for fact in each.evidence}
    holdings = {held.award_id: held for each in verdicts for held in each.holdings}
    scores = [each.score for each in verdicts if each.score is not None]
    return Verdict(
        met=True,
        evidence=tuple(sorted(evidence.values(), key=by_time)),
        holdings=tuple(holdings.values()),
        score=scores[0] if scores else None,
    )
