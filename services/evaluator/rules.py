"""Achievements as they are judged: criteria compiled once for a revision of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, tzinfo
from zoneinfo import ZoneInfo

from shared.catalogue.criteria import CriterionError, parse, scales_of
from shared.catalogue.decisions import KIND as DECIDED
from shared.catalogue.decisions import decides
from shared.catalogue.durations import Duration
from shared.catalogue.facts import Fact
from shared.catalogue.model import Catalogue, LiveAchievement, Tenant
from shared.catalogue.tree import Criterion, Holds, Thing, holds, monotone, things
from shared.contracts.events import whole_seconds


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """What it takes to earn an achievement now. One object a rule and revision: compared by identity."""

    tenant: str
    achievement: str
    version: int
    name: str
    type: str
    criterion: Criterion
    zone: tzinfo
    repeatable: bool = False
    retires_at: datetime | None = None
    """nothing from then on counts"""
    issue_after: Duration | None = None
    things: tuple[Thing, ...] = ()
    holds: tuple[Holds, ...] = ()
    monotone: bool = True

    def touched_by(self, fact: Fact) -> bool:
        """The fact can make a difference: it is about a thing that the criteria look at, or a registrar's decision."""
        return any(fact.about(thing) for thing in self.things) or decides(fact, self.achievement)

    def counts(self, fact: Fact) -> bool:
        """It does: nothing that happened since the achievement retired counts, but people may still decide."""
        in_time = self.retires_at is None or fact.at < self.retires_at or fact.kind == DECIDED
        return in_time and self.touched_by(fact)

    def needs_badge(self, achievement: str) -> bool:
        """That badge can make a difference. A badge doesn't count towards itself."""
        return achievement != self.achievement and any(each.achievement.matches((achievement,)) for each in self.holds)

    def due(self, earned_at: datetime) -> datetime:
        """When it is issued, in whole seconds."""
        return whole_seconds(self.issue_after.after(earned_at, self.zone) if self.issue_after else earned_at)


@dataclass(frozen=True, slots=True)
class Rules:
    """Every rule of a revision, each after those whose badges it needs."""

    revision: int
    all: tuple[Rule, ...]
    broken: tuple[str, ...] = ()
    """achievements that were applied by a newer Laurel, whose criteria this one can't read"""
    _dependants: dict[tuple[str, str], tuple[Rule, ...]] = field(default_factory=dict)
    _order: dict[int, int] = field(default_factory=dict)
    _types: dict[tuple[str, str], str] = field(default_factory=dict)

    def with_dependants(self, rules: Iterable[Rule]) -> list[Rule]:
        """These, and whatever their badges can make a difference to, in the order of judging."""
        found = {id(each): each for each in rules}
        waiting = list(found.values())
        while waiting:
            rule = waiting.pop()
            for each in self.needing(rule.tenant, rule.achievement):
                if id(each) not in found:
                    found[id(each)] = each
                    waiting.append(each)
        if len(found) == 1:
            return list(found.values())
        return sorted(found.values(), key=lambda each: self._order[id(each)])

    def type_of(self, tenant: str, achievement: str) -> str:
        """Open Badges' achievementType."""
        return self._types.get((tenant, achievement), "unknown")

    def needing(self, tenant: str, achievement: str) -> tuple[Rule, ...]:
        """Rules that this badge can make a difference to."""
        return self._dependants.get((tenant, achievement), ())


def compile_rules(catalogue: Catalogue) -> Rules:
    """Of the newest version of every achievement."""
    rules: list[Rule] = []
    broken: list[str] = []
    for tenant in catalogue.tenants:
        for live in catalogue.current(tenant.issuer.tenant):
            try:
                rules.append(compile_rule(live, tenant))
            except CriterionError:
                broken.append(f"{live.tenant}/{live.achievement.id}/{live.achievement.version}")
    dependants = _dependants(rules)
    order = {id(rule): place for place, rule in enumerate(_in_order(rules, dependants))}
    types = {(rule.tenant, rule.achievement): rule.type for rule in rules}
    return Rules(catalogue.revision, tuple(rules), tuple(broken), dependants, order, types)


def compile_rule(live: LiveAchievement, tenant: Tenant) -> Rule:
    """One of them. Raises CriterionError."""
    criterion = parse(live.earned_when, scales_of(tenant))
    achievement = live.achievement
    zone = ZoneInfo(tenant.issuer.timezone)
    retires = achievement.retire_on
    return Rule(
        tenant=live.tenant,
        achievement=achievement.id,
        version=achievement.version,
        name=achievement.name,
        type=achievement.type,
        criterion=criterion,
        zone=zone,
        repeatable=achievement.repeatable,
        retires_at=datetime.combine(retires, time(), zone) if retires else None,
        issue_after=Duration.parse(achievement.issue_after) if achievement.issue_after else None,
        things=things(criterion),
        holds=holds(criterion),
        monotone=monotone(criterion),
    )


def _dependants(rules: list[Rule]) -> dict[tuple[str, str], tuple[Rule, ...]]:
    found: dict[tuple[str, str], list[Rule]] = {}
    names: dict[str, list[str]] = {}
    for rule in rules:
        names.setdefault(rule.tenant, []).append(rule.achievement)
    for rule in rules:
        if rule.holds:
            for achievement in names[rule.tenant]:
                if rule.needs_badge(achievement):
                    found.setdefault((rule.tenant, achievement), []).append(rule)
    return {key: tuple(each) for key, each in found.items()}


def _in_order(rules: list[Rule], dependants: dict[tuple[str, str], tuple[Rule, ...]]) -> Iterator[Rule]:
    """Depth first, so that what is needed comes before what needs it; rings are broken somewhere."""
    done: set[int] = set()
    order: list[Rule] = []
    for start in rules:
        stack = [(start, iter(dependants.get((start.tenant, start.achievement), ())))]
        if id(start) in done:
            continue
        done.add(id(start))
        while stack:
            rule, following = stack[-1]
            following_rule = next((each for each in following if id(each) not in done), None)
            if following_rule is None:
                order.append(rule)
                stack.pop()
            else:
                done.add(id(following_rule))
                next_ones = dependants.get((following_rule.tenant, following_rule.achievement), ())
                stack.append((following_rule, iter(next_ones)))
    return reversed(order)
