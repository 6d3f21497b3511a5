"""A revision of the catalogue, ready to judge by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from services.evaluator.index import Index
from services.evaluator.rules import Rule, Rules, compile_rule, compile_rules
from shared.catalogue.criteria import CriterionError
from shared.catalogue.durations import Duration
from shared.catalogue.model import Catalogue


@dataclass(frozen=True, slots=True)
class Compiled:
    """A revision of the catalogue, ready to judge by."""

    catalogue: Catalogue
    rules: Rules
    index: Index

    def expiry(self, tenant: str, achievement: str, version: int, valid_from: datetime, rule: Rule) -> datetime | None:
        """When a badge that is valid from then on runs out."""
        live = self.catalogue.achievement(tenant, achievement, version)
        if live is None or live.achievement.valid_for is None:
            return None
        return Duration.parse(live.achievement.valid_for).after(valid_from, rule.zone)

    def rule(self, tenant: str, achievement: str, version: int) -> Rule | None:
        """What it takes to earn that version; None where nobody can read it any more."""
        for rule in self.rules.of(tenant, achievement):
            if rule.version == version:
                return rule
        live, owner = self.catalogue.achievement(tenant, achievement, version), self.catalogue.tenant(tenant)
        if live is None or owner is None:
            return None
        try:
            return compile_rule(live, owner)
        except CriterionError:
            return None

    def address_by(self, tenant: str, since: datetime) -> datetime:
        """Until when an award that is due since then waits for its learner's address."""
        found = self.catalogue.tenant(tenant)
        if found is None:
            return since
        return Duration.parse(found.issuer.address_wait).after(since, ZoneInfo(found.issuer.timezone))


def compiled(catalogue: Catalogue) -> Compiled:
    """Takes a while for thousands of rules; once a revision."""
    rules = compile_rules(catalogue)
    return Compiled(catalogue, rules, Index(rules.all))
