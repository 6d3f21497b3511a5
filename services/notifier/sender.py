"""The sender: works off what is due, each e-mail by one owner, and says so before it becomes irrevocable."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.notifier.domain import Doubtful, OwedDelivery, was_interrupted
from services.notifier.flight import Compose, Crew
from services.notifier.metrics import NotifierMetrics
from services.notifier.ports import Archive, Deliveries, Papers, Post, Session
from shared.errors import Unavailable

logger = structlog.get_logger(__name__)

_LOOK = 500
"""Looking costs the more the more is due, and is done seldom therefore."""
_PAGE = 100
"""What is read at once, and sent over one set of connections: mail servers end those that send hundreds."""
_FLIGHTS_A_CLAIM = 5
"""Few enough to be sent long before the lease is over, and for a crash to leave little waiting for its end."""
_CLOSING_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast, and how patiently."""

    interval: float
    in_flight: int
    lease: timedelta
    backoff_max: float


class Sender:
    """At most `in_flight` messages are under way, so a crash leaves no more than that in doubt."""

    def __init__(
        self,
        deliveries: Deliveries,
        archive: Archive,
        compose: Compose,
        post: Post,
        metrics: NotifierMetrics,
        pace: Pace,
        new_claim: Callable[[], str],
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._deliveries = deliveries
        self._archive = archive
        self._post = post
        self._pace = pace
        self._new_claim = new_claim
        self._sleep = sleep
        self._crew = Crew(deliveries, compose, metrics, pace.lease, clock, sleep)
        self._woken = asyncio.Event()
        self._closing = False
        self._failures = 0

    def wake(self) -> None:
        """There is something to send: don't wait for the next look."""
        self._woken.set()

    async def turn(self) -> None:
        """Waits to be woken or for the next look, then sends what is due; backs off while nothing can be sent."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), self._pace.interval)
        self._woken.clear()
        try:
            while await self.work_off():
                self._failures = 0
        except Unavailable as error:
            pause = min(self._pace.backoff_max, 2.0**self._failures)
            self._failures = min(self._failures + 1, 16)
            logger.warning("nothing can be sent", dependency=error.dependency, pause_seconds=pause)
            await self._sleep(pause)

    async def work_off(self) -> bool:
        """Looks once and sends what was due; False when nothing was. Raises Unavailable."""
        due = await self._deliveries.due(_LOOK)
        for each in due:
            if was_interrupted(each):
                await self._crew.settle(each.claim, [(each, Doubtful())])
        unsent = [each for each in due if not was_interrupted(each)]
        for page in _cut(unsent, _PAGE):
            await self._to_the_end(asyncio.create_task(self._send(page)))
        return bool(due) and not self._closing

    async def _to_the_end(self, sending: asyncio.Task[None]) -> None:
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            # what is being sent is brought to its end: cutting it off would leave it in doubt
            self._closing = True
            await asyncio.wait([sending], timeout=_CLOSING_SECONDS)
            sending.cancel()
            raise

    async def _send(self, page: Sequence[OwedDelivery]) -> None:
        papers = await self._archive.papers(page)
        async with AsyncExitStack() as connections:
            sessions = await self._connect(connections, min(self._pace.in_flight, len(page)))
            for lot in _cut(page, _FLIGHTS_A_CLAIM * len(sessions)):
                if not self._closing:
                    await self._send_lot(lot, papers, sessions)

    async def _connect(self, connections: AsyncExitStack, wanted: int) -> list[Session]:
        """As many as the mail server allows, one at least."""
        sessions: list[Session] = []
        try:
            while len(sessions) < wanted:
                sessions.append(await connections.enter_async_context(self._post.session()))
        except Unavailable:
            if not sessions:
                raise
        return sessions

    async def _send_lot(self, lot: Sequence[OwedDelivery], papers: Papers, sessions: Sequence[Session]) -> None:
        claim = self._new_claim()
        ours = await self._deliveries.claim(lot, claim, self._pace.lease)
        flights = _cut(ours, len(sessions))
        try:
            while flights and not self._closing:
                await self._crew.fly(flights.pop(0), claim, papers, sessions)
        finally:
            await self._deliveries.release([each.id for flight in flights for each in flight], claim)


def _cut(deliveries: Sequence[OwedDelivery], size: int) -> list[Sequence[OwedDelivery]]:
    return [deliveries[start : start + size] for start in range(0, len(deliveries), size)]
