"""Why a learner has, or has not, met a criterion: clause by clause, with what is missing and how near it was.

Progress is 0 or 1 for a single activity, a score, a badge and `not`; what there is of what it takes for `count`,
`hours`, `streak`, `sequence` and several badges; the mean of its parts for `all`, of its best n for `at_least`, the
best of them for `any`; and that of what stands inside for `during`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time

from shared.catalogue.clauses import Clause, Proof
from shared.catalogue.criteria import Scales, parse
from shared.catalogue.decisions import GRANTED, decision, of_decision
from shared.catalogue.evaluation import Verdict, beginning, evaluate, holding, inside, of_step, required
from shared.catalogue.facts import Fact, Facts
from shared.catalogue.model import LiveAchievement
from shared.catalogue.near_misses import of_gathered, of_holds, of_leaf
from shared.catalogue.sequences import Step
from shared.catalogue.tree import (
    Branch,
    Count,
    Criterion,
    During,
    Holds,
    Hours,
    Leaf,
    Not,
    Sequence,
    Streak,
    name_of,
    things,
)
from shared.catalogue.windows import between, gather
from shared.catalogue.words import of_criterion, of_deed, of_duration, of_fact

__all__ = ["Clause", "explain", "explain_achievement"]


def explain_achievement(live: LiveAchievement, facts: Facts, scales: Scales | None = None) -> Clause:
    """Of everything known of a learner. What came after it retired doesn't count; a repeatable one is told by run.

    What a registrar decided counts whatever the criteria say; these are told below it all the same.
    """
    criterion, achievement = parse(live.earned_when, scales), live.achievement
    word = decision(facts.activities, achievement.id)
    if achievement.retire_on is not None:
        retires = datetime.combine(achievement.retire_on, time(), facts.zone)
        facts = replace(
            facts,
            activities=tuple(each for each in facts.activities if each.at < retires),
            holdings=tuple(each for each in facts.holdings if each.since < retires),
        )
    by_criteria = _by_run(criterion, facts) if achievement.repeatable else explain(criterion, facts)
    return by_criteria if word is None else _decided(word, by_criteria, facts)


def _decided(word: Fact, by_criteria: Clause, facts: Facts) -> Clause:
    met = word.verb == GRANTED
    proofs = (Proof(word.id, of_decision(word, facts.zone), word.at, word.source),) if met else ()
    missing = None if met else "it is not awarded, whatever the criteria say"
    return Clause(met, of_decision(word, facts.zone), None, missing, proofs, (by_criteria,), float(met), "decision")


def _by_run(criterion: Criterion, facts: Facts) -> Clause:
    runs = _runs(criterion, facts)
    if not runs:
        return explain(criterion, facts)
    parts = tuple(_of_run(criterion, facts, each) for each in runs)
    met = any(each.met for each in parts)
    return Clause(met, "once for each run of the course", parts=parts, progress=max(each.progress for each in parts))


def explain(criterion: Criterion, facts: Facts) -> Clause:
    """Its `met` is what `evaluate` says."""
    match criterion:
        case Not(of):
            part = explain(of, facts)
            told = None if not part.met else "it is so"
            return _clause(criterion, not part.met, told, part.proofs, (part,), float(not part.met))
        case During():
            return _during(criterion, facts)
        case Sequence():
            return _sequence(criterion, facts)
        case Holds() | Count() | Hours() | Streak():
            return _amount(criterion, facts)
        case _:
            return _leaf(criterion, facts) if isinstance(criterion, Leaf) else _branch(criterion, facts)


def _runs(criterion: Criterion, facts: Facts) -> tuple[str, ...]:
    courses = [each for each in things(criterion) if each.kind == "course"]
    found = (each for each in facts.activities if any(each.about(thing) for thing in courses))
    return tuple(dict.fromkeys(each.run_key for each in found))


def _of_run(criterion: Criterion, facts: Facts, run: str) -> Clause:
    """Course leaves look at that run alone."""
    here = tuple(each for each in facts.activities if each.kind != "course" or each.run_key == run)
    clause = explain(criterion, replace(facts, activities=here))
    return replace(clause, label=f"run {run}: ")


def _leaf(leaf: Leaf, facts: Facts) -> Clause:
    verdict = evaluate(leaf, facts)
    found, missing = of_leaf(leaf, facts)
    return replace(_told(leaf, verdict, facts, missing), found=found, progress=float(verdict.met))


def _amount(criterion: Count | Hours | Streak | Holds, facts: Facts) -> Clause:
    verdict = evaluate(criterion, facts)
    if isinstance(criterion, Holds):
        found, missing = of_holds(criterion, facts)
        done = len(holding(criterion, facts)) / criterion.at_least
    else:
        gathered = gather(criterion, facts)
        found, missing = of_gathered(criterion, gathered, facts)
        done = gathered.have / gathered.need
    return replace(_told(criterion, verdict, facts, missing), found=found, progress=1.0 if verdict.met else done)


def _branch(criterion: Branch, facts: Facts) -> Clause:
    verdict, needed = evaluate(criterion, facts), required(criterion)
    parts = tuple(explain(each, facts) for each in criterion.of)
    best = sorted((each.progress for each in parts), reverse=True)[:needed]
    still = f"{sum(each.met for each in parts)} of {needed} so far"
    return replace(_told(criterion, verdict, facts, still), parts=parts, progress=_mean(best, verdict.met))


def _during(criterion: During, facts: Facts) -> Clause:
    part = explain(criterion.of, inside(criterion, facts))
    missing = None
    if not part.met:
        missing = "it is so, but not in that time" if evaluate(criterion.of, facts).met else "not in that time"
    return _clause(criterion, part.met, missing, part.proofs, (part,), part.progress)


def _sequence(criterion: Sequence, facts: Facts) -> Clause:
    steps = beginning(criterion, facts)
    met = len(steps) == len(criterion.of)
    done = tuple(_done(part, step, facts) for part, step in zip(criterion.of, steps, strict=False))
    undone = criterion.of[len(steps) :]
    parts = (*done, *(_next(criterion, each, steps, facts) for each in undone[:1]))
    parts += tuple(_clause(each, False, "comes after the one before", (), (), 0.0) for each in undone[1:])
    proofs = tuple({proof.id: proof for each in done for proof in each.proofs}.values()) if met else ()
    missing = None if met else f"{len(steps)} of {len(criterion.of)} so far"
    return _clause(criterion, met, missing, proofs, parts, len(steps) / len(criterion.of))


def _done(part: Criterion, step: Step, facts: Facts) -> Clause:
    if step.fact is None:
        return explain(part, between(facts, step.after, step.until))
    clause = _told(part, of_step(part, step, facts), facts, "")
    return replace(clause, found=of_fact(step.fact, facts.zone), progress=1.0)


def _next(criterion: Sequence, part: Criterion, steps: tuple[Step, ...], facts: Facts) -> Clause:
    """The first step that isn't done: looked for after those that are."""
    if not steps:
        return explain(part, facts)
    clause = explain(part, between(facts, steps[-1].until, None))
    if not clause.met:
        return clause
    late = f"later than {of_duration(criterion.within)} after the first" if criterion.within else "another score counts"
    return replace(clause, met=False, missing=late, proofs=(), progress=0.0)


def _told(criterion: Criterion, verdict: Verdict, facts: Facts, missing: str) -> Clause:
    proofs = [Proof(each.id, of_deed(each, facts.zone), each.at, each.source) for each in verdict.evidence]
    proofs += [Proof(each.award_id, f"holds {each.name or each.achievement}", each.since) for each in verdict.holdings]
    return _clause(criterion, verdict.met, None if verdict.met else missing, proofs, (), 0.0)


def _clause(
    criterion: Criterion,
    met: bool,
    missing: str | None,
    proofs: Iterable[Proof],
    parts: tuple[Clause, ...],
    progress: float,
) -> Clause:
    words = of_criterion(criterion)
    return Clause(met, words, None, missing, tuple(proofs), parts, progress, name_of(criterion))


def _mean(progress: list[float], met: bool) -> float:
    return 1.0 if met else sum(progress) / len(progress)
