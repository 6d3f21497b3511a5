"""What makes a single criterion true, or what comes nearest and what it takes still, in words."""

from __future__ import annotations

from collections.abc import Iterable

from shared.catalogue.candidates import scored
from shared.catalogue.evaluation import evaluate, holding
from shared.catalogue.facts import Fact, Facts, Holding
from shared.catalogue.scores import percent
from shared.catalogue.tree import Count, Holds, Hours, Leaf, Mastered, Passed, Score, Streak
from shared.catalogue.windows import Gathered, key_of
from shared.catalogue.words import of_bound, of_day, of_duration, of_fact, of_seconds, of_thing, several

_SHOWN = 5

Found = tuple[str | None, str]
"""What there is, and what is missing: that is only said of a criterion that isn't met."""


def of_leaf(leaf: Leaf, facts: Facts) -> Found:
    """The activity that counts, else the last one about the thing."""
    if found := evaluate(leaf, facts).evidence:
        return of_fact(found[0], facts.zone), ""
    if isinstance(leaf, Score):
        return _score(leaf, facts)
    about = [each for each in facts.activities if each.about(leaf.thing)]
    if not about:
        return None, f"nothing about {of_thing(leaf.thing)} has arrived{_elsewhere(leaf, facts)}"
    last = about[-1]
    told = f"{last.verb}, not successful" if last.succeeded is False else last.verb
    return of_fact(last, facts.zone), f"is {told}, needs {_wanted(leaf)}"


def of_gathered(criterion: Count | Hours | Streak, gathered: Gathered, facts: Facts) -> Found:
    """How much of it there is."""
    match criterion:
        case Count():
            keys = [key_of(each, criterion.distinct, facts.zone) for each in gathered.evidence]
            window = f" within {of_duration(criterion.within)}" if criterion.within else ""
            return _listed(keys), f"has {len(keys)}{window}, needs {criterion.at_least}"
        case Hours():
            if not gathered.evidence:
                return None, f"no such activity with a duration has arrived{_elsewhere(criterion.of, facts)}"
            number = several(len(gathered.evidence), "activity", "activities")
            has = of_seconds(gathered.have)
            return f"{has} in {number}", f"has {has}, needs {of_duration(criterion.at_least)}"
        case Streak():
            days = [of_day(each, facts.zone) for each in gathered.evidence]
            return _listed(days), f"has {len(days)} in a row at most, needs {criterion.times}"


def of_holds(criterion: Holds, facts: Facts) -> Found:
    """Badges that count, and those that don't any more."""
    held = _named(holding(criterion, facts))
    known = _named(each for each in facts.holdings if criterion.achievement.matches((each.achievement,)))
    lost = sorted(set(known) - set(held))
    missing = f"holds {len(held)}, needs {criterion.at_least}" if criterion.at_least > 1 else "is not held"
    if lost:
        missing += f"; {', '.join(lost[:_SHOWN])} does not count: suspended, revoked, expired or not due"
    return ", ".join(held[:_SHOWN]) or None, missing


def _named(holdings: Iterable[Holding]) -> list[str]:
    return list(dict.fromkeys(each.name or each.achievement for each in holdings))


def _wanted(leaf: Leaf) -> str:
    return "passed" if isinstance(leaf, Passed) else "mastered" if isinstance(leaf, Mastered) else "completed"


def _elsewhere(leaf: Leaf, facts: Facts) -> str:
    """The usual mistake: the ids fit, but it is another kind of thing or another source."""
    near = [each for each in facts.activities if leaf.thing.pattern.matches(each.ids)]
    if not near:
        return ""
    return f", but a {near[0].kind} {near[0].ids[0]} from {near[0].source} has"


def _score(leaf: Score, facts: Facts) -> Found:
    needs = " and ".join(of_bound(each).removeprefix("at least ") for each in leaf.bounds)
    candidates = scored(leaf, facts.activities)
    if not candidates:
        return None, f"no score in {of_thing(leaf.thing)} has arrived{_elsewhere(leaf, facts)}"
    nearest = min(candidates, key=lambda each: (_distance(leaf, each), each.at, each.id))
    said = of_fact(nearest, facts.zone)
    if any(each.value_for(nearest.source) is None for each in leaf.bounds):
        return said, f"needs {needs}, and {nearest.source} has no scale with such a letter"
    return said, f"has {_as_sent(leaf, nearest)}, needs {needs}"


def _as_sent(leaf: Score, fact: Fact) -> str:
    """Where a letter is asked for, the letter that was given says more than what it is worth."""
    asked = any(each.value is None for each in leaf.bounds)
    return fact.raw_score if asked and fact.raw_score else percent(fact.score or 0.0)


def _distance(leaf: Score, fact: Fact) -> float:
    return max(abs((fact.score or 0.0) - (each.value_for(fact.source) or 0.0)) for each in leaf.bounds)


def _listed(keys: list[str]) -> str | None:
    shown = ", ".join(keys[:_SHOWN]) + (" …" if len(keys) > _SHOWN else "")
    return f"{len(keys)}: {shown}" if keys else None
