"""Achievements as they are judged: criteria compiled once for a revision of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, time, tzinfo
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from shared.catalogue.criteria import CriterionError, parse, scales_of
from shared.catalogue.decisions import KIND as DECIDED
from shared.catalogue.decisions import decides
from shared.catalogue.durations import Duration
from shared.catalogue.facts import Fact
from shared.catalogue.model import Catalogue, LiveAchievement, Tenant
from shared.catalogue.tree import Criterion, Holds, Thing, holds, monotone, things
from shared.contracts.events import whole_seconds

Policy: TypeAlias = Literal["keep", "suspend", "revoke"]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """What it takes to earn one version of an achievement. One object a rule and revision: compared by identity."""

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
    since: int = 0
    """the catalogue's revision from which on it is live"""
    things: tuple[Thing, ...] = ()
    holds: tuple[Holds, ...] = ()
    monotone: bool = True
    earnable: bool = True
    """an older version that was superseded: its awards are looked after, and nobody earns it"""
    approval: bool = False
    """a registrar confirms each award first"""
    on_correction: Policy = "keep"

    @property
    def corrects(self) -> bool:
        """Awards of it are taken back when a correction means that the facts no longer hold."""
        return self.on_correction != "keep"

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
    """Every rule of a revision: what can be earned, and older versions whose awards corrections may take back."""

    revision: int
    all: tuple[Rule, ...]
    broken: tuple[str, ...] = ()
    """achievements that were applied by a newer Laurel, whose criteria this one can't read"""
    _dependants: dict[tuple[str, str], tuple[Rule, ...]] = field(default_factory=dict)
    _order: dict[int, int] = field(default_factory=dict)
    _versions: dict[tuple[str, str], tuple[Rule, ...]] = field(default_factory=dict)

    @property
    def corrects(self) -> bool:
        """Some of them take awards back."""
        return any(each.corrects for each in self.all)

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
        versions = self.of(tenant, achievement)
        return versions[0].type if versions else "unknown"

    def of(self, tenant: str, achievement: str) -> tuple[Rule, ...]:
        """Its versions, the newest first."""
        return self._versions.get((tenant, achievement), ())

    def needing(self, tenant: str, achievement: str) -> tuple[Rule, ...]:
        """Rules that this badge can make a difference to."""
        return self._dependants.get((tenant, achievement), ())


def compile_rules(catalogue: Catalogue) -> Rules:
    """Of every version that can be earned, and of those whose awards may be taken back."""
    rules: list[Rule] = []
    broken: list[str] = []
    for tenant in catalogue.tenants:
        earnable = {
            (each.achievement.id, each.achievement.version) for each in catalogue.earnable(tenant.issuer.tenant)
        }
        for live in tenant.achievements:
            name = (live.achievement.id, live.achievement.version)
            if name not in earnable and live.achievement.on_correction == "keep":
                continue
            try:
                since = catalogue.revision if live.revision is None else live.revision
                rules.append(replace(compile_rule(live, tenant), earnable=name in earnable, since=since))
            except CriterionError:
                broken.append(f"{live.tenant}/{live.achievement.id}/{live.achievement.version}")
    versions: dict[tuple[str, str], list[Rule]] = {}
    for rule in sorted(rules, key=lambda each: -each.version):
        versions.setdefault((rule.tenant, rule.achievement), []).append(rule)
    dependants = _dependants(rules)
    order = {id(rule): place for place, rule in enumerate(_in_order(rules, dependants))}
    of = {name: tuple(each) for name, each in versions.items()}
    return Rules(catalogue.revision, tuple(rules), tuple(broken), dependants, order, of)


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
        approval=achievement.approval == "required",
        on_correction=achievement.on_correction,
    )


def _dependants(rules: list[Rule]) -> dict[tuple[str, str], tuple[Rule, ...]]:
    found: dict[tuple[str, str], list[Rule]] = {}
    names: dict[str, dict[str, None]] = {}
    for rule in rules:
        names.setdefault(rule.tenant, {})[rule.achievement] = None
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
