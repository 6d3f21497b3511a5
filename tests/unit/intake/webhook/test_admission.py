"""What is refused before anybody looks at the event: too much, too often, compressed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from services.intake.rate import Rates

Sample = Callable[..., dict[str, Any]]
Post = Callable[..., Any]
AddSource = Callable[..., Any]
Answered = Callable[[str, str], float | None]
IsProblem = Callable[[httpx.Response, int, str], bool]

LIMIT = 256 * 1024
BUSY = "/webhooks/north/busy"


@pytest.fixture
def _busy(add_source: AddSource, environment: dict[str, str], secret: str) -> None:
    environment["LAUREL_WEBHOOK_NORTH_BUSY"] = secret
    add_source("busy", rate_per_minute=6)


@pytest.mark.usefixtures("_busy")
async def test_beyond_its_rate_a_source_is_asked_to_wait_and_nothing_is_kept(
    post: Post, kafka: Any, breakers: Any, stopwatch: Any, cloud_event: Sample, is_problem: IsProblem
) -> None:
    taken = [await post(cloud_event(), path=BUSY) for _ in range(6)]

    good, garbage = await post(cloud_event(), path=BUSY), await post(b"{", path=BUSY)
    stopwatch.seconds += 10
    later = [await post(cloud_event(), path=BUSY) for _ in range(2)]

    assert [each.status_code for each in taken] == [202] * 6
    assert is_problem(good, 429, "rate_limited")
    assert good.headers["retry-after"] == "10"
    assert is_problem(garbage, 429, "rate_limited")
    assert [each.status_code for each in later] == [202, 429]
    assert kafka.letters == []
    assert [refused for _, _, refused in breakers.observed] == [False] * 7


@pytest.mark.usefixtures("_busy")
async def test_one_source_does_not_use_up_anothers_rate_and_strangers_use_up_nobodys(
    post: Post, add_source: AddSource, environment: dict[str, str], cloud_event: Sample, secret: str, other_secret: str
) -> None:
    environment["CALM"] = secret
    add_source("calm", rate_per_minute=1, secret_env="CALM")
    strangers = [await post(cloud_event(), path=BUSY, secret=other_secret) for _ in range(20)]
    own = [await post(cloud_event(), path=BUSY) for _ in range(7)]
    others = [await post(cloud_event()) for _ in range(20)]
    calm = await post(cloud_event(), path="/webhooks/north/calm")

    assert {each.status_code for each in strangers} == {401}
    assert [each.status_code for each in own] == [202] * 6 + [429]
    assert {each.status_code for each in others} == {202}
    assert calm.status_code == 202


@given(st.integers(1, 600), st.lists(st.floats(0, 20), max_size=200))
def test_in_no_minute_more_is_taken_than_twice_the_rate_and_in_the_long_run_no_more_than_the_rate(
    per_minute: int, pauses: list[float]
) -> None:
    moments: list[float] = []
    now = 0.0
    rates = Rates(lambda: now)
    for pause in pauses:
        now += pause
        if rates.wait("north/hook", per_minute) == 0:
            moments.append(now)

    assert len(moments) <= per_minute * (1 + now / 60) + 1e-6
    assert all(sum(at <= each < at + 60 for each in moments) <= 2 * per_minute + 1 for at in moments)


def test_nothing_is_saved_up_while_nobody_sends() -> None:
    now = 0.0
    rates = Rates(lambda: now)
    rates.wait("north/hook", 6)
    now = 3600.0

    assert [rates.wait("north/hook", 6) for _ in range(7)] == [0, 0, 0, 0, 0, 0, 10]


@given(st.integers(1, 600), st.integers(0, 50))
def test_whoever_waits_as_long_as_told_is_let_in(per_minute: int, eager: int) -> None:
    now = 0.0
    rates = Rates(lambda: now)
    for _ in range(per_minute + eager):
        rates.wait("north/hook", per_minute)

    now += rates.wait("north/hook", per_minute) + 1e-6

    assert rates.wait("north/hook", per_minute) == 0


async def test_a_body_that_is_told_to_be_too_large_is_not_even_read(
    client: httpx.AsyncClient, is_problem: IsProblem
) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 10 * LIMIT:
            read += 1024
            yield b"x" * 1024

    told = await client.post("/webhooks/north/hook", content=body(), headers={"content-length": str(10 * LIMIT)})

    assert is_problem(told, 413, "too_large")
    assert read == 0


@pytest.mark.parametrize("length", ["9" * 100, "x", "-1"])
async def test_a_nonsensical_length_is_not_believed(
    client: httpx.AsyncClient, length: str, is_problem: IsProblem
) -> None:
    response = await client.post("/webhooks/north/hook", content=b"{}", headers={"content-length": length})

    assert is_problem(response, 401, "bad_signature")


@pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, identity"])
async def test_a_compressed_body_is_refused(
    post: Post, cloud_event: Sample, encoding: str, is_problem: IsProblem
) -> None:
    response = await post(cloud_event(), **{"content-encoding": encoding})

    assert is_problem(response, 415, "encoded")


async def test_each_request_is_counted_by_its_answer(
    post: Post, answered: Answered, registry: CollectorRegistry, cloud_event: Sample, other_secret: str
) -> None:
    await post(cloud_event())
    await post(cloud_event(), secret=other_secret)
    await post(b"{")
    for number in range(20):
        await post(cloud_event(), path=f"/webhooks/north/guess-{number}")

    assert answered("north/hook", "accepted") == 1
    assert answered("north/hook", "bad_signature") == 1
    assert answered("north/hook", "not_json") == 1
    assert answered("unknown", "unknown_source") == 20
    [counter] = [each for each in registry.collect() if each.name == "laurel_webhook_requests"]
    assert {each.labels["source"] for each in counter.samples} == {"north/hook", "unknown"}
