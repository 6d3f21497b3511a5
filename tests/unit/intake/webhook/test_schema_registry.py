"""Open edX by webhook, with a schema registry."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

REGISTRY = "https://registry.example.org"
HEADERS = {
    "ce-type": "org.openedx.learning.student.registration.completed.v1",
    "ce-time": "2026-11-23T11:59:00Z",
    "content-type": "application/avro",
}
BODY = b"\0\0\0\0\7abc"
Post = Callable[..., Awaitable[httpx.Response]]


async def test_while_its_registry_is_down_the_sender_is_asked_to_try_again(
    post: Post, schemas: Any, add_source: Callable[..., Any], environment: dict[str, str], secret: str
) -> None:
    add_source("edx", dialect="openedx", schema_registry=REGISTRY, secret_env="EDX")
    environment["EDX"] = secret
    schemas.down.add(REGISTRY)

    response = await post(BODY, path="/webhooks/north/edx", **HEADERS)

    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert int(response.headers["retry-after"]) > 0


async def test_an_id_that_the_registry_does_not_know_can_never_succeed(
    post: Post, add_source: Callable[..., Any], environment: dict[str, str], secret: str
) -> None:
    add_source("edx", dialect="openedx", schema_registry=REGISTRY, secret_env="EDX")
    environment["EDX"] = secret

    response = await post(BODY, path="/webhooks/north/edx", **HEADERS)

    assert (response.status_code, response.json()["code"]) == (422, "unknown_schema")
