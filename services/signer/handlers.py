"""The Kafka side: what was signed is published, what was refused is dead-lettered, what waits is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from services.signer.signing import Signing
from shared.contracts.events import AchievementEarned, CredentialSigned, Event, StatusListDrafted, StatusListSigned
from shared.errors import Rejected
from shared.runtime.records import Received, Refusal

E = TypeVar("E", bound=Event)
S = TypeVar("S", bound=Event)


class Handlers:
    """One method a topic."""

    def __init__(self, signing: Signing) -> None:
        self._signing = signing

    async def on_achievements_earned(
        self, batch: Sequence[Received[AchievementEarned]]
    ) -> Iterable[CredentialSigned | Refusal]:
        """Awards become credentials."""
        return _outcomes(batch, await self._signing.credentials([each.event for each in batch]))

    async def on_status_lists_drafted(
        self, batch: Sequence[Received[StatusListDrafted]]
    ) -> Iterable[StatusListSigned | Refusal]:
        """Drafts become lists that can be published."""
        return _outcomes(batch, await self._signing.status_lists([each.event for each in batch]))


def _outcomes(batch: Sequence[Received[E]], answers: Sequence[S | Rejected | None]) -> list[S | Refusal]:
    return [
        Refusal(each.record, answer) if isinstance(answer, Rejected) else answer
        for each, answer in zip(batch, answers, strict=True)
        if answer is not None
    ]
