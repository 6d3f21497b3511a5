"""The HTTP side: webhooks. 202 is said only after Kafka has acknowledged; no id is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import Protocol
from urllib.parse import unquote_to_bytes

import structlog
from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from services.intake import openapi
from services.intake.authentication import AUTHORIZATION, Authentication, NotAuthentic, NotSetUp
from services.intake.domain import Accepted
from services.intake.handlers import Handlers
from services.intake.metrics import UNKNOWN
from services.intake.origins import Origin
from services.intake.problem import Problem
from services.intake.rate import Rates
from shared.contracts import topics
from shared.errors import Rejected, Unavailable
from shared.runtime.records import Record

logger = structlog.get_logger()

_RETRY_SECONDS = 5
_DIGITS = 20


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
    """What a delivery meets on its way to Kafka. What isn't authentic leaves no trace but its answer."""

    handlers: Handlers
    dead_letters: DeadLetters
    breakers: Breakers
    authentication: Authentication
    rates: Rates
    max_bytes: int
    retest_seconds: float

    def router(self) -> APIRouter:
        """The one route, and its description."""
        router = APIRouter()
        router.add_api_route(
            "/webhooks/{tenant}/{source}", self.receive, methods=["POST"], response_model=None, **openapi.OPERATION
        )
        router.add_api_route("/openapi.json", openapi.document, methods=["GET"], include_in_schema=False)
        return router

    async def receive(self, tenant: str, source: str, request: Request) -> Response:
        """One delivery."""
        label = UNKNOWN
        try:
            origin = await self._origin(tenant, source)
            label = origin.label
            event = await self._authentic(origin, request)
            self._admit(origin)
            response = await self._take(origin, request, event)
        except (Problem, Unavailable) as error:
            problem = error if isinstance(error, Problem) else _unavailable(error)
            self.handlers.metrics.answered(label, problem.code)
            return problem.response()
        self.handlers.metrics.answered(label, "accepted")
        return response

    async def _origin(self, tenant: str, source: str) -> Origin:
        origin = await self.handlers.origins.webhook(tenant, source)
        if origin is None:
            raise Problem(HTTPStatus.NOT_FOUND, "no such webhook in the catalogue", code="unknown_source")
        return origin

    async def _authentic(self, origin: Origin, request: Request) -> bytes:
        """The event, once it is proved that the source sent it."""
        body = await self._body(request)
        try:
            return await self.authentication.event(origin, request.headers, body)
        except NotSetUp as error:
            logger.error("webhook_not_set_up", source=origin.label, lacks=error.lacks)
            detail = "this webhook is not set up yet"
            wait = _RETRY_SECONDS
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, code="no_secret", retry_after=wait) from None
        except NotAuthentic as error:
            raise Problem(HTTPStatus.UNAUTHORIZED, str(error), code=error.code) from None

    async def _body(self, request: Request) -> bytes:
        """The body; a Problem as soon as it is told or turns out to be too large."""
        encoding = request.headers.get("content-encoding", "identity")
        if encoding.strip().lower() != "identity":
            detail = "deliveries are taken as they are, without Content-Encoding"
            raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, code="encoded")
        told = request.headers.get("content-length", "")
        body = bytearray()
        if not (told.isdecimal() and len(told) < _DIGITS and int(told) > self.max_bytes):
            async for chunk in request.stream():
                body += chunk
                if len(body) > self.max_bytes:
                    break
            else:
                return bytes(body)
        limit = f"a delivery has at most {self.max_bytes} bytes"
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, limit, code="too_large")

    def _admit(self, origin: Origin) -> None:
        """Asked after the proof: strangers use up neither a source's rate nor its breaker's retest."""
        rate = origin.source.rate_per_minute
        wait = self.rates.wait(origin.label, rate) if rate else 0
        if wait:
            detail = f"more than {rate} deliveries in a minute"
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, code="rate_limited", retry_after=ceil(wait))
        if not self.breakers.admits(topics.WEBHOOK, origin.label):
            detail = "too many refused deliveries in a row: mend them, then try again"
            wait = self.retest_seconds
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, code="breaker_open", retry_after=ceil(wait))

    async def _take(self, origin: Origin, request: Request, body: bytes) -> Response:
        """Raises Unavailable, with nothing counted: the sender will try again."""
        named = ((topics.SOURCE_HEADER, origin.label.encode()), *_kept(origin, request))
        now_ms = int(self.handlers.receiving.clock().timestamp() * 1000)
        record = Record(topics.WEBHOOK, 0, -1, None, body, named, now_ms)
        arrival = self.handlers.origins.arrival(origin, record)
        (outcome,) = await self.handlers.take([arrival])
        match outcome:
            case Unavailable():
                raise outcome
            case Rejected():
                await self.dead_letters.write(record, outcome)
                self.handlers.count(arrival, outcome)
                self.breakers.observe(topics.WEBHOOK, origin.label, refused=True)
                raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(outcome), code=outcome.code)
            case Accepted():
                self.handlers.count(arrival, outcome)
                self.breakers.observe(topics.WEBHOOK, origin.label, refused=False)
                return JSONResponse(_in_words(outcome), status_code=HTTPStatus.ACCEPTED)


def _in_words(accepted: Accepted) -> dict[str, int]:
    """What became of a delivery."""
    said = {"activities": len(accepted.activities), "irrelevant": accepted.irrelevant}
    more = {"profiles": accepted.profiles, "waiting": len(accepted.waits) + accepted.repeats}
    return said | {name: count for name, count in more.items() if count}


def _unavailable(error: Unavailable) -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error), code="unavailable", retry_after=_RETRY_SECONDS)


def _kept(origin: Origin, request: Request) -> tuple[tuple[str, bytes], ...]:
    """The headers that say something about the event, as Kafka would carry them; never a cookie, a signature or the
    secret. What was inside of Canvas' token is JSON.
    """
    auth = origin.source.auth
    kept: list[tuple[str, bytes]] = []
    for raw, value in request.headers.raw:
        name = raw.decode("latin-1").lower()
        if auth.scheme == "secret" and name == (auth.header or AUTHORIZATION).lower():
            continue
        if name == "content-type":
            kept.append((name, b"application/json" if auth.scheme == "canvas" else value))
        elif name.startswith("ce_"):
            kept.append((name, value))
        elif name.startswith("ce-"):
            # the HTTP binding percent-encodes what Kafka's carries as UTF-8
            kept.append((f"ce_{name[3:]}", unquote_to_bytes(value)))
    return tuple(kept)
