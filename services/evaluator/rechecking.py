"""Whether an award that was made is still right: asked before one that waited is told, and after corrections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.evaluator.awards import OwnAward, arrived_of, held_of
from services.evaluator.compiled import Compiled
from services.evaluator.judging import still_true, visible
from services.evaluator.known import Arrived, Held, Position
from services.evaluator.lost import because_it_holds, because_it_is_lost
from services.evaluator.rules import Rule
from shared.catalogue.facts import holding_of
from shared.contracts.documents import AwardState
from shared.contracts.events import Change


@dataclass(frozen=True, slots=True)
class Turn:
    """The facts say something else about an award than they did: to be marked on it, if it still is the n-th."""

    award: OwnAward
    change: Change | None
    """None: it is withdrawn, for nobody was told of it"""
    reason: str
    position: Position
    """after which arrival"""

    @property
    def turned(self) -> OwnAward:
        """As it is held from then on."""
        if self.change is None:
            return self.award.model_copy(update={"state": AwardState.WITHDRAWN})
        return self.award.model_copy(update={"corrected": self.change is not Change.REINSTATE})


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
    rule = live.rule(award.tenant, award.achievement, award.version)
    if rule is None:
        return True
    arrived = [arrived_of(each) for each in activities]
    held = [held_of(each, live.catalogue) for each in awards]
    return still_true(rule, held_of(award, live.catalogue), arrived, held, now)


def turns(
    rules: Iterable[Rule],
    awards: Sequence[OwnAward],
    activities: Iterable[Mapping[str, Any]],
    live: Compiled,
    now: datetime,
) -> list[Turn]:
    """Of one learner: what doesn't hold any more, or again, down to the badges that rest on it.

    `rules` come in the order in which their badges need each other; those that keep their awards are passed over.
    """
    by_rule: dict[tuple[str, int], list[OwnAward]] = {}
    for award in sorted(awards, key=lambda each: each.id):
        by_rule.setdefault((award.achievement, award.version), []).append(award)
    wanted = [rule for rule in rules if rule.corrects and (rule.achievement, rule.version) in by_rule]
    if not wanted:
        return []
    known = _Learner([arrived_of(each) for each in activities], {each.id: each for each in awards}, live, now)
    found: list[Turn] = []
    for rule in wanted:
        for award in by_rule[rule.achievement, rule.version]:
            turn = known.turn(rule, award)
            if turn is not None:
                known.awards[award.id] = turn.turned
                found.append(turn)
    return found


@dataclass(frozen=True, slots=True)
class _Learner:
    arrived: list[Arrived]
    awards: dict[str, OwnAward]
    live: Compiled
    now: datetime

    def turn(self, rule: Rule, award: OwnAward) -> Turn | None:
        if award.ended is not None or award.state is AwardState.WITHDRAWN:
            return None
        held = [held_of(each, self.live.catalogue) for each in self.awards.values()]
        if not self._may_have_turned(rule, award, held):
            return None
        mine = held_of(award, self.live.catalogue)
        holds = still_true(rule, mine, self.arrived, held, self.now)
        if holds is not award.corrected:
            return None
        known = visible(rule, self.arrived, held, self.now)
        position = max((*known.positions(), award.origin))
        if holds:
            return Turn(award, Change.REINSTATE, because_it_holds(), position)
        lost = [each for each in self.awards.values() if rule.needs_badge(each.achievement) and not self._counts(each)]
        reason = because_it_is_lost(rule, award, self.arrived, known, lost, self.live)
        if award.state is AwardState.PENDING:
            return Turn(award, None, reason, position)
        return Turn(award, Change(rule.on_correction), reason, position)

    def _may_have_turned(self, rule: Rule, award: OwnAward, held: Sequence[Held]) -> bool:
        """Otherwise there is nothing to judge: what can only become true loses by corrections and lost badges alone."""
        if award.corrected or not rule.monotone:
            return True
        if any(rule.needs_badge(each.holding.achievement) and not each.holding.active for each in held):
            return True
        return visible(rule, self.arrived, held, self.now).corrected()

    def _counts(self, award: OwnAward) -> bool:
        document = {**award.to_store(), "state": award.state.value}
        return holding_of(document, self.live.catalogue).active
