"""The Kafka side: a batch in, a verdict for each record out. Nothing is returned to be published.

The registry publishes by itself, because it marks what was announced, and may only do so afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.registry.issuing import Issuing
from services.registry.lists import StatusLists
from services.registry.statuses import Statuses
from shared.contracts.events import CredentialSigned, StatusChangeRequested, StatusListSigned
from shared.runtime.records import Received, Refusal, outcomes


class Handlers:
    """One method a topic."""

    def __init__(self, issuing: Issuing, statuses: Statuses, lists: StatusLists) -> None:
        self._issuing = issuing
        self._statuses = statuses
        self._lists = lists

    async def on_credentials_signed(self, batch: Sequence[Received[CredentialSigned]]) -> Iterable[Refusal]:
        """Verified, stored once, announced."""
        return outcomes(batch, await self._issuing.issue([each.event for each in batch]))

    async def on_status_changes_requested(self, batch: Sequence[Received[StatusChangeRequested]]) -> Iterable[Refusal]:
        """Kept as facts; what they come to is told."""
        return outcomes(batch, await self._statuses.request([each.event for each in batch]))

    async def on_status_lists_signed(self, batch: Sequence[Received[StatusListSigned]]) -> Iterable[Refusal]:
        """Published forward; badges that waited for their list are announced."""
        verdicts, moved = await self._lists.publish([each.event for each in batch])
        await self._issuing.announce_waiting(on=moved)
        return outcomes(batch, verdicts)
