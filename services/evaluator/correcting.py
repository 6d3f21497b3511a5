"""Awards that the facts no longer bear out: marked, then asked of the registry, and asked again until it has heard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from services.evaluator.awards import Correction, OwnAward, requested
from services.evaluator.compiled import Compiled
from services.evaluator.lately import Lately
from services.evaluator.ports import Asked, Awards, Clock, Learner, Publish
from services.evaluator.rechecking import Turn, turns
from services.evaluator.rules import Rule
from shared.contracts.documents import whole_milliseconds
from shared.contracts.events import StatusChangeRequested

TOLD_LATELY = 20_000
"""requests that this process remembers to have made; forgetting one only means making it again"""
_TICK = timedelta(milliseconds=1)


class Corrections:
    """The mark on the award says what is asked, before it is: whoever dies in between, another one asks."""

    def __init__(self, awards: Awards, asked: Asked, publish: Publish, clock: Clock, *, patience: timedelta) -> None:
        self._awards = awards
        self._asked = asked
        self._publish = publish
        self._clock = clock
        self._patience = patience
        self._told = Lately(TOLD_LATELY)

    def turns(
        self,
        rules: Mapping[Learner, Sequence[Rule]],
        activities: Mapping[Learner, Sequence[Mapping[str, Any]]],
        awards: Mapping[Learner, Sequence[OwnAward]],
        live: Compiled,
    ) -> list[Turn]:
        """What turned for these learners, by the rules that something touched."""
        now = self._clock()
        return [
            turn
            for learner, some in rules.items()
            for turn in turns(some, awards.get(learner, ()), activities.get(learner, ()), live, now)
        ]

    async def mark(self, found: Sequence[Turn]) -> None:
        """On each award that still is as it was read. Whoever marks looks again: somebody may have known more."""
        now = self._clock()
        withdrawn = {each.award.id: each.position for each in found if each.change is None}
        await self._awards.withdraw(withdrawn)
        marks = {}
        for each in found:
            if each.change is not None:
                before = each.award.corrections
                # the registry orders what it is told by time: clocks of two evaluators differ
                at = max(now, before[-1].at + _TICK) if before else now
                mark = Correction(
                    change=each.change, at=whole_milliseconds(at), reason=each.reason, position=each.position
                )
                marks[each.award.id] = (len(before), mark)
        await self._awards.correct(marks, now + self._patience)

    async def tell(self, awards: Iterable[OwnAward]) -> None:
        """Asks the registry for whatever is marked on these and it hasn't heard yet."""
        changes = [change for each in awards for change in requested(each) if change.request_id not in self._told]
        if changes:
            await self.again(await self._unheard(changes))
            self._told.add(each.request_id for each in changes)

    async def unheard(self, awards: Iterable[OwnAward]) -> list[StatusChangeRequested]:
        """What the registry hasn't heard, however lately it was told."""
        return await self._unheard([change for each in awards for change in requested(each)])

    async def again(self, changes: Sequence[StatusChangeRequested]) -> None:
        """It may have been lost."""
        if changes:
            await self._publish(changes)

    async def _unheard(self, changes: Sequence[StatusChangeRequested]) -> list[StatusChangeRequested]:
        heard = await self._asked.which([each.request_id for each in changes]) if changes else set()
        return [each for each in changes if each.request_id not in heard]
