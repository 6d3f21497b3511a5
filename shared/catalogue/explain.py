"""Why a learner has, or has not, met a criterion: clause by clause, with what is missing and how near it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time

from shared.catalogue.criteria import parse
from shared.catalogue.evaluation import counted, evaluate, holding, key_of, required, scored
from shared.catalogue.facts import Fact, Facts
from shared.catalogue.model import LiveAchievement
from shared.catalogue.scores import percent
from shared.catalogue.tree import (
    All,
    AnyOf,
    AtLeast,
    Completed,
    Count,
    Criterion,
    Holds,
    Not,
    Passed,
    Score,
    things,
)
from shared.catalogue.words import of_bound, of_criterion, of_fact, of_thing

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Clause:
    """One criterion and its answer, in words."""

    met: bool
    words: str
    found: str | None = None
    """what makes it true, or comes nearest"""
    missing: str | None = None
    """what it takes still"""
    evidence: tuple[str, ...] = ()
    """ids of the activities or awards that make it true"""
    parts: tuple[Clause, ...] = ()

    def lines(self) -> list[str]:
        """A tree to print."""
        return list(self._lines(0))

    def _lines(self, depth: int) -> Iterator[str]:
        said = [self.words, *filter(None, [self.found, self.missing])]
        yield f"{'  ' * depth}{'✓' if self.met else '✗'} {' — '.join(said)}"
        for each in self.parts:
            yield from each._lines(depth + 1)


def explain_achievement(live: LiveAchievement, facts: Facts) -> Clause:
    """Of everything known of a learner. What came after it retired doesn't count; a repeatable one is told by run."""
    criterion, achievement = parse(live.earned_when), live.achievement
    if achievement.retire_on is not None:
        retires = datetime.combine(achievement.retire_on, time(), facts.zone)
        facts = replace(
            facts,
            activities=tuple(each for each in facts.activities if each.at < retires),
            holdings=tuple(each for each in facts.holdings if each.since < retires),
        )
    runs = _runs(criterion, facts) if achievement.repeatable else ()
    if not runs:
        return explain(criterion, facts)
    parts = tuple(_of_run(criterion, facts, each) for each in runs)
    return Clause(any(each.met for each in parts), "once for each run of the course", parts=parts)


def _runs(criterion: Criterion, facts: Facts) -> tuple[str, ...]:
    courses = [each for each in things(criterion) if each.kind == "course"]
    found = (each for each in facts.activities if any(each.about(thing) for thing in courses))
    return tuple(dict.fromkeys(each.run_key for each in found))


def _of_run(criterion: Criterion, facts: Facts, run: str) -> Clause:
    """Course leaves look at that run alone."""
    here = tuple(each for each in facts.activities if each.kind != "course" or each.run_key == run)
    clause = explain(criterion, replace(facts, activities=here))
    return replace(clause, words=f"run {run}: {clause.words}")


def explain(criterion: Criterion, facts: Facts) -> Clause:
    """Its `met` is what `evaluate` says."""
    verdict = evaluate(criterion, facts)
    ids = (*(each.id for each in verdict.evidence), *(each.award_id for each in verdict.holdings))
    words = of_criterion(criterion)
    match criterion:
        case All(of) | AnyOf(of) | AtLeast(of=of):
            parts = tuple(explain(each, facts) for each in of)
            missing = None if verdict.met else _still(required(criterion), parts)
            return Clause(verdict.met, words, None, missing, ids, parts)
        case Not(of):
            part = explain(of, facts)
            return Clause(verdict.met, words, None, None if verdict.met else "it is so", part.evidence, (part,))
        case Count():
            found, missing = _count(criterion, facts)
        case Holds():
            found, missing = _holds(criterion, facts)
        case Score():
            found, missing = _score(criterion, facts)
        case Completed() | Passed():
            found, missing = _done(criterion, facts)
    return Clause(verdict.met, words, found, None if verdict.met else missing, ids)


def _still(needed: int, parts: tuple[Clause, ...]) -> str:
    return f"{sum(each.met for each in parts)} of {needed} so far"


def _done(leaf: Completed | Passed, facts: Facts) -> tuple[str | None, str]:
    if found := evaluate(leaf, facts).evidence:
        return of_fact(found[0], facts.zone), ""
    about = [each for each in facts.activities if each.about(leaf.thing)]
    if not about:
        return None, f"nothing about {of_thing(leaf.thing)} has arrived{_elsewhere(leaf, facts)}"
    last = about[-1]
    told = f"{last.verb}, not successful" if last.succeeded is False else last.verb
    wanted = "passed" if isinstance(leaf, Passed) else "completed"
    return of_fact(last, facts.zone), f"is {told}, needs {wanted}"


def _elsewhere(leaf: Completed | Passed | Score, facts: Facts) -> str:
    """The usual mistake: the ids fit, but it is another kind of thing or another source."""
    near = [each for each in facts.activities if leaf.thing.pattern.matches(each.ids)]
    if not near:
        return ""
    return f"; {near[0].ids[0]} did, as {near[0].kind} from {near[0].source}"


def _score(leaf: Score, facts: Facts) -> tuple[str | None, str]:
    if found := evaluate(leaf, facts).evidence:
        return of_fact(found[0], facts.zone), ""
    needs = " and ".join(of_bound(each).removeprefix("at least ") for each in leaf.bounds)
    candidates = scored(leaf, facts.activities)
    if not candidates:
        return None, f"no score in {of_thing(leaf.thing)} has arrived{_elsewhere(leaf, facts)}"
    nearest = _nearest(leaf, candidates)
    return of_fact(nearest, facts.zone), f"has {percent(nearest.score or 0.0)}, needs {needs}"


def _nearest(leaf: Score, candidates: list[Fact]) -> Fact:
    def distance(fact: Fact) -> float:
        return max(abs((fact.score or 0.0) - each.value) for each in leaf.bounds)

    return min(candidates, key=lambda each: (distance(each), each.at, each.id))


def _count(criterion: Count, facts: Facts) -> tuple[str | None, str]:
    found = counted(criterion, facts)
    keys = [key_of(each, criterion.distinct, facts) for each in found]
    shown = ", ".join(keys[:_SHOWN]) + (" …" if len(keys) > _SHOWN else "")
    window = f" within {criterion.within}" if criterion.within else ""
    missing = f"has {len(keys)}{window}, needs {criterion.at_least}"
    return (f"{len(keys)}: {shown}" if keys else None), missing


def _holds(criterion: Holds, facts: Facts) -> tuple[str | None, str]:
    held = [each.achievement for each in holding(criterion, facts)]
    lost = sorted(
        {each.achievement for each in facts.holdings if criterion.achievement.matches((each.achievement,))} - set(held)
    )
    missing = f"holds {len(held)}, needs {criterion.at_least}" if criterion.at_least > 1 else "is not held"
    if lost:
        missing += f"; {', '.join(lost[:_SHOWN])} does not count: suspended, revoked, expired or not due"
    return (", ".join(held[:_SHOWN]) or None), missing
