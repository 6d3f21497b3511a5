"""The sender: works off what is due, each e-mail by one owner, and says so before it becomes irrevocable."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.notifier.domain import (
    Accepted,
    Doubtful,
    Outcome,
    OwedDelivery,
    Refused,
    after_attempt,
    is_hopeless,
    was_interrupted,
)
from services.notifier.message import Mail
from services.notifier.metrics import NotifierMetrics
from services.notifier.ports import Archive, Deliveries, Papers, Post, Session
from shared.contracts.documents import DeliveryState
from shared.errors import Unavailable

logger = structlog.get_logger(__name__)

Compose = Callable[[OwedDelivery, Papers], Awaitable[Mail | Outcome]]
"""Writes the e-mail, or says what keeps it from being written."""

_PAGE = 100
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
        self._compose = compose
        self._post = post
        self._metrics = metrics
        self._pace = pace
        self._new_claim = new_claim
        self._clock = clock
        self._sleep = sleep
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
        """Sends one page of what is due; False when nothing was. Raises Unavailable."""
        page = await self._deliveries.due(_PAGE)
        unsent = [each for each in page if not was_interrupted(each)]
        for each in page:
            if was_interrupted(each):
                await self._settle(each, each.claim, Doubtful())
        if unsent:
            await self._send(unsent, await self._archive.papers(unsent))
        return bool(page) and not self._closing

    async def _send(self, page: list[OwedDelivery], papers: Papers) -> None:
        todo = iter(page)
        tasks = [asyncio.create_task(self._work(todo, papers)) for _ in range(min(self._pace.in_flight, len(page)))]
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError:
            # what is being sent is brought to its end: cutting it off would leave it in doubt
            self._closing = True
            await asyncio.wait(tasks, timeout=_CLOSING_SECONDS)
            for task in tasks:
                task.cancel()
            raise
        failures = [failure for task in tasks if (failure := task.exception()) is not None]
        if failures:
            raise failures[0]

    async def _work(self, todo: Iterator[OwedDelivery], papers: Papers) -> None:
        async with self._post.session() as session:
            for delivery in todo:
                if self._closing:
                    return
                await self._deliver(delivery, papers, session)

    async def _deliver(self, delivery: OwedDelivery, papers: Papers, session: Session) -> None:
        claim = self._new_claim()
        if not await self._deliveries.claim(delivery, claim, self._pace.lease):
            return
        try:
            ready = await self._prepare(delivery, papers, session)
        except Unavailable:
            await self._deliveries.release(delivery, claim)
            raise
        if not isinstance(ready, Mail):
            await self._settle(delivery, claim, ready)
        elif await self._deliveries.begin(delivery.id, claim, self._pace.lease):
            await self._settle_in_the_end(delivery, claim, await session.hand_over(ready))
        else:
            await session.withdraw()

    async def _prepare(self, delivery: OwedDelivery, papers: Papers, session: Session) -> Mail | Outcome:
        """Everything that can be undone: the e-mail is written, and the server has agreed to take it."""
        if is_hopeless(delivery):
            return Refused("gave_up")
        written = await self._compose(delivery, papers)
        if not isinstance(written, Mail):
            return written
        return await session.offer(written) or written

    async def _settle_in_the_end(self, delivery: OwedDelivery, claim: str, outcome: Outcome) -> None:
        """What the mail server said is known to this process alone: a store that is down is waited for."""
        for _ in range(int(self._pace.lease.total_seconds())):
            try:
                await self._settle(delivery, claim, outcome)
            except Unavailable:
                await self._sleep(1.0)
            else:
                return

    async def _settle(self, delivery: OwedDelivery, claim: str | None, outcome: Outcome) -> None:
        step = after_attempt(delivery, outcome)
        if not await self._deliveries.settle(delivery.id, claim, step):
            return
        if isinstance(outcome, Accepted):
            self._metrics.handed_over((self._clock() - delivery.sendable_since).total_seconds())
        if isinstance(outcome, Doubtful):
            self._metrics.count("ambiguous", delivery.template)
        if step.state is not DeliveryState.QUEUED:
            self._metrics.count(step.state.value, delivery.template)
        elif not isinstance(outcome, Doubtful):
            self._metrics.count("deferred", delivery.template)
