"""A mail room without a network: the real sender over fakes, and a clock that tests move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.notifier.domain import Accepted, Deferred, Outcome, OwedDelivery, Unaddressed
from services.notifier.gathering import Gathering
from services.notifier.memory import InMemoryDeliveries
from services.notifier.message import Mail
from services.notifier.metrics import NotifierMetrics
from services.notifier.ports import Papers
from services.notifier.sender import Pace, Sender
from shared.contracts.documents import DeliveryState, Learner
from shared.errors import Unavailable

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=90)
HOLD = timedelta(seconds=60)


class Crash(BaseException):
    """kill -9, at this line."""


class FakeServer:
    """A mail server that answers as it is told and keeps what it took, by recipient."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.offered: dict[str, Outcome] = {}
        self.offers = 0
        self.answers: dict[str, list[Outcome]] = {}
        self.down = False
        self.connections = 100
        self.connected = 0
        self.lost: set[str] = set()
        self.at_data: Callable[[], Any] = lambda: None
        self.in_flight = 0
        self.most_in_flight = 0
        self.pause: Callable[[], Any] | None = None
        self.slow: dict[str, asyncio.Event] = {}

    @asynccontextmanager
    async def session(self) -> AsyncIterator[FakeServer]:
        if self.down or self.connections == 0:
            raise Unavailable("the mail server")
        self.connections -= 1
        self.connected += 1
        yield self
        self.connections += 1

    async def offer(self, mail: Mail) -> Outcome | None:
        if self.down or mail.recipient in self.lost:
            raise Unavailable("the mail server")
        self.offers += 1
        return self.offered.get(mail.recipient)

    async def hand_over(self, mail: Mail) -> Outcome:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        if self.pause is not None:
            await self.pause()
        if mail.recipient in self.slow:
            await self.slow[mail.recipient].wait()
        self.in_flight -= 1
        self.at_data()
        answers = self.answers.get(mail.recipient)
        answer = answers.pop(0) if answers else Accepted()
        if isinstance(answer, Accepted):
            self.taken.append(mail.recipient)
        return answer

    async def withdraw(self) -> None:
        return None


class FakeArchive:
    """The directory of learners."""

    def __init__(self) -> None:
        self.addresses: dict[str, str] = {}
        self.digests: dict[str, str] = {}

    async def papers(self, deliveries: Sequence[OwedDelivery]) -> Papers:
        learners = {
            each.learner: Learner(
                id=each.learner, tenant="north", directory="d", external_id="5", email=self.addresses[each.learner]
            )
            for each in deliveries
            if each.learner in self.addresses
        }
        return Papers(learners, {}, {}, digests=self.digests)

    async def addressed(self, learners: Collection[str]) -> set[str]:
        return {each for each in learners if each in self.addresses}


class Fragile:
    """Ends the process before or after one of the effects of what it wraps; from then on it has none."""

    def __init__(self, inner: Any, effects: Collection[str], line: Callable[[], None]) -> None:
        self._inner = inner
        self._effects = effects
        self._line = line

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name not in self._effects:
            return method

        async def fragile(*args: Any) -> Any:
            self._line()
            result = await method(*args)
            self._line()
            return result

        return fragile


class FragileServer(FakeServer):
    """A server whose client dies at a line around DATA."""

    def __init__(self, line: Callable[[], None]) -> None:
        super().__init__()
        self._line = line

    async def hand_over(self, mail: Mail) -> Outcome:
        self._line()
        answer = await super().hand_over(mail)
        self._line()
        return answer


class MailRoom:
    """Deliveries, a server and a directory, and as many senders as a test wants."""

    def __init__(self) -> None:
        self.now = NOW
        self.slept: list[float] = []
        self.deliveries = InMemoryDeliveries(lambda: self.now)
        self.archive = FakeArchive()
        self.server = FakeServer()
        self.registry = CollectorRegistry()
        self.metrics = NotifierMetrics(self.registry)
        self.told: list[tuple[str, ...]] = []
        self.gathering = Gathering(self.deliveries, self.compose, HOLD, lambda: self.now)
        self._claims = count(1)

    def sender(self, deliveries: Any = None, in_flight: int = 4) -> Sender:
        return Sender(
            deliveries or self.deliveries,
            self.archive,
            self.gathering.compose,
            self.server,
            self.metrics,
            Pace(interval=0.001, in_flight=in_flight, lease=LEASE, backoff_max=60.0),
            lambda: f"claim-{next(self._claims)}",
            lambda: self.now,
            sleep=self._sleep,
        )

    async def owe(self, *learners: str, **fields: Any) -> None:
        for learner in learners:
            self.archive.addresses.setdefault(learner, f"{learner}@example.org")
            known = {"state": DeliveryState.QUEUED, "next_attempt_at": self.now, "created_at": self.now, **fields}
            await self.deliveries.insert(
                [
                    OwedDelivery(
                        id=f"award-{learner}:issued",
                        tenant="north",
                        award_id=f"award-{learner}",
                        learner=learner,
                        template="issued",
                        **known,
                    )
                ]
            )

    def delivery(self, learner: str) -> OwedDelivery:
        return self.deliveries.all[f"award-{learner}:issued"]

    def counted(self, outcome: str) -> float:
        labels = {"channel": "email", "template": "issued", "outcome": outcome}
        return self.registry.get_sample_value("laurel_notifications_total", labels) or 0.0

    def fragile(self, dies_at: int, in_flight: int = 1) -> Sender:
        """A sender whose process ends at its nth line; `FragileServer` shares the count."""
        lines = count(1)

        def line() -> None:
            if next(lines) >= dies_at:
                raise Crash

        kept = self.server
        self.server = FragileServer(line)
        self.server.taken = kept.taken
        sender = self.sender(Fragile(self.deliveries, {"claim", "begin", "settle", "release"}, line), in_flight)
        self.server = kept
        return sender

    async def compose(self, delivery: OwedDelivery, papers: Papers) -> Mail | Outcome:
        learner = papers.learners.get(delivery.learner)
        if learner is None or learner.email is None:
            return Unaddressed()
        if learner.email == "later":
            return Deferred("unknown_achievement")
        if learner.id == "poison":
            raise ZeroDivisionError
        self.told.append(delivery.awards or (delivery.award_id,))
        return Mail("badges@example.edu", learner.email.split("@")[0], b"")

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def room() -> MailRoom:
    return MailRoom()


@pytest.fixture
def crash() -> type[Crash]:
    return Crash
