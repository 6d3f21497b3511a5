"""Why a badge was taken back, or given back, in words that the learner and an employer may read: without scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from services.evaluator.awards import OwnAward
from services.evaluator.compiled import Compiled
from services.evaluator.known import Arrived, Known
from services.evaluator.rules import Rule
from shared.catalogue.clauses import Clause
from shared.catalogue.decisions import WITHHELD, decision, of_decision
from shared.catalogue.explain import explain
from shared.catalogue.facts import Fact, Facts, newest

_NAMED = 3


def because_it_holds() -> str:
    """Of a reinstatement."""
    return "A later correction: the criteria are met again"


def because_it_is_lost(
    rule: Rule,
    award: OwnAward,
    arrived: Sequence[Arrived],
    known: Known,
    lost: Iterable[OwnAward],
    live: Compiled,
) -> str:
    """Which fact changed, and which clause isn't met any more. `lost` badges don't count, what is `known` does.

    `A correction: “Networks” was taken back. No longer met: completed course NET101`
    """
    facts = known.facts(rule)
    word = decision(facts.activities, rule.achievement)
    if word is not None and word.verb == WITHHELD:
        return of_decision(word, rule.zone)
    unmet = list(_unmet(explain(rule.criterion, facts)))
    changed = dict.fromkeys((*_changed(award, arrived), *_badges(award, lost, live), *_new(unmet, facts)))
    clauses = dict.fromkeys(_asked(each) for each in unmet)
    said = f"A correction: {_some(changed)}" if changed else "A correction"
    return f"{said}. No longer met: {_some(clauses)}" if clauses else said


def _changed(award: OwnAward, arrived: Sequence[Arrived]) -> Iterator[str]:
    """Of the activities that it rests on."""
    ones = {each.fact.id: each.fact.one for each in arrived}
    latest = {each.one: each for each in newest(each.fact for each in arrived)}
    for each in award.evidence:
        one = ones.get(each.activity_id)
        if one is None:
            continue
        called = f"“{each.object_name or each.object_id}”"
        if one not in latest:
            yield f"{called} was taken back"
        elif latest[one].id != each.activity_id:
            yield f"{called} was corrected"


def _badges(award: OwnAward, lost: Iterable[OwnAward], live: Compiled) -> Iterator[str]:
    """Of those that it rests on."""
    evidence = {each.activity_id for each in award.evidence}
    for each in lost:
        if each.id in evidence:
            version = live.catalogue.achievement(each.tenant, each.achievement, each.version)
            yield f"the badge “{version.achievement.name if version else each.achievement}” is no longer held"


def _new(unmet: Iterable[Clause], facts: Facts) -> Iterator[str]:
    """What speaks against it."""
    known: dict[str, Fact] = {each.id: each for each in facts.activities}
    for clause in unmet:
        for each in clause.proofs if clause.kind == "not" else ():
            if each.id in known:
                yield f"“{known[each.id].name or known[each.id].ids[0]}” became known"


def _unmet(clause: Clause) -> Iterator[Clause]:
    """The innermost clauses that don't hold; of a `not`, itself."""
    if clause.met:
        return
    inner = [each for part in clause.parts for each in _unmet(part)]
    yield from inner or [clause]


def _asked(clause: Clause) -> str:
    if clause.kind == "not":
        return f"{clause.words} ({', '.join(each.words for each in clause.parts)})"
    return clause.words


def _some(words: Iterable[str]) -> str:
    every = list(words)
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return "; ".join(every[:_NAMED]) + more
