"""Sources whose LMS tells who somebody is in events of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from services.intake.domain import Intake
from services.intake.handlers import Handlers
from shared.catalogue.model import Catalogue, Issuer, Source, Tenant
from shared.contracts.events import Event, LearningActivity
from shared.contracts.learners import LearnerReachable
from shared.errors import Rejected, Unavailable
from shared.runtime.records import Record
from tests.unit.intake import spoken

DIALECTS: dict[str, ModuleType] = {"spoken": spoken}


@pytest.fixture
def intake() -> Intake:
    dialects: Any = DIALECTS
    return Intake(dialects, b"a deployment's secret", 1 << 20, timedelta(minutes=5))


@pytest.fixture
def catalogue(catalogue: Any) -> Any:
    issuer = Issuer(tenant="north", id="did:web:north.example.org", name="North", url="https://north.example.org")
    sources = (
        Source(name="grades", dialect="spoken", topic="lms.grades", learner="email", directory="people"),
        Source(name="users", dialect="spoken", topic="lms.users", learner="email", directory="people"),
        Source(name="alone", dialect="spoken", topic="lms.alone", learner="email"),
        Source(name="by-id", dialect="spoken", topic="lms.by-id"),
        Source(name="hook", dialect="spoken", webhook=True, learner="email"),
    )
    catalogue.current = catalogue.applied = Catalogue(1, (Tenant(issuer=issuer, sources=sources, achievements=()),))
    return catalogue


class FakeKafka:
    """Acknowledges what is published and dead letters, unless it is down."""

    def __init__(self) -> None:
        self.published: list[Event] = []
        self.letters: list[tuple[Record, Rejected]] = []
        self.is_down = False

    async def publish(self, events: Iterable[Event]) -> None:
        events = list(events)
        if self.is_down and events:
            raise Unavailable("kafka")
        self.published += events

    async def write(self, record: Record, error: Rejected) -> None:
        if self.is_down:
            raise Unavailable("kafka")
        self.letters.append((record, error))

    @property
    def activities(self) -> list[LearningActivity]:
        return [each for each in self.published if isinstance(each, LearningActivity)]

    @property
    def reachable(self) -> list[str]:
        return [each.learner for each in self.published if isinstance(each, LearnerReachable)]


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka()


@pytest.fixture
def handlers(desk: Any, kafka: FakeKafka) -> Handlers:
    made: Handlers = desk.handlers(kafka)
    return made


@pytest.fixture
def record() -> Callable[..., Record]:
    """A record of a topic that says this."""

    def record(topic: str, offset: int = 0, **said: Any) -> Record:
        return Record(topic, 0, offset, b"key", json.dumps(said).encode(), (("x", b"\xff"),), 1_700_000_000_000)

    return record


@pytest.fixture
def counted(registry: Any) -> Callable[..., float]:
    """How many events of a source became that."""

    def counted(outcome: str, source: str = "north/grades") -> float:
        labels = {"source": source, "dialect": "spoken", "outcome": outcome}
        return registry.get_sample_value("laurel_events_received_total", labels) or 0.0

    return counted
