"""A webhook, and an LMS that signs what it sends."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from standardwebhooks.webhooks import Webhook

from services.intake.api import Webhooks
from services.intake.authentication import Authentication
from services.intake.canvas_keys import CanvasKeys
from services.intake.rate import Rates
from shared.catalogue.model import Catalogue, Source
from shared.contracts.events import Event
from shared.errors import Rejected, Unavailable
from shared.runtime.records import Record

Post = Callable[..., Any]

SECRET = "whsec_" + base64.b64encode(b"north's own secret, 32 bytes long").decode()
OTHER = "whsec_" + base64.b64encode(b"somebody else's secret").decode()
VARIABLE = "LAUREL_WEBHOOK_NORTH_HOOK"


class FakeKafka:
    """Takes activities and dead letters, or is down."""

    def __init__(self) -> None:
        self.published: list[Event] = []
        self.letters: list[tuple[Record, Rejected]] = []
        self.is_down = False

    async def publish(self, events: Iterable[Event]) -> None:
        if self.is_down:
            raise Unavailable("kafka")
        self.published += events

    async def write(self, record: Record, error: Rejected) -> None:
        if self.is_down:
            raise Unavailable("kafka")
        self.letters.append((record, error))


class FakeBreakers:
    """Remembers what it was told, and admits until it is opened."""

    def __init__(self) -> None:
        self.is_open = False
        self.observed: list[tuple[str, str, bool]] = []

    def admits(self, topic: str, source: str) -> bool:
        return not self.is_open

    def observe(self, topic: str, source: str, *, refused: bool) -> None:
        self.observed.append((topic, source, refused))


class FakeJwks:
    """The address of Canvas' keys: answers with what is published, or is down."""

    def __init__(self) -> None:
        self.published = b'{"keys": []}'
        self.is_down = False
        self.asked: list[str] = []

    async def fetch(self, address: str) -> bytes:
        self.asked.append(address)
        if self.is_down:
            raise Unavailable(address)
        return self.published


class Stopwatch:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def jwks() -> FakeJwks:
    return FakeJwks()


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka()


@pytest.fixture
def breakers() -> FakeBreakers:
    return FakeBreakers()


@pytest.fixture
def environment() -> dict[str, str]:
    return {VARIABLE: SECRET}


@pytest.fixture
async def client(
    desk: Any,
    kafka: FakeKafka,
    breakers: FakeBreakers,
    environment: dict[str, str],
    jwks: FakeJwks,
    stopwatch: Stopwatch,
    now: datetime,
) -> AsyncIterator[httpx.AsyncClient]:
    webhooks = Webhooks(
        handlers=desk.handlers(kafka),
        dead_letters=kafka,
        breakers=breakers,
        authentication=Authentication(environment, CanvasKeys(jwks.fetch, stopwatch)),
        rates=Rates(stopwatch),
        max_bytes=256 * 1024,
        retest_seconds=30.0,
    )
    app = FastAPI(openapi_url=None)
    app.include_router(webhooks.router())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://intake") as client:
        yield client


@pytest.fixture
def post(client: httpx.AsyncClient) -> Post:
    """Sends a delivery, signed as an LMS would."""

    async def post(
        event: object,
        secret: str = SECRET,
        path: str = "/webhooks/north/hook",
        at: datetime | None = None,
        **headers: str,
    ) -> httpx.Response:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return await client.post(path, content=body, headers={**signed(body, secret, at), **headers})

    return post


def signed(body: bytes, secret: str = SECRET, at: datetime | None = None) -> dict[str, str]:
    at = at or datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", at, body.decode("latin-1") if not body.isascii() else body.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


@pytest.fixture
def add_source(catalogue: Any) -> Callable[..., Source]:
    """Puts another webhook source into the catalogue."""

    def add_source(name: str, **settings: Any) -> Source:
        source = Source.model_validate({"name": name, "dialect": "cloudevents", "webhook": True} | settings)
        [tenant] = catalogue.current.tenants
        more = tenant.model_copy(update={"sources": (*tenant.sources, source)})
        catalogue.current = catalogue.applied = Catalogue(2, (more,))
        return source

    return add_source


@pytest.fixture
def answered(registry: CollectorRegistry) -> Callable[[str, str], float | None]:
    """How many requests to a webhook were answered so."""

    def answered(source: str, outcome: str) -> float | None:
        return registry.get_sample_value("laurel_webhook_requests_total", {"source": source, "outcome": outcome})

    return answered


@pytest.fixture
def secret() -> str:
    return SECRET


@pytest.fixture
def other_secret() -> str:
    return OTHER


@pytest.fixture
def signed_bytes() -> Callable[[bytes, datetime], dict[str, str]]:
    """Signs by hand what the package can't: bytes that are no text."""

    def sign(body: bytes, at: datetime) -> dict[str, str]:
        timestamp = str(int(at.timestamp()))
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        digest = hmac.new(key, f"msg_1.{timestamp}.".encode() + body, hashlib.sha256).digest()
        signature = "v1," + base64.b64encode(digest).decode()
        return {"webhook-id": "msg_1", "webhook-timestamp": timestamp, "webhook-signature": signature}

    return sign


@pytest.fixture
def is_problem() -> Callable[[httpx.Response, int, str], bool]:
    """Whether an answer is problem details with this status and code."""

    def is_problem(response: httpx.Response, status: int, code: str) -> bool:
        said = response.json()
        return (
            response.status_code == status
            and response.headers["content-type"] == "application/problem+json"
            and (said["status"], said["code"]) == (status, code)
        )

    return is_problem
