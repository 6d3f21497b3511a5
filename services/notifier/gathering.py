"""Badges that one e-mail is to tell of together are gathered where each would have got its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from services.notifier.domain import ISSUED, Outcome, OwedDelivery, gathered, gathering
from services.notifier.flight import Compose
from services.notifier.message import Mail
from services.notifier.ports import Deliveries, Papers


class Gathering:
    """Goes before composing: a badge is in its digest before its own e-mail is given up, so a crash loses neither."""

    def __init__(
        self, deliveries: Deliveries, compose: Compose, hold: timedelta, clock: Callable[[], datetime]
    ) -> None:
        self._deliveries = deliveries
        self._compose = compose
        self._hold = hold
        self._clock = clock

    async def compose(self, delivery: OwedDelivery, papers: Papers) -> Mail | Outcome:
        """A badge that comes when its digest has gone out gets an e-mail of its own. Raises Unavailable."""
        digest = papers.digests.get(delivery.award_id)
        if delivery.template == ISSUED and digest is not None:
            stored = await self._deliveries.gather(gathering(delivery, digest, self._clock(), self._hold))
            outcome = gathered(delivery, stored)
            if outcome is not None:
                return outcome
        return await self._compose(delivery, papers)
