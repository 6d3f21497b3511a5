from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from standardwebhooks.webhooks import Webhook

from services.intake.api import Webhooks
from services.intake.domain import Intake
from services.intake.handlers import Handlers
from services.intake.metrics import IntakeMetrics
from services.intake.signature import is_signed
from shared.contracts import topics
from shared.contracts.events import Event
from shared.errors import Rejected, Unavailable
from shared.runtime.records import Record

Sample = Callable[..., dict[str, Any]]

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
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def client(
    intake: Intake,
    directory: Any,
    catalogue: Any,
    registry: CollectorRegistry,
    kafka: FakeKafka,
    breakers: FakeBreakers,
    environment: dict[str, str],
    now: datetime,
) -> AsyncIterator[httpx.AsyncClient]:
    webhooks = Webhooks(
        handlers=Handlers(intake, directory, catalogue, IntakeMetrics(registry), lambda: now),
        publish=kafka.publish,
        dead_letters=kafka,
        breakers=breakers,
        environment=environment,
        max_bytes=256 * 1024,
        retest_seconds=30.0,
    )
    app = FastAPI()
    app.include_router(webhooks.router())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://intake") as client:
        yield client


Post = Callable[..., Any]


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


def is_problem(response: httpx.Response, status: int, code: str) -> bool:
    said = response.json()
    return (
        response.status_code == status
        and response.headers["content-type"] == "application/problem+json"
        and (said["status"], said["code"]) == (status, code)
    )


async def test_a_delivery_is_accepted_once_kafka_has_it(
    post: Post, kafka: FakeKafka, directory: Any, breakers: FakeBreakers, cloud_event: Sample
) -> None:
    response = await post(cloud_event())

    assert (response.status_code, response.json()) == (202, {"activities": 1, "irrelevant": 0})
    assert [(each.tenant, each.source) for each in kafka.published] == [("north", "hook")]  # type: ignore[attr-defined]
    assert len(directory.remembered) == 1
    assert breakers.observed == [(topics.WEBHOOK, "north/hook", False)]


async def test_an_irrelevant_delivery_is_accepted_too(post: Post, kafka: FakeKafka, cloud_event: Sample) -> None:
    response = await post(cloud_event({"type": "org.example.viewed"}))

    assert (response.status_code, response.json()) == (202, {"activities": 0, "irrelevant": 1})
    assert kafka.published == []


async def test_a_repeat_is_accepted_again_and_is_the_same_fact(
    post: Post, kafka: FakeKafka, cloud_event: Sample
) -> None:
    await post(cloud_event())

    response = await post(cloud_event())

    assert response.status_code == 202
    first, second = kafka.published
    assert first == second


async def test_binary_mode_over_http_is_understood(post: Post, kafka: FakeKafka, cloud_event: Sample) -> None:
    event = cloud_event()
    headers = {f"ce-{name}": event[name] for name in ("specversion", "type", "source", "time")}

    await post(event["data"], **headers, **{"ce-id": "caf%C3%A9", "content-type": "application/json"})

    assert [each.event_id for each in kafka.published] == ["/lms/north#café"]  # type: ignore[attr-defined]


async def test_a_wrong_signature_is_refused_without_a_trace(
    post: Post, kafka: FakeKafka, breakers: FakeBreakers, registry: CollectorRegistry
) -> None:
    response = await post(b"{", secret=OTHER)

    assert is_problem(response, 401, "bad_signature")
    assert (kafka.published, kafka.letters, breakers.observed) == ([], [], [])


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_signature_is_good_for_five_minutes(post: Post, cloud_event: Sample, minutes: int) -> None:
    response = await post(cloud_event(), at=datetime.now(UTC) + timedelta(minutes=minutes))

    assert is_problem(response, 401, "bad_signature")


@pytest.mark.parametrize("signature", ["", "v1", "v1,%%%", "v2,AAAA", "v1,AAAA v1,", ","])
async def test_a_malformed_signature_is_refused(post: Post, cloud_event: Sample, signature: str) -> None:
    response = await post(cloud_event(), **{"webhook-signature": signature})

    assert is_problem(response, 401, "bad_signature")


@pytest.mark.parametrize("timestamp", ["", "now", "nan", "inf", "9" * 400])
async def test_a_malformed_timestamp_is_refused(post: Post, cloud_event: Sample, timestamp: str) -> None:
    response = await post(cloud_event(), **{"webhook-timestamp": timestamp})

    assert is_problem(response, 401, "bad_signature")


async def test_an_unsigned_delivery_is_refused(client: httpx.AsyncClient, cloud_event: Sample) -> None:
    response = await client.post("/webhooks/north/hook", json=cloud_event())

    assert is_problem(response, 401, "bad_signature")


async def test_a_secret_can_be_rotated(post: Post, environment: dict[str, str], cloud_event: Sample) -> None:
    environment[VARIABLE] = f"{OTHER} {SECRET}"

    assert (await post(cloud_event())).status_code == 202
    assert (await post(cloud_event(), secret=OTHER)).status_code == 202


@pytest.mark.parametrize("secret", [None, "", "whsec_", "ünusable", "whsec_a"])
async def test_without_a_usable_secret_nothing_is_taken(
    post: Post, environment: dict[str, str], cloud_event: Sample, secret: str | None
) -> None:
    environment.clear()
    if secret is not None:
        environment[VARIABLE] = secret

    response = await post(cloud_event())

    assert is_problem(response, 503, "no_secret")


@pytest.mark.parametrize("path", ["/webhooks/north/nobody", "/webhooks/nobody/hook", "/webhooks/north/bus"])
async def test_only_webhook_sources_have_a_webhook(post: Post, cloud_event: Sample, path: str) -> None:
    response = await post(cloud_event(), path=path)

    assert is_problem(response, 404, "unknown_source")


async def test_a_source_that_was_just_applied_is_found(post: Post, catalogue: Any, cloud_event: Sample) -> None:
    catalogue.current = type(catalogue.current)(0, ())

    assert (await post(cloud_event())).status_code == 202


async def test_a_body_beyond_the_limit_is_refused(post: Post, cloud_event: Sample) -> None:
    response = await post(cloud_event({"data/padding": "x" * 256 * 1024}))

    assert is_problem(response, 413, "too_large")


async def test_a_delivery_that_can_never_succeed_is_a_dead_letter(
    post: Post,
    kafka: FakeKafka,
    breakers: FakeBreakers,
    registry: CollectorRegistry,
    now: datetime,
    cloud_event: Sample,
) -> None:
    event = cloud_event({"data/grade": 7})

    response = await post(
        event, **{"content-type": "application/cloudevents+json", "ce-id": "%41", "cookie": "private"}
    )

    assert is_problem(response, 422, "invalid")
    assert response.json()["detail"].startswith("data.grade: ")
    ((record, error),) = kafka.letters
    assert (record.topic, record.partition, record.offset, record.key) == ("webhook", 0, -1, None)
    assert record.value == json.dumps(event).encode()
    assert record.headers[0] == (topics.SOURCE_HEADER, b"north/hook")
    assert dict(record.headers[1:]) == {"content-type": b"application/cloudevents+json", "ce_id": b"A"}
    assert record.timestamp == int(now.timestamp() * 1000)
    assert error.code == "invalid"
    assert breakers.observed == [(topics.WEBHOOK, "north/hook", True)]
    labels = {"source": "north/hook", "dialect": "cloudevents", "outcome": "rejected"}
    assert registry.get_sample_value("laurel_events_received_total", labels) == 1


async def test_a_signed_body_that_is_no_text_is_a_dead_letter(client: httpx.AsyncClient, kafka: FakeKafka) -> None:
    body = b"\xff\xfe\x00 avro"
    at = datetime.now(UTC)

    response = await client.post("/webhooks/north/hook", content=body, headers=signed_bytes(body, at))

    assert is_problem(response, 422, "not_json")
    assert kafka.letters[0][0].value == body


def signed_bytes(body: bytes, at: datetime) -> dict[str, str]:
    timestamp = str(int(at.timestamp()))
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.new(key, f"msg_1.{timestamp}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": "msg_1", "webhook-timestamp": timestamp, "webhook-signature": signature}


@pytest.mark.parametrize("body", [b"{}", b"\xff"])
def test_one_changed_byte_breaks_the_signature(body: bytes) -> None:
    headers = signed_bytes(body, datetime.now(UTC))

    assert is_signed(SECRET, headers, body)
    assert not is_signed(SECRET, headers, body + b" ")


async def test_while_kafka_is_down_the_sender_is_asked_to_try_again(
    post: Post, kafka: FakeKafka, registry: CollectorRegistry, cloud_event: Sample
) -> None:
    kafka.is_down = True

    good, bad = await post(cloud_event()), await post(b"{")

    for response in (good, bad):
        assert is_problem(response, 503, "unavailable")
        assert response.headers["retry-after"] == "5"
    assert registry.get_sample_value("laurel_event_lag_seconds_count") == 0
    labels = {"source": "north/hook", "dialect": "cloudevents", "outcome": "rejected"}
    assert registry.get_sample_value("laurel_events_received_total", labels) is None


async def test_while_the_store_is_down_nothing_is_published(
    post: Post, kafka: FakeKafka, directory: Any, cloud_event: Sample
) -> None:
    directory.is_down = True

    response = await post(cloud_event())

    assert is_problem(response, 503, "unavailable")
    assert kafka.published == []


async def test_an_open_breaker_asks_its_source_to_wait(
    post: Post, kafka: FakeKafka, breakers: FakeBreakers, cloud_event: Sample
) -> None:
    breakers.is_open = True

    response = await post(cloud_event())

    assert is_problem(response, 503, "breaker_open")
    assert response.headers["retry-after"] == "30"
    assert kafka.published == []


async def test_whoever_cannot_sign_cannot_use_up_a_breakers_retest(
    post: Post, breakers: FakeBreakers, cloud_event: Sample
) -> None:
    breakers.is_open = True

    response = await post(cloud_event(), secret=OTHER)

    assert is_problem(response, 401, "bad_signature")
