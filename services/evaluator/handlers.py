"""The Kafka side: a batch in, a verdict for each record out.

Nothing is returned to be published: the evaluator publishes by itself, because it marks what was told, and may only do
so afterwards.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from services.evaluator.approving import Approvals
from services.evaluator.arriving import Delivered
from services.evaluator.compiled import Compiled
from services.evaluator.domain import Evaluator
from services.evaluator.merging import Merges
from services.evaluator.settling import Settling
from shared.contracts.events import AwardDecisionRequested, CredentialStatusChanged, LearningActivity
from shared.contracts.learners import JudgementRequested, LearnerMerged, LearnerReachable
from shared.runtime.records import Received, Refusal, outcomes


class Handlers:
    """One method a topic."""

    def __init__(
        self,
        evaluator: Evaluator,
        settling: Settling,
        approvals: Approvals,
        merges: Merges,
        live: Callable[[], Awaitable[Compiled]],
    ) -> None:
        self._evaluator = evaluator
        self._settling = settling
        self._approvals = approvals
        self._merges = merges
        self._live = live

    async def on_activities(self, batch: Sequence[Received[LearningActivity]]) -> Iterable[Refusal]:
        """Stored once, judged, told."""
        delivered = [
            Delivered(each.event, (each.record.topic, each.record.partition, each.record.offset)) for each in batch
        ]
        return outcomes(batch, await self._evaluator.receive(delivered))

    async def on_credential_statuses_changed(
        self, batch: Sequence[Received[CredentialStatusChanged]]
    ) -> Iterable[Refusal]:
        """Recorded; what depends on it is judged again."""
        await self._evaluator.status_changed([each.event for each in batch])
        return []

    async def on_learners_reachable(self, batch: Sequence[Received[LearnerReachable]]) -> Iterable[Refusal]:
        """Awards that waited for an address are told."""
        await self._merges.fresh()
        learners = [(each.event.tenant, self._merges.into(each.event.tenant, each.event.learner)) for each in batch]
        await self._settling.reachable(learners, await self._live())
        return []

    async def on_judgements_requested(self, batch: Sequence[Received[JudgementRequested]]) -> Iterable[Refusal]:
        """By everything that is known of them, under what is live now. A repeat finds nothing to do."""
        await self._merges.fresh()
        asked = {
            (each.event.tenant, self._merges.into(each.event.tenant, each.event.learner)): _mails(each.event)
            for each in batch
        }
        await self._evaluator.judge_everything(asked, await self._live(), mails=asked)
        return []

    async def on_learners_merged(self, batch: Sequence[Received[LearnerMerged]]) -> Iterable[Refusal]:
        """Stored; the sweep carries it out."""
        await self._merges.announced([each.event for each in batch])
        return []

    async def on_awards_decided(self, batch: Sequence[Received[AwardDecisionRequested]]) -> Iterable[Refusal]:
        """What a registrar approved goes on; what was declined doesn't."""
        return outcomes(batch, await self._approvals.decide([each.event for each in batch]))


def _mails(asked: JudgementRequested) -> dict[str, Any]:
    """What an award that it brings says about its e-mail."""
    return {"quiet": asked.quiet, "digest": asked.request_id if asked.digest else None}
