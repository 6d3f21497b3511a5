"""Whoever sends nothing but garbage closes the own webhook for a while, and nobody else notices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from shared.contracts import topics
from shared.runtime.breaker import Breakers

Sample = Callable[..., dict[str, Any]]
Post = Callable[..., Any]
AddSource = Callable[..., Any]
IsProblem = Callable[[httpx.Response, int, str], bool]

OPENS_AT = 50


@pytest.fixture
def breakers(stopwatch: Any) -> Breakers:
    """The real ones."""
    return Breakers(refusals=OPENS_AT, retest_seconds=30, clock=stopwatch, on_change=lambda *_: None)


async def test_fifty_refused_deliveries_stop_their_source_alone_until_a_good_one(
    post: Post,
    breakers: Breakers,
    stopwatch: Any,
    add_source: AddSource,
    environment: dict[str, str],
    cloud_event: Sample,
    secret: str,
    kafka: Any,
    is_problem: IsProblem,
) -> None:
    add_source("babble", secret_env="BABBLE")
    environment["BABBLE"] = secret
    babble = "/webhooks/north/babble"

    refused = [(await post(b"{", path=babble)).status_code for _ in range(OPENS_AT)]
    stopped = await post(cloud_event(), path=babble)
    others = await post(cloud_event())
    stopwatch.seconds += 30
    retest = await post(b"{", path=babble)
    still = await post(cloud_event(), path=babble)
    stopwatch.seconds += 30
    mended = [(await post(cloud_event(), path=babble)).status_code for _ in range(3)]

    assert refused == [422] * OPENS_AT
    assert is_problem(stopped, 503, "breaker_open")
    assert stopped.headers["retry-after"] == "30"
    assert others.status_code == 202
    assert is_problem(retest, 422, "not_json")
    assert is_problem(still, 503, "breaker_open")
    assert mended == [202] * 3
    assert not breakers.is_open(topics.WEBHOOK, "north/babble")
    assert len(kafka.letters) == OPENS_AT + 1
