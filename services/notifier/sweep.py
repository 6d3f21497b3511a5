"""The notifier's safety net: addresses that have appeared, and how long the oldest delivery has waited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.notifier.metrics import NotifierMetrics
from services.notifier.ports import Archive, Deliveries

_PAGE = 200


class Sweep:
    """Looks at one page of the waiting deliveries each time, and so gets round to all of them."""

    def __init__(
        self,
        deliveries: Deliveries,
        archive: Archive,
        metrics: NotifierMetrics,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self._deliveries = deliveries
        self._archive = archive
        self._metrics = metrics
        self._clock = clock
        self._wake = wake
        self._after = ""

    async def run(self) -> None:
        """Raises Unavailable."""
        page = await self._deliveries.waiting(self._after, _PAGE)
        self._after = page[-1].id if len(page) == _PAGE else ""
        addressed = await self._archive.addressed({each.learner for each in page})
        if await self._deliveries.address_found([each.id for each in page if each.learner in addressed]):
            self._wake()
        oldest = await self._deliveries.oldest_pending()
        self._metrics.oldest_pending((self._clock() - oldest).total_seconds() if oldest else 0.0)
