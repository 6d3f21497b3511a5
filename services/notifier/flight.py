"""A flight: as many e-mails as there are connections, marked in one write, handed over at once, settled together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifier.domain import (
    Accepted,
    Doubtful,
    Outcome,
    OwedDelivery,
    Refused,
    Step,
    after_attempt,
    is_hopeless,
)
from services.notifier.message import Mail
from services.notifier.metrics import NotifierMetrics
from services.notifier.ports import Deliveries, Papers, Session
from shared.contracts.documents import DeliveryState
from shared.errors import Unavailable

Compose = Callable[[OwedDelivery, Papers], Awaitable[Mail | Outcome]]
"""Writes the e-mail, or says what keeps it from being written."""

Result = tuple[OwedDelivery, Outcome]

_TOGETHER_SECONDS = 0.5
"""How long an answer waits for its neighbours', to be written with them: a slow one must not leave them in doubt."""


@dataclass(frozen=True, slots=True)
class Offered:
    """An e-mail that the server has agreed to take on this connection."""

    delivery: OwedDelivery
    mail: Mail
    session: Session

    async def hand_over(self) -> Result:
        """From here on it can't be undone."""
        return self.delivery, await self.session.hand_over(self.mail)


class Crew:
    """What is done with a flight. All of its deliveries are held by one claim."""

    def __init__(
        self,
        deliveries: Deliveries,
        compose: Compose,
        metrics: NotifierMetrics,
        lease: timedelta,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._deliveries = deliveries
        self._compose = compose
        self._metrics = metrics
        self._lease = lease
        self._clock = clock
        self._sleep = sleep

    async def fly(
        self, flight: Sequence[OwedDelivery], claim: str, papers: Papers, sessions: Sequence[Session]
    ) -> None:
        """Sends what can be sent; then raises what kept another from being sent, Unavailable for one."""
        pairs = list(zip(flight, sessions, strict=False))
        prepared = await asyncio.gather(
            *(self._prepare(delivery, papers, session) for delivery, session in pairs), return_exceptions=True
        )
        offered: list[Offered] = []
        unsent: list[Result] = []
        failed: list[tuple[OwedDelivery, BaseException]] = []
        for (delivery, session), result in zip(pairs, prepared, strict=True):
            match result:
                case Mail():
                    offered.append(Offered(delivery, result, session))
                case BaseException():
                    failed.append((delivery, result))
                case _:
                    unsent.append((delivery, result))
        await self.settle(claim, unsent)
        await self._hand_over(offered, claim)
        if failed:
            back = [delivery.id for delivery, failure in failed if isinstance(failure, Unavailable)]
            await self._deliveries.release(back, claim)
            raise failed[0][1]

    async def settle(self, claim: str | None, results: Sequence[Result]) -> None:
        """Writes what came of attempts: one write for all that went alike."""
        alike: dict[tuple[str, Outcome, Step], list[OwedDelivery]] = {}
        for delivery, outcome in results:
            alike.setdefault((delivery.template, outcome, after_attempt(delivery, outcome)), []).append(delivery)
        for (template, outcome, step), deliveries in alike.items():
            number = await self._deliveries.settle([each.id for each in deliveries], claim, step)
            self._count(template, outcome, step, deliveries[:number])

    async def _prepare(self, delivery: OwedDelivery, papers: Papers, session: Session) -> Mail | Outcome:
        """Everything that can be undone: the e-mail is written, and the server has agreed to take it."""
        if is_hopeless(delivery):
            return Refused("gave_up")
        written = await self._compose(delivery, papers)
        if not isinstance(written, Mail):
            return written
        return await session.offer(written) or written

    async def _hand_over(self, offered: Sequence[Offered], claim: str) -> None:
        if not offered:
            return
        begun = await self._deliveries.begin([each.delivery.id for each in offered], claim, self._lease)
        under_way = {asyncio.create_task(each.hand_over()) for each in offered if each.delivery.id in begun}
        for each in offered:
            if each.delivery.id not in begun:
                await each.session.withdraw()
        failed: list[BaseException] = []
        while under_way:
            answered, under_way = await asyncio.wait(under_way, timeout=_TOGETHER_SECONDS)
            failed += [failure for task in answered if (failure := task.exception()) is not None]
            await self._settle_in_the_end(claim, [task.result() for task in answered if task.exception() is None])
        if failed:
            raise failed[0]

    async def _settle_in_the_end(self, claim: str, results: Sequence[Result]) -> None:
        """What the mail server said is known to this process alone: a store that is down is waited for."""
        for _ in range(int(self._lease.total_seconds())):
            try:
                await self.settle(claim, results)
            except Unavailable:
                await self._sleep(1.0)
            else:
                return

    def _count(self, template: str, outcome: Outcome, step: Step, deliveries: Sequence[OwedDelivery]) -> None:
        number = len(deliveries)
        if isinstance(outcome, Accepted):
            for each in deliveries:
                self._metrics.handed_over((self._clock() - each.sendable_since).total_seconds())
        if isinstance(outcome, Doubtful):
            self._metrics.count("ambiguous", template, number)
        if step.state is not DeliveryState.QUEUED:
            self._metrics.count(step.state.value, template, number)
        elif not isinstance(outcome, Doubtful):
            self._metrics.count("deferred", template, number)
