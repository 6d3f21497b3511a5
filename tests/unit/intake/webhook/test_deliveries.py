from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from shared.contracts import topics

Sample = Callable[..., dict[str, Any]]
Post = Callable[..., Any]
IsProblem = Callable[[httpx.Response, int, str], bool]
SignBytes = Callable[[bytes, datetime], dict[str, str]]


async def test_a_delivery_is_accepted_once_kafka_has_it(
    post: Post, kafka: Any, directory: Any, breakers: Any, cloud_event: Sample
) -> None:
    response = await post(cloud_event())

    assert (response.status_code, response.json()) == (202, {"activities": 1, "irrelevant": 0})
    assert [(each.tenant, each.source) for each in kafka.published] == [("north", "hook")]
    assert len(directory.remembered) == 1
    assert breakers.observed == [(topics.WEBHOOK, "north/hook", False)]


async def test_an_irrelevant_delivery_is_accepted_too(post: Post, kafka: Any, cloud_event: Sample) -> None:
    response = await post(cloud_event({"type": "org.example.viewed"}))

    assert (response.status_code, response.json()) == (202, {"activities": 0, "irrelevant": 1})
    assert kafka.published == []


async def test_a_repeat_is_accepted_again_and_is_the_same_fact(post: Post, kafka: Any, cloud_event: Sample) -> None:
    await post(cloud_event())

    response = await post(cloud_event())

    assert response.status_code == 202
    first, second = kafka.published
    assert first == second


async def test_binary_mode_over_http_is_understood(post: Post, kafka: Any, cloud_event: Sample) -> None:
    event = cloud_event()
    headers = {f"ce-{name}": event[name] for name in ("specversion", "type", "source", "time")}

    await post(event["data"], **headers, **{"ce-id": "caf%C3%A9", "content-type": "application/json"})

    assert [each.event_id for each in kafka.published] == ["/lms/north#café"]


@pytest.mark.parametrize("path", ["/webhooks/north/nobody", "/webhooks/nobody/hook", "/webhooks/north/bus"])
async def test_only_webhook_sources_have_a_webhook(
    post: Post, cloud_event: Sample, path: str, is_problem: IsProblem
) -> None:
    response = await post(cloud_event(), path=path)

    assert is_problem(response, 404, "unknown_source")


async def test_a_source_that_was_just_applied_is_found(post: Post, catalogue: Any, cloud_event: Sample) -> None:
    catalogue.current = type(catalogue.current)(0, ())

    assert (await post(cloud_event())).status_code == 202


async def test_a_body_beyond_the_limit_is_refused(post: Post, cloud_event: Sample, is_problem: IsProblem) -> None:
    response = await post(cloud_event({"data/padding": "x" * 256 * 1024}))

    assert is_problem(response, 413, "too_large")


async def test_a_delivery_that_can_never_succeed_is_a_dead_letter(
    post: Post,
    kafka: Any,
    breakers: Any,
    registry: CollectorRegistry,
    now: datetime,
    cloud_event: Sample,
    is_problem: IsProblem,
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


async def test_while_kafka_is_down_the_sender_is_asked_to_try_again(
    post: Post, kafka: Any, registry: CollectorRegistry, cloud_event: Sample, is_problem: IsProblem
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
    post: Post, kafka: Any, directory: Any, cloud_event: Sample, is_problem: IsProblem
) -> None:
    directory.is_down = True

    response = await post(cloud_event())

    assert is_problem(response, 503, "unavailable")
    assert kafka.published == []


async def test_an_open_breaker_asks_its_source_to_wait(
    post: Post, kafka: Any, breakers: Any, cloud_event: Sample, is_problem: IsProblem
) -> None:
    breakers.is_open = True

    response = await post(cloud_event())

    assert is_problem(response, 503, "breaker_open")
    assert response.headers["retry-after"] == "30"
    assert kafka.published == []
