"""What the webhook tells programs about itself: an OpenAPI document."""

from __future__ import annotations

from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from fastapi import Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import JSONResponse

from services.intake.problem import MEDIA_TYPE

_PROBLEM = "Problem"
_REFUSALS = {
    HTTPStatus.UNAUTHORIZED: "The proof that the source's scheme asks for is missing or wrong. Codes: bad_signature, "
    "bad_secret, bad_token",
    HTTPStatus.NOT_FOUND: "The catalogue has no such webhook. Code: unknown_source",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than is taken. Code: too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is compressed. Code: encoded",
    HTTPStatus.UNPROCESSABLE_ENTITY: "It can never succeed, and was put aside with this reason: don't send it again. "
    "The code says why; detail names the field",
    HTTPStatus.TOO_MANY_REQUESTS: "More in a minute than the source may bring. Code: rate_limited",
    HTTPStatus.SERVICE_UNAVAILABLE: "Try again later. Codes: unavailable, no_secret, breaker_open",
}
_WAITING = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 1}}}


def _refusal(status: HTTPStatus, description: str) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{_PROBLEM}"}}}
    told: dict[str, Any] = {"description": description, "content": content}
    return told | ({"headers": _RETRY_AFTER} if status in _WAITING else {})


_COUNT = {"type": "integer", "minimum": 0}
_ACCEPTED = {
    "description": "Kafka has acknowledged it. Sending it again is harmless",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["activities", "irrelevant"],
                "properties": {"activities": _COUNT, "irrelevant": _COUNT, "profiles": _COUNT, "waiting": _COUNT},
                "additionalProperties": False,
            }
        }
    },
}
_EVENT = {"description": "An event, or several, in the dialect of the source"}
_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": _EVENT},
        "application/cloudevents+json": {"schema": _EVENT | {"type": "object"}},
        "application/cloudevents-batch+json": {"schema": _EVENT | {"type": "array"}},
        "application/jwt": {"schema": {"type": "string", "description": "A Canvas Live Event, signed with RS256"}},
    },
}
OPERATION: dict[str, Any] = {
    "summary": "Deliver an event",
    "description": "The source's `auth.scheme` in the catalogue says which proof is asked for. With `secret` and a "
    "`field` the proof is in the JSON body, with `canvas` all of the body is a signed JWT: then without a header.",
    "operation_id": "deliver",
    "status_code": HTTPStatus.ACCEPTED.value,
    "responses": {HTTPStatus.ACCEPTED.value: _ACCEPTED}
    | {status.value: _refusal(status, told) for status, told in _REFUSALS.items()},
    "openapi_extra": {
        "requestBody": _BODY,
        "security": [
            {"webhookId": [], "webhookTimestamp": [], "webhookSignature": []},
            {"bearer": []},
            {"header": []},
            {},
        ],
    },
}


def _in_header(name: str, description: str) -> dict[str, str]:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}


_COMPONENTS = {
    "schemas": {
        _PROBLEM: {
            "type": "object",
            "description": "RFC 9457 problem details",
            "required": ["type", "title", "status", "detail", "code"],
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string", "description": "What went wrong and what to do"},
                "code": {"type": "string", "description": "For programs", "pattern": "^[a-z0-9_]+$"},
            },
        }
    },
    "securitySchemes": {
        "webhookId": _in_header("webhook-id", "Standard Webhooks: the message's id"),
        "webhookTimestamp": _in_header("webhook-timestamp", "Standard Webhooks: seconds since the epoch"),
        "webhookSignature": _in_header("webhook-signature", "Standard Webhooks: HMAC-SHA256 of id, timestamp and body"),
        "bearer": {"type": "http", "scheme": "bearer", "description": "The shared secret"},
        "header": _in_header("X-Webhook-Token", "The shared secret, in the header that the catalogue names"),
    },
}


async def document(request: Request) -> JSONResponse:
    """The document, of the routes that there are."""
    described = get_openapi(title="Laurel webhooks", version=version("laurel"), routes=request.app.routes)
    return JSONResponse(described | {"components": _COMPONENTS})
