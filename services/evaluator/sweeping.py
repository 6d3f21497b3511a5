"""What time asks for: awards that fall due, awards of which nothing came, and accounts that were merged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from services.evaluator.awards import OwnAward
from services.evaluator.compiled import Compiled
from services.evaluator.correcting import Corrections
from services.evaluator.domain import Evaluator
from services.evaluator.merging import LATER, Merges
from services.evaluator.ports import Activities, Awards, Clock, Issued, MergeStore
from services.evaluator.settling import Settling
from shared.contracts.documents import AwardState

LIMIT = 500


class Sweep:
    """Names what lacks its next step and does it again. Several may run at once: each step is harmless twice."""

    def __init__(
        self,
        settling: Settling,
        corrections: Corrections,
        merging: Merging,
        awards: Awards,
        issued: Issued,
        clock: Clock,
        *,
        patience: timedelta,
    ) -> None:
        self._settling = settling
        self._corrections = corrections
        self._merging = merging
        self._awards = awards
        self._issued = issued
        self._clock = clock
        self._patience = patience

    async def run(self, live: Compiled) -> None:
        """Until nothing is left that may be done now."""
        await self._merging.run(live)
        while True:
            found = await self._awards.to_look_at(self._clock(), LIMIT)
            await self._settling.due([each for each in found if each.state is AwardState.PENDING], live)
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
            await self._settling.tell(untold)
            since = found[-1][1]
            await self._awards.look_through(since)

    async def _again(self, awards: Sequence[OwnAward]) -> None:
        seen = await self._issued.which([each.id for each in awards])
        unheard = await self._corrections.unheard(awards)
        await self._corrections.again(unheard)
        wait = {each.award_id for each in unheard}
        await self._awards.clear({each.id: each.look_at for each in awards if each.id in seen - wait})
        await self._settling.tell([each for each in awards if each.id not in seen])
        await self._settling.later([each for each in awards if each.id in seen & wait])


class Merging:
    """Carries merges out."""

    def __init__(
        self,
        evaluator: Evaluator,
        activities: Activities,
        awards: Awards,
        merges: Merges,
        store: MergeStore,
        settling: Settling,
        clock: Clock,
    ) -> None:
        self._evaluator = evaluator
        self._activities = activities
        self._awards = awards
        self._settling = settling
        self._merges = merges
        self._store = store
        self._clock = clock

    async def run(self, live: Compiled) -> None:
        """Those whose time has come: everything of the given-up account is moved, then the other one is judged."""
        await self._merges.look()
        for merge in await self._store.to_look_at(self._clock()):
            into = self._merges.into(merge.tenant, merge.learner)
            if into != merge.learner:
                await self._activities.move(merge.tenant, merge.learner, into)
                await self._awards.move(merge.tenant, merge.learner, into)
                await self._evaluator.judge_everything([(merge.tenant, into)], live)
                # what one account waited for the other may have known
                await self._settling.looked([(merge.tenant, into)], live)
            again = self._clock() + LATER[merge.tries] if merge.tries < len(LATER) else None
            await self._store.looked(merge, again)
