"""The Kafka adapter: it writes down what is owed, and nothing else; e-mails are the sender's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from services.notifier.domain import REVOKED, not_owed, owed
from services.notifier.metrics import NotifierMetrics
from services.notifier.ports import Deliveries
from shared.contracts.documents import DeliveryState
from shared.contracts.events import CredentialIssued, CredentialStatusChanged, Event
from shared.runtime.records import Received, Refusal


class Handlers:
    """`wake` tells the sender of this process; those of others look by themselves."""

    def __init__(
        self, deliveries: Deliveries, metrics: NotifierMetrics, clock: Callable[[], datetime], wake: Callable[[], None]
    ) -> None:
        self._deliveries = deliveries
        self._metrics = metrics
        self._clock = clock
        self._wake = wake

    async def on_credentials_issued(self, batch: Sequence[Received[CredentialIssued]]) -> Iterable[Event | Refusal]:
        """A redelivery finds its delivery there."""
        new = {each.id: each for each in (owed(received.event, self._clock()) for received in batch)}
        existed = await self._deliveries.insert(list(new.values()))
        suppressed = [
            each for each in new.values() if each.state is DeliveryState.SUPPRESSED and each.id not in existed
        ]
        self._metrics.count("suppressed", number=len(suppressed))
        self._wake()
        return ()

    async def on_status_changed(self, batch: Sequence[Received[CredentialStatusChanged]]) -> Iterable[Event | Refusal]:
        """What is revoked before it was written about isn't written about."""
        revoked = {each.id: each for each in not_owed([received.event for received in batch], self._clock())}
        existed = await self._deliveries.insert(list(revoked.values()))
        taken_back = await self._deliveries.suppress(existed, REVOKED)
        await self._deliveries.leave_out({each.award_id for each in revoked.values()})
        self._metrics.count("suppressed", number=len(revoked) - len(existed) + taken_back)
        return ()
