"""Pending awards whose time has come: judged again, then told or withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from services.evaluator.addresses import Addresses, next_look
from services.evaluator.awards import OwnAward, patience_after
from services.evaluator.compiled import Compiled
from services.evaluator.domain import Evaluator
from services.evaluator.ports import Activities, Awards, Clock, Learner
from services.evaluator.rechecking import still_holds


class Settling:
    """Each step is harmless twice: the first word about a pending award stays."""

    def __init__(
        self,
        evaluator: Evaluator,
        activities: Activities,
        awards: Awards,
        addresses: Addresses,
        clock: Clock,
        *,
        patience: timedelta,
    ) -> None:
        self._evaluator = evaluator
        self._activities = activities
        self._awards = awards
        self._addresses = addresses
        self._clock = clock
        self._patience = patience

    async def due(self, awards: Sequence[OwnAward], live: Compiled) -> None:
        """They are due, or it is time to look for an address again."""
        waiting = [each for each in awards if each.waits_for_address]
        ready = [each for each in awards if not each.waits_for_address]
        unaddressed = await self._addresses.without(ready, live)
        await self._awards.park(unaddressed)
        parked = {each.id for each in unaddressed}
        await self.settle([*(each for each in ready if each.id not in parked), *await self._found(waiting)], live)

    async def reachable(self, learners: Sequence[Learner], live: Compiled) -> None:
        """They have an address now."""
        await self.settle(await self._awards.waiting_for_address(learners), live)

    async def looked(self, learners: Sequence[Learner], live: Compiled) -> None:
        """They may have an address now."""
        await self.settle(await self._found(await self._awards.waiting_for_address(learners)), live)

    async def settle(self, awards: Sequence[OwnAward], live: Compiled) -> None:
        """They wait for nothing any more."""
        if not awards:
            return
        learners = {(each.tenant, each.learner) for each in awards}
        lost = await self._lost([each for each in awards if each.waited], learners, live)
        lost |= await self._doubled(awards)
        await self._awards.settle(lost, withdrawn=True)
        await self._awards.settle([each.id for each in awards if each.id not in lost], withdrawn=False)
        # read again: another evaluator may have settled them otherwise
        held = await self._awards.of_learners(learners)
        wanted = {each.id for each in awards}
        settled = [each for found in held.values() for each in found if each.id in wanted]
        due = [each for each in settled if each.is_earned]
        badges = [(each.tenant, each.learner, each.achievement) for each in settled]
        await self._evaluator.judge_dependants(badges, live)
        await self.tell(due)

    async def tell(self, awards: Sequence[OwnAward]) -> None:
        """Told, and looked at again: something should come of them."""
        await self._evaluator.tell(awards)
        await self.later(awards)

    async def later(self, awards: Sequence[OwnAward]) -> None:
        """Looked at again, ever more rarely."""
        now = self._clock()
        await self._awards.postpone({each.id: now + patience_after(each.tries, self._patience) for each in awards})

    async def _found(self, waiting: Sequence[OwnAward]) -> list[OwnAward]:
        """Those whose learner has an address now, or that have waited long enough; the others wait on."""
        now = self._clock()
        known = await self._addresses.known((each.tenant, each.learner) for each in waiting)
        over = {each.id for each in waiting if each.waits_until is None or each.waits_until <= now}
        found = [each for each in waiting if each.id in over or (each.tenant, each.learner) in known]
        ids = {each.id for each in found}
        await self._awards.postpone({each.id: next_look(each, now) for each in waiting if each.id not in ids})
        return found

    async def _doubled(self, awards: Sequence[OwnAward]) -> set[str]:
        """Those that another account of the same person has for the same thing already: one of them is enough."""
        held = await self._evaluator.awards_of({(each.tenant, each.learner) for each in awards})
        others = {(each.achievement, each.award_key) for found in held.values() for each in found if each.is_earned}
        return {each.id for each in awards if (each.achievement, each.award_key) in others}

    async def _lost(self, awards: Sequence[OwnAward], learners: set[Learner], live: Compiled) -> set[str]:
        """Those that don't hold any more; and those that rest on them, down to the last."""
        lost: set[str] = set()
        if not awards:
            return lost
        activities = await self._activities.of_learners(learners)
        held = await self._awards.of_learners(learners)
        now = self._clock()

        def holds(award: OwnAward) -> bool:
            learner = (award.tenant, award.learner)
            others = [each for each in held.get(learner, []) if each.id not in lost]
            return still_holds(award, live, activities.get(learner, []), others, now)

        while found := {each.id for each in awards if each.id not in lost and not holds(each)}:
            lost |= found
        return lost
