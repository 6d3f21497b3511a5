"""The Kafka side: a batch in, a verdict for each record out.

Nothing is returned to be published: the evaluator publishes by itself, because it marks what was told, and may only do
so afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.evaluator.domain import Delivered, Evaluator
from shared.contracts.events import CredentialStatusChanged, LearningActivity
from shared.runtime.records import Received, Refusal, outcomes


class Handlers:
    """One method a topic."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

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
