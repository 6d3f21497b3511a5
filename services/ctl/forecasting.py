"""What a catalogue would come to over what is recorded: judged by the rules that judge a live system. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.evaluator.awards import OwnAward, arrived_of, award_of, held_of
from services.evaluator.compiled import Compiled, compiled
from services.evaluator.judging import judge, still_true
from services.evaluator.known import Arrived
from services.evaluator.rechecking import turns
from services.evaluator.rules import Rule
from shared.catalogue.changes import Diff
from shared.catalogue.clauses import Clause
from shared.catalogue.criteria import scales_of
from shared.catalogue.documents import from_documents
from shared.catalogue.explain import explain_achievement
from shared.catalogue.facts import Facts, fact_of
from shared.catalogue.model import Catalogue
from shared.contracts import identity
from shared.contracts.documents import AwardState

_MOST_TURNS = 50


class Comes(StrEnum):
    """What becomes of an award."""

    EARNED = "earned"
    """it would be there, and isn't"""
    LOST = "lost"
    """it would be suspended or revoked"""
    KEPT = "kept"
    """it stays, but nobody would get it by the new criteria for the same"""


@dataclass(frozen=True, slots=True)
class Change:
    """One award that comes or goes."""

    comes: Comes
    tenant: str
    achievement: str
    version: int
    learner: str
    award_id: str
    award_key: str
    earned_at: datetime
    why: str
    """the reason, or what is missing"""
    clause: str
    """which criterion decides"""

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return told | {"comes": self.comes.value, "earned_at": self.earned_at.isoformat()}


def drafted(live: Sequence[Mapping[str, Any]], found: Diff, revision: int) -> Catalogue:
    """As it would be live: what is stored, with what applying would write."""
    documents = {each["_id"]: each for each in live}
    documents |= {each["_id"]: each for each in found.documents(revision)}
    return from_documents([*documents.values(), {"_id": "head", "revision": revision}])


class Forecast:
    """Judges one learner after the other, and keeps nothing."""

    def __init__(self, catalogue: Catalogue, now: datetime, achievement: tuple[str, str] | None = None) -> None:
        self._live: Compiled = compiled(catalogue)
        self._now = now
        self._only = achievement
        self._tenants = {each.issuer.tenant: each for each in catalogue.tenants}

    def of(
        self, tenant: str, learner: str, activities: Sequence[Mapping[str, Any]], awards: Sequence[OwnAward]
    ) -> list[Change]:
        """What would change for them."""
        rules = self._rules(tenant, activities, awards)
        if not rules:
            return []
        had = {each.id: each for each in awards}
        arrived = [arrived_of(each) for each in activities]
        have = self._judged(tenant, learner, rules, arrived, activities, had)
        told = [*self._differences(had, have, activities), *self._unearned(had, have, arrived, activities)]
        return [each for each in told if self._only in (None, (each.tenant, each.achievement))]

    def _rules(self, tenant: str, activities: Sequence[Mapping[str, Any]], awards: Sequence[OwnAward]) -> list[Rule]:
        """Those that anything known of them touches."""
        touched = {id(rule): rule for each in activities for rule in self._live.index.touched_by(tenant, fact_of(each))}
        needing = [rule for each in awards for rule in self._live.rules.needing(tenant, each.achievement)]
        return self._live.rules.with_dependants([*touched.values(), *needing])

    def _judged(
        self,
        tenant: str,
        learner: str,
        rules: Sequence[Rule],
        arrived: Sequence[Arrived],
        activities: Sequence[Mapping[str, Any]],
        had: Mapping[str, OwnAward],
    ) -> dict[str, OwnAward]:
        """What they would have: as the evaluator does, again for as long as something is taken back by it."""
        have = dict(had)
        for _ in range(_MOST_TURNS):
            judgement = judge(
                rules,
                arrived,
                [held_of(each, self._live.catalogue) for each in have.values()],
                award_id=lambda rule, key: identity.award_id(tenant, rule.achievement, learner, key),
                expiry=lambda rule, begin: self._live.expiry(tenant, rule.achievement, rule.version, begin, rule),
                now=self._now,
            )
            have |= {each.award_id: award_of(each, learner, now=self._now) for each in judgement.earned}
            turned = turns(rules, list(have.values()), activities, self._live, self._now)
            have |= {each.award.id: each.turned for each in turned}
            if not turned:
                break
        return have

    def _differences(
        self, had: Mapping[str, OwnAward], have: Mapping[str, OwnAward], activities: Sequence[Mapping[str, Any]]
    ) -> Iterator[Change]:
        for award in have.values():
            before = _counts(had.get(award.id))
            if not before and _counts(award):
                yield self._change(Comes.EARNED, award, award, have, activities)
            elif before and not _counts(award):
                yield self._change(Comes.LOST, award, award, have, activities)

    def _unearned(
        self,
        had: Mapping[str, OwnAward],
        have: Mapping[str, OwnAward],
        arrived: Sequence[Arrived],
        activities: Sequence[Mapping[str, Any]],
    ) -> Iterator[Change]:
        """Awards of an older version that nobody would get by any version that can be earned."""
        held = [held_of(each, self._live.catalogue) for each in have.values()]
        for award in had.values():
            earnable = [each for each in self._live.rules.of(award.tenant, award.achievement) if each.earnable]
            newer = [each for each in earnable if each.version != award.version]
            if not newer or newer != earnable or not (_counts(award) and _counts(have[award.id])):
                continue
            mine = held_of(award, self._live.catalogue)
            if not any(still_true(rule, mine, arrived, held, self._now) for rule in newer):
                under = award.model_copy(update={"version": newer[0].version})
                yield self._change(Comes.KEPT, award, under, have, activities)

    def _change(
        self,
        comes: Comes,
        award: OwnAward,
        under: OwnAward,
        have: Mapping[str, OwnAward],
        activities: Sequence[Mapping[str, Any]],
    ) -> Change:
        clause = self._clause(under, have, activities)
        decides = _deciding(clause, award.earned_at) if comes is Comes.EARNED else _failing(clause)
        return Change(
            comes, award.tenant, award.achievement, award.version, award.learner, award.id, award.award_key,
            award.earned_at, award.why if comes is Comes.EARNED else decides.missing or decides.words, decides.words,
        )  # fmt: skip

    def _clause(self, award: OwnAward, have: Mapping[str, OwnAward], activities: Sequence[Mapping[str, Any]]) -> Clause:
        live = self._live.catalogue.achievement(award.tenant, award.achievement, award.version)
        tenant = self._tenants[award.tenant]
        if live is None:
            return Clause(met=False, words="criteria that nobody can read any more")
        badges = [held_of(each, self._live.catalogue).holding for each in have.values() if each.id != award.id]
        facts = Facts.of([fact_of(each) for each in activities], badges, tenant.issuer.timezone, self._now)
        return explain_achievement(live, facts, scales_of(tenant))


def _counts(award: OwnAward | None) -> bool:
    """Somebody has it, or will."""
    return award is not None and award.state in (AwardState.EARNED, AwardState.PENDING) and not award.corrected


def _leaves(clause: Clause) -> Iterator[Clause]:
    if not clause.parts:
        yield clause
    for each in clause.parts:
        yield from _leaves(each)


def _deciding(clause: Clause, earned_at: datetime) -> Clause:
    """The criterion that came true when it was earned."""
    proven = [(abs((proof.at - earned_at).total_seconds()), each) for each in _leaves(clause) for proof in each.proofs]
    return min(proven, key=lambda pair: pair[0])[1] if proven else clause


def _failing(clause: Clause) -> Clause:
    """The first criterion that doesn't hold."""
    return next((each for each in _leaves(clause) if not each.met), clause)
