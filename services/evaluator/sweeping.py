"""What time asks for: awards that fall due, and awards of which nothing came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.evaluator.awards import OwnAward, arrived_of, held_of
from services.evaluator.domain import Compiled, Evaluator
from services.evaluator.judging import still_true
from services.evaluator.ports import Activities, Awards, Clock, Issued, Learner
from services.evaluator.rules import compile_rule
from shared.catalogue.criteria import CriterionError
from shared.contracts.documents import AwardState

LIMIT = 500


class Sweep:
    """Names what lacks its next step and does it again. Several may run at once: each step is harmless twice."""

    def __init__(
        self, evaluator: Evaluator, activities: Activities, awards: Awards, issued: Issued, clock: Clock
    ) -> None:
        self._evaluator = evaluator
        self._activities = activities
        self._awards = awards
        self._issued = issued
        self._clock = clock

    async def run(self, live: Compiled) -> None:
        """Until nothing is left that may be done now."""
        while True:
            found = await self._awards.to_look_at(self._clock(), LIMIT)
            await self._settle_due([each for each in found if each.state is AwardState.PENDING], live)
            await self._again([each for each in found if each.state is AwardState.EARNED])
            if len(found) < LIMIT:
                return

    async def _again(self, awards: Sequence[OwnAward]) -> None:
        seen = await self._issued.which([each.id for each in awards])
        await self._awards.confirm(seen)
        await self._evaluator.tell([each for each in awards if each.id not in seen])

    async def _settle_due(self, awards: Sequence[OwnAward], live: Compiled) -> None:
        if not awards:
            return
        lost = await self._no_longer_true([each for each in awards if each.waited], live)
        kept = [each.id for each in awards if each.id not in lost]
        await self._awards.settle(lost, withdrawn=True)
        await self._awards.settle(kept, withdrawn=False)
        # read again: another evaluator may have settled them otherwise
        learners = {(each.tenant, each.learner) for each in awards}
        held = await self._awards.of_learners(learners)
        wanted = {each.id for each in awards}
        due = [each for found in held.values() for each in found if each.id in wanted and each.unpublished]
        await self._evaluator.judge_dependants([(each.tenant, each.learner, each.achievement) for each in due], live)
        await self._evaluator.tell(due)

    async def _no_longer_true(self, awards: Sequence[OwnAward], live: Compiled) -> set[str]:
        if not awards:
            return set()
        learners: set[Learner] = {(each.tenant, each.learner) for each in awards}
        activities = await self._activities.of_learners(learners)
        held = await self._awards.of_learners(learners)
        return {
            each.id
            for each in awards
            if not self._still_true(
                each,
                live,
                activities.get((each.tenant, each.learner), []),
                held.get((each.tenant, each.learner), []),
            )
        }

    def _still_true(
        self, award: OwnAward, live: Compiled, activities: Sequence[Mapping[str, Any]], held: Sequence[OwnAward]
    ) -> bool:
        achievement = live.catalogue.achievement(award.tenant, award.achievement, award.version)
        tenant = live.catalogue.tenant(award.tenant)
        if achievement is None or tenant is None:
            return True
        try:
            rule = compile_rule(achievement, tenant.issuer)
        except CriterionError:
            return True
        return still_true(
            rule,
            award.award_key,
            [arrived_of(each) for each in activities],
            [held_of(each, live.catalogue) for each in held],
            self._clock(),
        )
