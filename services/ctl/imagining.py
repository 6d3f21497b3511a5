"""An award that nobody earned: what a learner could do to earn an achievement, to show what would come of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.evaluator.awards import award_of
from services.evaluator.judging import ONCE, Earned
from services.evaluator.rules import compile_rule
from shared.catalogue.evaluation import required
from shared.catalogue.facts import Fact, Holding
from shared.catalogue.model import LiveAchievement, Tenant
from shared.catalogue.tree import (
    All,
    AnyOf,
    AtLeast,
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
)
from shared.contracts import identity
from shared.contracts.documents import Award, Learner

_MOST = 5
"""repetitions of one activity: more of them show nothing new"""


@dataclass(frozen=True, slots=True)
class Imagined:
    """A learner who doesn't exist, and an award that nobody has."""

    learner: Learner
    award: Award


def imagined(tenant: Tenant, live: LiveAchievement, now: datetime) -> Imagined:
    """The same each time but for its dates. Raises CriterionError."""
    rule = compile_rule(live, tenant)
    name = tenant.issuer.tenant
    who = "preview"
    facts, holdings = [], []
    at = now - timedelta(days=30)
    for number, each in enumerate(_enough(rule.criterion)):
        if isinstance(each, Holds):
            holdings.append(Holding(f"preview-{number}", str(each.achievement), at, name=_called(tenant, each)))
        else:
            facts.append(_done(each, number, tenant, at + timedelta(days=number % 28)))
    earned_at = max([each.at for each in facts], default=at)
    award = award_of(
        Earned(
            rule=rule,
            key=ONCE,
            award_id=identity.award_id(name, live.achievement.id, who, ONCE),
            earned_at=earned_at,
            due_at=rule.due(earned_at),
            evidence=tuple(facts),
            holdings=tuple(holdings),
            score=next((each.score for each in facts if each.score is not None), None),
            position=("preview", 0, 0),
            received_at=earned_at,
        ),
        who,
        now=now,
    )
    learner = Learner(
        id=who, tenant=name, directory="preview", external_id="a.example", email="alex@example.org", name="Alex Example"
    )
    return Imagined(learner, award)


def _enough(criterion: Criterion) -> Iterable[Leaf | Holds]:
    """Leaves that together make it true; what must not be so is left out."""
    match criterion:
        case All(of) | AnyOf(of) | AtLeast(of=of):
            for each in of[: required(criterion)]:
                yield from _enough(each)
        case Sequence(of):
            for each in of:
                yield from _enough(each)
        case During(of):
            yield from _enough(of)
        case Count(of=of, at_least=times) | Streak(of=of, times=times):
            yield from [of] * min(times, _MOST)
        case Hours(of=of):
            yield of
        case Not():
            return
        case _:
            yield criterion


def _done(leaf: Leaf, number: int, tenant: Tenant, at: datetime) -> Fact:
    verbs = {Passed: "passed", Mastered: "mastered", Score: "scored"}
    bound = leaf.bounds[0] if isinstance(leaf, Score) else None
    id_ = str(leaf.thing.pattern).replace("*", "…")
    return Fact(
        id=f"preview-{number}",
        event_id=f"preview-{number}",
        source=leaf.thing.source or next((each.name for each in tenant.sources), "lms"),
        verb=verbs.get(type(leaf), "completed"),
        kind=leaf.thing.kind,
        ids=(id_,),
        at=at,
        score=bound.value if bound else None,
        raw_score=bound.written if bound else None,
    )


def _called(tenant: Tenant, holds: Holds) -> str:
    for each in tenant.achievements:
        if holds.achievement.matches((each.achievement.id,)):
            return each.achievement.name
    return str(holds.achievement)
