"""The HTTP side: signed webhooks. 202 is said only after Kafka has acknowledged; no id is remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import Protocol
from urllib.parse import unquote_to_bytes

import structlog
from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from services.intake.domain import Accepted
from services.intake.handlers import Handlers, Origin
from services.intake.problem import problem
from services.intake.signature import UnusableSecret, is_signed
from services.intake.translation import Delivery
from shared.contracts import topics
from shared.errors import Rejected, Unavailable
from shared.runtime.records import Record

logger = structlog.get_logger()

_RETRY_SECONDS = 5


class DeadLetters(Protocol):
    """Where a delivery goes that can never succeed."""

    async def write(self, record: Record, error: Rejected) -> None:
        """Raises Unavailable."""
        ...


class Breakers(Protocol):
    """Stops a source that sends nothing but garbage."""

    def admits(self, topic: str, source: str) -> bool:
        """Whether one delivery may pass now."""
        ...

    def observe(self, topic: str, source: str, *, refused: bool) -> None:
        """Counts what became of it."""
        ...


@dataclass(frozen=True, slots=True)
class Webhooks:
    """What a delivery meets on its way to Kafka. What is unsigned leaves no trace but its answer."""

    handlers: Handlers
    dead_letters: DeadLetters
    breakers: Breakers
    environment: Mapping[str, str]
    """where secrets are looked up, by name"""
    max_bytes: int
    retest_seconds: float

    def router(self) -> APIRouter:
        """The one route."""
        router = APIRouter()
        router.add_api_route("/webhooks/{tenant}/{source}", self.receive, methods=["POST"], response_model=None)
        return router

    async def receive(self, tenant: str, source: str, request: Request) -> Response:
        """One delivery."""
        try:
            origin = await self.handlers.webhook(tenant, source)
            if origin is None:
                return problem(HTTPStatus.NOT_FOUND, "no such webhook in the catalogue", code="unknown_source")
            body = await _body(request, self.max_bytes)
            if body is None:
                limit = f"a delivery has at most {self.max_bytes} bytes"
                return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, limit, code="too_large")
            return self._refusal(origin, request.headers, body) or await self._take(origin, request, body)
        except Unavailable as error:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error), code="unavailable", retry_after=_RETRY_SECONDS)

    def _refusal(self, origin: Origin, headers: Mapping[str, str], body: bytes) -> Response | None:
        """Why this delivery is not even looked at, if it isn't."""
        name = origin.source.secret_variable(origin.tenant)
        try:
            signed = is_signed(self.environment[name], headers, body)
        except (KeyError, UnusableSecret):
            logger.error("webhook_secret_missing_or_unusable", source=origin.label, variable=name)
            detail = "this webhook is not set up yet"
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, code="no_secret", retry_after=_RETRY_SECONDS)
        if not signed:
            detail = "the Standard Webhooks signature is missing, wrong or older than five minutes"
            return problem(HTTPStatus.UNAUTHORIZED, detail, code="bad_signature")
        if not self.breakers.admits(topics.WEBHOOK, origin.label):
            detail = "too many refused deliveries in a row: mend them, then try again"
            wait = ceil(self.retest_seconds)
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, code="breaker_open", retry_after=wait)
        return None

    async def _take(self, origin: Origin, request: Request, body: bytes) -> Response:
        """Raises Unavailable, with nothing counted: the sender will try again."""
        headers = _kept(request)
        try:
            accepted = await self._accept(origin, headers, body)
        except Rejected as error:
            named = ((topics.SOURCE_HEADER, origin.label.encode()), *headers)
            now_ms = int(self.handlers.clock().timestamp() * 1000)
            await self.dead_letters.write(Record(topics.WEBHOOK, 0, -1, None, body, named, now_ms), error)
            self.handlers.metrics.rejected(origin.label, origin.source.dialect)
            self.breakers.observe(topics.WEBHOOK, origin.label, refused=True)
            return problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), code=error.code)
        self.handlers.metrics.accepted(origin.label, origin.source.dialect, accepted)
        self.breakers.observe(topics.WEBHOOK, origin.label, refused=False)
        said = {"activities": len(accepted.activities), "irrelevant": accepted.irrelevant}
        return JSONResponse(said, status_code=HTTPStatus.ACCEPTED)

    async def _accept(self, origin: Origin, headers: Sequence[tuple[str, bytes]], body: bytes) -> Accepted:
        delivery = Delivery(origin.tenant, origin.source, body, dict(headers))
        accepted = self.handlers.intake.accept(delivery, self.handlers.clock())
        await self.handlers.directory.remember(accepted.learners)
        await self.handlers.publish(accepted.activities)
        return accepted


async def _body(request: Request, max_bytes: int) -> bytes | None:
    """The body, or None as soon as it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            return None
    return bytes(body)


def _kept(request: Request) -> tuple[tuple[str, bytes], ...]:
    """The headers that say something about the event, as Kafka would carry them; never a cookie or a signature."""
    kept: list[tuple[str, bytes]] = []
    for raw, value in request.headers.raw:
        name = raw.decode("latin-1").lower()
        if name == "content-type" or name.startswith("ce_"):
            kept.append((name, value))
        elif name.startswith("ce-"):
            # the HTTP binding percent-encodes what Kafka's carries as UTF-8
            kept.append((f"ce_{name[3:]}", unquote_to_bytes(value)))
    return tuple(kept)
