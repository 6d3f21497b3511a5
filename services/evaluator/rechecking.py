"""Whether an award that was made is still right: asked before one that waited is told, and after corrections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from services.evaluator.awards import OwnAward, arrived_of, held_of
from services.evaluator.compiled import Compiled
from services.evaluator.judging import still_true
from services.evaluator.rules import compile_rule
from shared.catalogue.criteria import CriterionError


def still_holds(
    award: OwnAward,
    live: Compiled,
    activities: Iterable[Mapping[str, Any]],
    awards: Iterable[OwnAward],
    now: datetime,
) -> bool:
    """Its version's criteria are true of everything that is known of its learner now, or a registrar awarded it.

    `activities` and `awards` are all that are stored of the learner, with every version and every void. An award whose
    criteria nobody can read any more holds.
    """
    achievement = live.catalogue.achievement(award.tenant, award.achievement, award.version)
    tenant = live.catalogue.tenant(award.tenant)
    if achievement is None or tenant is None:
        return True
    try:
        rule = compile_rule(achievement, tenant)
    except CriterionError:
        return True
    arrived = [arrived_of(each) for each in activities]
    return still_true(rule, award.award_key, arrived, [held_of(each, live.catalogue) for each in awards], now)
