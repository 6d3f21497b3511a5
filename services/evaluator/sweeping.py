"""What time asks for: awards that fall due, and awards of which nothing came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from services.evaluator.awards import OwnAward, arrived_of, held_of, patience_after
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
        self,
        evaluator: Evaluator,
        activities: Activities,
        awards: Awards,
        issued: Issued,
        clock: Clock,
        *,
        patience: timedelta,
    ) -> None:
        self._evaluator = evaluator
        self._activities = activities
        self._awards = awards
        self._issued = issued
        self._clock = clock
        self._patience = patience

    async def run(self, live: Compiled) -> None:
        """Until nothing is left that may be done now."""
        while True:
            found = await self._awards.to_look_at(self._clock(), LIMIT)
            await self._settle_due([each for each in found if each.state is AwardState.PENDING], live)
            await self._again([each for each in found if each.is_earned])
            if len(found) < LIMIT:
                break
        await self._look_through()

    async def _look_through(self) -> None:
        """Each award once, when a credential should have come of it: what went well is never written to again."""
        since, until = await self._awards.looked_through(), self._clock() - self._patience
        while found := await self._awards.stored_since(since, until, LIMIT):
            ids = [award_id for award_id, _ in found]
            seen = await self._issued.which(ids)
            missing = [award_id for award_id in ids if award_id not in seen]
            # what has a time to be looked at is looked at then
            untold = [each for each in await self._awards.find(missing) if each.is_earned and each.look_at is None]
            await self._tell(untold)
            since = found[-1][1]
            await self._awards.look_through(since)

    async def _again(self, awards: Sequence[OwnAward]) -> None:
        seen = await self._issued.which([each.id for each in awards])
        await self._awards.clear(seen)
        await self._tell([each for each in awards if each.id not in seen])

    async def _tell(self, awards: Sequence[OwnAward]) -> None:
        await self._evaluator.tell(awards)
        now = self._clock()
        await self._awards.postpone({each.id: now + patience_after(each.tries, self._patience) for each in awards})

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
        due = [each for found in held.values() for each in found if each.id in wanted and each.is_earned]
        await self._evaluator.judge_dependants([(each.tenant, each.learner, each.achievement) for each in due], live)
        await self._tell(due)

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
