"""The Kafka side: what was signed is published, what was refused is dead-lettered, what waits is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.signer.signing import Signing
from shared.contracts.events import AchievementEarned, CredentialSigned, StatusListDrafted, StatusListSigned
from shared.runtime.records import Received, Refusal, outcomes


class Handlers:
    """One method a topic."""

    def __init__(self, signing: Signing) -> None:
        self._signing = signing

    async def on_achievements_earned(
        self, batch: Sequence[Received[AchievementEarned]]
    ) -> Iterable[CredentialSigned | Refusal]:
        """Awards become credentials."""
        return outcomes(batch, await self._signing.credentials([each.event for each in batch]))

    async def on_status_lists_drafted(
        self, batch: Sequence[Received[StatusListDrafted]]
    ) -> Iterable[StatusListSigned | Refusal]:
        """Drafts become lists that can be published."""
        return outcomes(batch, await self._signing.status_lists([each.event for each in batch]))
