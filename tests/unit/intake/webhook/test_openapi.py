"""What the webhook tells about itself is what it does."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from services.intake import api

Sample = Callable[..., dict[str, Any]]
Post = Callable[..., Any]
AddSource = Callable[..., Any]

CODE = Path(api.__file__).read_text()


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/openapi.json")
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def answers(
    post: Post,
    kafka: Any,
    breakers: Any,
    add_source: AddSource,
    environment: dict[str, str],
    cloud_event: Sample,
    secret: str,
    other_secret: str,
) -> list[httpx.Response]:
    """One of each that a webhook can give."""
    add_source("busy", rate_per_minute=1, secret_env="BUSY")
    environment["BUSY"] = secret
    found = [
        await post(cloud_event()),
        await post(b"{"),
        await post(cloud_event(), secret=other_secret),
        await post(cloud_event(), path="/webhooks/north/nobody"),
        await post(b" " * 300_000),
        await post(cloud_event(), **{"content-encoding": "gzip"}),
        await post(cloud_event(), path="/webhooks/north/busy"),
        await post(cloud_event(), path="/webhooks/north/busy"),
    ]
    kafka.is_down = True
    found.append(await post(cloud_event()))
    kafka.is_down, breakers.is_open = False, True
    found.append(await post(cloud_event()))
    environment.clear()
    return [*found, await post(cloud_event())]


def operation(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"]["/webhooks/{tenant}/{source}"]["post"]
    return found


def schema(document: dict[str, Any], answer: httpx.Response) -> dict[str, Any]:
    described = operation(document)["responses"][str(answer.status_code)]["content"]
    found: dict[str, Any] = described[answer.headers["content-type"]]["schema"]
    return found | {"components": document["components"]}


async def test_what_is_documented_is_what_is_answered(document: dict[str, Any], answers: list[httpx.Response]) -> None:
    assert set(operation(document)["responses"]) == {str(each.status_code) for each in answers}


async def test_no_status_in_the_code_is_missing_from_the_document(document: dict[str, Any]) -> None:
    in_code = set(re.findall(r"HTTPStatus\.([A-Z_]+)", CODE))

    assert {str(HTTPStatus[name].value) for name in in_code} == set(operation(document)["responses"])


async def test_each_answer_is_of_the_shape_that_is_documented(
    document: dict[str, Any], answers: list[httpx.Response]
) -> None:
    for answer in answers:
        jsonschema.Draft202012Validator(schema(document, answer)).validate(answer.json())


async def test_whoever_is_to_come_later_is_told_when(document: dict[str, Any], answers: list[httpx.Response]) -> None:
    documented = {status for status, each in operation(document)["responses"].items() if "headers" in each}

    assert documented == {str(each.status_code) for each in answers if "retry-after" in each.headers}
    assert documented == {"429", "503"}


async def test_codes_in_the_document_are_those_that_are_answered(
    document: dict[str, Any], answers: list[httpx.Response]
) -> None:
    for answer in answers:
        if answer.status_code not in {202, 422}:
            described = operation(document)["responses"][str(answer.status_code)]["description"]
            assert answer.json()["code"] in described


async def test_only_the_webhook_is_described_and_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    assert list(document["paths"]) == ["/webhooks/{tenant}/{source}"]
    assert {each["name"] for each in operation(document)["parameters"]} == {"tenant", "source"}
    assert set(re.findall(r"#/components/schemas/(\w+)", str(document))) == set(document["components"]["schemas"])
    named = {name for each in operation(document)["security"] for name in each}
    assert named == set(document["components"]["securitySchemes"])
