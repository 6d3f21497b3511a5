"""Earning criteria: from what a designer wrote to a tree that can be evaluated."""

from __future__ import annotations

from typing import Any

from shared.catalogue.grammar import read
from shared.catalogue.tree import Criterion

__all__ = ["Criterion", "CriterionError", "parse"]


class CriterionError(ValueError):
    """These are no criteria that can be evaluated; the message says which part and why."""


def parse(raw: Any) -> Criterion:
    """The criteria of a live achievement, as written. Raises CriterionError for what can't be evaluated."""
    criterion, findings = read(raw, ())
    if criterion is None:
        first = findings[0]
        where = ".".join(str(each) for each in first.location)
        raise CriterionError(f"{where}: {first.message}" if where else first.message)
    return criterion
