"""Events as LMSs send them, and the pieces around intake, faked by hand."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.intake.coverage import Coverage
from services.intake.dialects import DIALECTS
from services.intake.domain import Accepted, Intake
from services.intake.handlers import Handlers
from services.intake.metrics import IntakeMetrics
from services.intake.origins import Origins
from services.intake.reading import Reading
from services.intake.receiving import Receiving
from services.intake.sightings import Sightings
from services.intake.translation import Delivery
from services.intake.waiting import Waiting
from shared.catalogue.model import Catalogue, Issuer, Source, Tenant
from shared.errors import Rejected, Unavailable
from tests.unit.intake.memory import InMemoryAliases, InMemoryDirectory, InMemorySightings, InMemoryWaitingRoom

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

CLOUD_EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "type": "org.example.lms.course.completed.v1",
    "source": "/lms/north",
    "id": "7f1c",
    "time": "2026-04-05T03:56:24Z",
    "datacontenttype": "application/json",
    "data": {
        "learner": {"id": "39", "email": "ada@example.org", "name": "Ada Lovelace"},
        "course": {"id": "course-v1:Example+EDS101+2026"},
        "grade": 0.87,
    },
}

CANVAS: dict[str, Any] = {
    "metadata": {
        "context_id": "21070000000000565",
        "context_type": "Course",
        "event_name": "course_completed",
        "event_time": "2026-11-05T13:38:02.615Z",
        "producer": "canvas",
        "request_id": "1dd9dc6f",
        "root_account_id": "21070000000000001",
        "user_id": "21070000000000123",
        "user_sis_id": "S-456",
    },
    "body": {
        "course": {"account_id": "79", "id": "565", "name": "Bridges I", "sis_source_id": "2026.BR101-1"},
        "progress": {
            "completed_at": "2026-11-05T13:38:00.218Z",
            "requirement_completed_count": 6,
            "requirement_count": 6,
        },
        "user": {"email": "ada@example.org", "id": "123", "name": "Ada Lovelace"},
    },
}

STATEMENT: dict[str, Any] = {
    "id": "ebfef69f-dd05-5bf0-bf90-bad645bc6992",
    "actor": {
        "objectType": "Agent",
        "name": "Ada Lovelace",
        "account": {"homePage": "http://lms.example.org", "name": "32e08e30"},
    },
    "verb": {"id": "http://adlnet.gov/expapi/verbs/passed", "display": {"en": "passed"}},
    "object": {
        "objectType": "Activity",
        "id": "http://lms.example.org/course/course-v1:edX+DemoX+Demo",
        "definition": {
            "name": {"nl": "Voorbeeld", "en-US": "Demonstration"},
            "type": "http://adlnet.gov/expapi/activities/course",
        },
    },
    "result": {"score": {"scaled": 0.88, "raw": 88, "min": 0, "max": 100}, "success": True},
    "context": {"extensions": {"https://example.org/extensions/session": "44c2"}},
    "timestamp": "2026-07-15T06:36:01.917775+00:00",
    "version": "1.0.3",
}

Changes = Mapping[str, Any]
MISSING = object()


def changed(event: dict[str, Any], changes: Changes) -> dict[str, Any]:
    """A copy with some fields, named by their path, set anew or (with None as a marker object) left out."""
    event = copy.deepcopy(event)
    for path, value in changes.items():
        *parents, last = path.split("/")
        at = event
        for each in parents:
            at = at[each]
        if value is MISSING:
            at.pop(last, None)
        else:
            at[last] = value
    return event


@pytest.fixture
def missing() -> object:
    """Says that a field is left out."""
    return MISSING


@pytest.fixture
def cloud_event() -> Callable[..., dict[str, Any]]:
    return lambda changes=(): changed(CLOUD_EVENT, dict(changes))


@pytest.fixture
def canvas_event() -> Callable[..., dict[str, Any]]:
    return lambda changes=(): changed(CANVAS, dict(changes))


@pytest.fixture
def statement() -> Callable[..., dict[str, Any]]:
    return lambda changes=(): changed(STATEMENT, dict(changes))


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def intake() -> Intake:
    return Intake(dialects=DIALECTS, secret=b"a deployment's secret", max_bytes=1 << 20, tolerance=timedelta(minutes=5))


Accept = Callable[..., Accepted]


@pytest.fixture
def accept(intake: Intake) -> Accept:
    """Accepts one event of a dialect, from a source that is set as the keyword arguments say."""

    def accept(dialect: str, event: object, headers: Mapping[str, bytes] | None = None, **settings: Any) -> Accepted:
        source = Source(**{"name": "lms-main", "dialect": dialect, "topic": "lms.main", **settings})
        body = event if isinstance(event, bytes | None) else json.dumps(event).encode()
        return intake.accept(Delivery("north", source, body, headers or {}), NOW)

    return accept


@pytest.fixture
def directory() -> InMemoryDirectory:
    return InMemoryDirectory()


@pytest.fixture
def aliases() -> InMemoryAliases:
    return InMemoryAliases()


@pytest.fixture
def room() -> InMemoryWaitingRoom:
    return InMemoryWaitingRoom()


class FakeCatalogue:
    """A live catalogue that finds what was applied meanwhile when it is refreshed."""

    def __init__(self, current: Catalogue) -> None:
        self.current = current
        self.applied = current
        self.refreshed = 0

    async def refresh(self) -> None:
        self.refreshed += 1
        self.current = self.applied


def catalogue_of(*sources: Source) -> Catalogue:
    issuer = Issuer(tenant="north", id="did:web:north.example.org", name="North", url="https://north.example.org")
    return Catalogue(1, (Tenant(issuer=issuer, sources=sources, achievements=()),))


@pytest.fixture
def catalogue() -> FakeCatalogue:
    return FakeCatalogue(
        catalogue_of(
            Source(name="bus", dialect="cloudevents", topic="lms.bus"),
            Source(name="lrs", dialect="xapi", topic="lms.lrs"),
            Source(name="hook", dialect="cloudevents", webhook=True),
        )
    )


class FakeSchemas:
    """Schema registries that can be down, and know what is put into them."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, int], Any] = {}
        self.fetched: dict[str, dict[int, Any]] = {}
        self.asked: list[tuple[str, int]] = []
        self.down: set[str] = set()

    def known(self, registry: str | None) -> Mapping[int, Any]:
        return self.fetched.setdefault(registry, {}) if registry else {}

    async def fetch(self, registry: str, schema_id: int) -> None:
        self.asked.append((registry, schema_id))
        if registry in self.down:
            raise Unavailable("schema registry")
        if (registry, schema_id) not in self.held:
            raise Rejected("no such schema", code="unknown_schema")
        self.fetched.setdefault(registry, {})[schema_id] = self.held[registry, schema_id]


@pytest.fixture
def schemas() -> FakeSchemas:
    return FakeSchemas()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


class FakeClock:
    """Tells what it was set to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@dataclass
class Desk:
    """Handlers of one process, and what is around it: shared with others, as a store and a broker are."""

    intake: Intake
    directory: InMemoryDirectory
    aliases: InMemoryAliases
    room: InMemoryWaitingRoom
    catalogue: FakeCatalogue
    registry: CollectorRegistry
    schemas: FakeSchemas
    clock: FakeClock
    sightings: InMemorySightings
    most: int = 10

    def handlers(self, kafka: Any, registry: CollectorRegistry | None = None) -> Handlers:
        """A new process, which remembers nothing."""
        metrics, origins = IntakeMetrics(registry or self.registry), Origins(self.catalogue)
        receiving = Receiving(
            Reading(self.intake, self.schemas), self.directory, self.aliases, self.clock, kafka.publish
        )
        waiting = Waiting(
            room=self.room,
            aliases=self.aliases,
            receiving=receiving,
            arrivals=origins.of_parked,
            dead_letters=kafka,
            metrics=metrics,
            clock=self.clock,
            most=self.most,
            longest=timedelta(days=30),
        )
        coverage = Coverage(lambda: self.catalogue.current)
        sightings = Sightings(self.sightings, coverage, metrics, self.clock)
        return Handlers(receiving, waiting, origins, metrics, sightings)


@pytest.fixture
def desk(
    intake: Intake,
    directory: InMemoryDirectory,
    aliases: InMemoryAliases,
    room: InMemoryWaitingRoom,
    catalogue: FakeCatalogue,
    registry: CollectorRegistry,
    schemas: FakeSchemas,
    clock: FakeClock,
) -> Desk:
    return Desk(intake, directory, aliases, room, catalogue, registry, schemas, clock, InMemorySightings())
