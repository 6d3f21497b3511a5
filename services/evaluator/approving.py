"""Awards that a registrar confirms first: what was decided about them, once each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from services.evaluator.awards import OwnAward, Ruling
from services.evaluator.compiled import Compiled
from services.evaluator.ports import Awards, Clock, Tally
from services.evaluator.settling import Settling
from shared.contracts.documents import AwardState
from shared.contracts.events import AwardDecisionRequested
from shared.errors import Rejected


class UnknownAward(Rejected):
    """No such award of that tenant."""

    code = "unknown_award"


class Approvals:
    """The first word about an award stays; what is approved goes on as any other that was waited for."""

    def __init__(
        self, awards: Awards, settling: Settling, tally: Tally, live: Callable[[], Awaitable[Compiled]], clock: Clock
    ) -> None:
        self._awards = awards
        self._settling = settling
        self._tally = tally
        self._live = live
        self._clock = clock

    async def decide(self, requests: Sequence[AwardDecisionRequested]) -> list[Rejected | None]:
        """A verdict for each. What is due already is judged again and told now, the rest when it is due."""
        known = {each.id: each for each in await self._awards.find({each.award_id for each in requests})}
        verdicts = [_verdict(each, known) for each in requests]
        now = self._clock()
        rulings: dict[str, tuple[Ruling, datetime]] = {}
        for each, verdict in zip(requests, verdicts, strict=True):
            if verdict is None:
                rulings.setdefault(each.award_id, (_ruling(each), max(now, known[each.award_id].due_at)))
        await self._awards.rule(rulings)
        ruled = await self._awards.find(rulings)
        approved = [each for each in ruled if each.state is AwardState.PENDING and each.ruling is not None]
        await self._settling.due([each for each in approved if each.due_at <= now], await self._live())
        return verdicts

    async def count(self) -> None:
        """How many wait, for the operator to see."""
        self._tally.pending_approval(await self._awards.pending_approval())


def _ruling(request: AwardDecisionRequested) -> Ruling:
    return Ruling(
        id=request.request_id,
        decision=request.decision,
        reason=request.reason,
        by=request.decided_by,
        at=request.decided_at,
    )


def _verdict(request: AwardDecisionRequested, known: Mapping[str, OwnAward]) -> Rejected | None:
    award = known.get(request.award_id)
    if award is not None and award.tenant == request.tenant:
        return None
    return UnknownAward(f"{request.tenant} has no award {request.award_id} that anybody could decide about")
