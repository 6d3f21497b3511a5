from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from services.intake.signature import is_signed

Sample = Callable[..., dict[str, Any]]
Post = Callable[..., Any]
IsProblem = Callable[[httpx.Response, int, str], bool]
SignBytes = Callable[[bytes, datetime], dict[str, str]]


async def test_a_wrong_signature_is_refused_without_a_trace(
    post: Post, kafka: Any, breakers: Any, registry: CollectorRegistry, other_secret: str, is_problem: IsProblem
) -> None:
    response = await post(b"{", secret=other_secret)

    assert is_problem(response, 401, "bad_signature")
    assert (kafka.published, kafka.letters, breakers.observed) == ([], [], [])


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_signature_is_good_for_five_minutes(
    post: Post, cloud_event: Sample, minutes: int, is_problem: IsProblem
) -> None:
    response = await post(cloud_event(), at=datetime.now(UTC) + timedelta(minutes=minutes))

    assert is_problem(response, 401, "bad_signature")


@pytest.mark.parametrize("signature", ["", "v1", "v1,%%%", "v2,AAAA", "v1,AAAA v1,", ","])
async def test_a_malformed_signature_is_refused(
    post: Post, cloud_event: Sample, signature: str, is_problem: IsProblem
) -> None:
    response = await post(cloud_event(), **{"webhook-signature": signature})

    assert is_problem(response, 401, "bad_signature")


@pytest.mark.parametrize("timestamp", ["", "now", "nan", "inf", "9" * 400])
async def test_a_malformed_timestamp_is_refused(
    post: Post, cloud_event: Sample, timestamp: str, is_problem: IsProblem
) -> None:
    response = await post(cloud_event(), **{"webhook-timestamp": timestamp})

    assert is_problem(response, 401, "bad_signature")


async def test_an_unsigned_delivery_is_refused(
    client: httpx.AsyncClient, cloud_event: Sample, is_problem: IsProblem
) -> None:
    response = await client.post("/webhooks/north/hook", json=cloud_event())

    assert is_problem(response, 401, "bad_signature")


async def test_a_secret_can_be_rotated(
    post: Post, environment: dict[str, str], cloud_event: Sample, other_secret: str, secret: str
) -> None:
    environment["LAUREL_WEBHOOK_NORTH_HOOK"] = f"{other_secret} {secret}"

    assert (await post(cloud_event())).status_code == 202
    assert (await post(cloud_event(), secret=other_secret)).status_code == 202


@pytest.mark.parametrize("secret", [None, "", "whsec_", "ünusable", "whsec_a"])
async def test_without_a_usable_secret_nothing_is_taken(
    post: Post, environment: dict[str, str], cloud_event: Sample, secret: str | None, is_problem: IsProblem
) -> None:
    environment.clear()
    if secret is not None:
        environment["LAUREL_WEBHOOK_NORTH_HOOK"] = secret

    response = await post(cloud_event())

    assert is_problem(response, 503, "no_secret")


async def test_a_signed_body_that_is_no_text_is_a_dead_letter(
    client: httpx.AsyncClient, kafka: Any, is_problem: IsProblem, signed_bytes: SignBytes
) -> None:
    body = b"\xff\xfe\x00 avro"
    at = datetime.now(UTC)

    response = await client.post("/webhooks/north/hook", content=body, headers=signed_bytes(body, at))

    assert is_problem(response, 422, "not_json")
    assert kafka.letters[0][0].value == body


@pytest.mark.parametrize("body", [b"{}", b"\xff"])
def test_one_changed_byte_breaks_the_signature(body: bytes, secret: str, signed_bytes: SignBytes) -> None:
    headers = signed_bytes(body, datetime.now(UTC))

    assert is_signed(secret, headers, body)
    assert not is_signed(secret, headers, body + b" ")


async def test_whoever_cannot_sign_cannot_use_up_a_breakers_retest(
    post: Post, breakers: Any, cloud_event: Sample, other_secret: str, is_problem: IsProblem
) -> None:
    breakers.is_open = True

    response = await post(cloud_event(), secret=other_secret)

    assert is_problem(response, 401, "bad_signature")
