"""Earning criteria: from what a designer wrote to a tree that can be evaluated."""

from __future__ import annotations

from typing import Any

from shared.catalogue.grammar import read
from shared.catalogue.model import Tenant
from shared.catalogue.tree import Criterion
from shared.catalogue.values import Scales

__all__ = ["Criterion", "CriterionError", "Scales", "parse", "scales_of"]


class CriterionError(ValueError):
    """These are no criteria that can be evaluated; the message says which part and why."""


def parse(raw: Any, scales: Scales | None = None) -> Criterion:
    """The criteria of a live achievement, as written. Raises CriterionError for what can't be evaluated.

    A letter grade is compared by the scale of the source that a score comes from; where there is none it never counts.
    """
    criterion, findings = read(raw, (), scales)
    if criterion is None:
        first = findings[0]
        where = ".".join(str(each) for each in first.location)
        raise CriterionError(f"{where}: {first.message}" if where else first.message)
    return criterion


def scales_of(tenant: Tenant) -> Scales:
    """What letters are worth, by the name of the source that sends them."""
    return {each.name: tenant.scales[each.scale] for each in tenant.sources if each.scale in tenant.scales}
