from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime

import httpx
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.ctl.events_file import Destination, Line
from services.ctl.sending import Sender, signed, with_secret
from services.ctl.settings import CtlSettings
from shared.catalogue.model import Source, WebhookAuth

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


def test_a_signature_is_one_that_standard_webhooks_accepts() -> None:
    body = b'{"name": "\xc3\xbc"}'

    headers = signed(SECRET, "line-1", datetime.now(UTC), body)

    assert Webhook(SECRET).verify(body.decode(), headers) == {"name": "ü"}


def test_another_body_is_not_covered() -> None:
    headers = signed(SECRET, "line-1", datetime.now(UTC), b"{}")

    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify("[]", headers)


def test_of_two_secrets_the_first_signs() -> None:
    other = "whsec_" + base64.b64encode(b"another one that is older").decode()

    headers = signed(f"{SECRET} {other}", "line-1", datetime.now(UTC), b"{}")

    assert Webhook(SECRET).verify("{}", headers) == {}


async def test_a_header_that_http_can_not_carry_is_told_at_once() -> None:
    source = Source(name="hook", dialect="cloudevents", webhook=True, secret_env="HOOK_SECRET")
    line = Line(1, Destination("north", source), None, b"{}", (("x", b"two\nlines"),))
    lines: asyncio.Queue[Line | None] = asyncio.Queue()
    for each in (line, None):
        lines.put_nowait(each)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sender = Sender(CtlSettings(), f"http://127.0.0.1:{port}/webhooks", {"HOOK_SECRET": SECRET})

    async with server, httpx.AsyncClient() as http, asyncio.timeout(5):
        await sender._post_all(http, lines)

    assert [(each.line.number, each.error_code) for each in sender.sent.not_taken] == [(1, "not_sendable")]


async def test_what_only_canvas_can_sign_is_told_and_not_sent() -> None:
    auth = WebhookAuth(scheme="canvas", account="21070000000000001")
    source = Source(name="canvas", dialect="canvas", webhook=True, auth=auth)
    lines: asyncio.Queue[Line | None] = asyncio.Queue()
    for each in (Line(1, Destination("north", source), None, b"{}", ()), None):
        lines.put_nowait(each)
    sender = Sender(CtlSettings(), "http://127.0.0.1:1/webhooks", {})

    async with httpx.AsyncClient() as http, asyncio.timeout(5):
        await sender._post_all(http, lines)

    [refused] = sender.sent.not_taken
    assert refused.error_code == "can_not_sign"
    assert "only Canvas can sign" in refused.message


async def test_a_webhook_without_its_secret_is_told_at_once() -> None:
    source = Source(name="hook", dialect="cloudevents", webhook=True, secret_env="HOOK_SECRET")
    lines: asyncio.Queue[Line | None] = asyncio.Queue()
    for each in (Line(1, Destination("north", source), None, b"{}", ()), None):
        lines.put_nowait(each)
    sender = Sender(CtlSettings(), "http://intake/webhooks", {"HOOK_SECRET": SECRET})
    not_set_up = httpx.Response(503, json={"code": "no_secret", "detail": "this webhook is not set up yet"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: not_set_up)) as http, asyncio.timeout(5):
        await sender._post_all(http, lines)

    [refused] = sender.sent.not_taken
    assert refused.error_code == "no_secret"
    assert "HOOK_SECRET" in refused.message


@pytest.mark.parametrize(
    ("header", "headers"), [(None, {"authorization": f"Bearer {SECRET}"}), ("X-Token", {"X-Token": SECRET})]
)
def test_a_secret_goes_into_the_header_that_the_source_names(header: str | None, headers: dict[str, str]) -> None:
    auth = WebhookAuth(scheme="secret", header=header)

    assert with_secret(auth, SECRET, b"{oops") == (headers, b"{oops")


@pytest.mark.parametrize("body", [b"", b"{oops", b"[]", b"\xff", b"[" * 100_000])
def test_a_secret_goes_into_the_body_where_there_is_room_for_it(body: bytes) -> None:
    auth = WebhookAuth(scheme="secret", field="token")

    headers, event = with_secret(auth, SECRET, b'{"id": "1"}')

    assert (headers, json.loads(event)) == ({}, {"id": "1", "token": SECRET})
    assert with_secret(auth, SECRET, body) == ({}, body)
