"""LMSs that can't sign send the secret itself: it proves who they are, and goes no further."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.shared_secret import is_in_header, without_secret
from services.intake.signature import UnusableSecret

Sample = Callable[..., dict[str, Any]]
AddSource = Callable[..., Any]
IsProblem = Callable[[httpx.Response, int, str], bool]

URL = "/webhooks/north/moodle"
VARIABLE = "LAUREL_WEBHOOK_NORTH_MOODLE"
TOKEN = "a token of sixteen characters or more".replace(" ", "-")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.fixture(autouse=True)
def _set_up(environment: dict[str, str], add_source: AddSource) -> None:
    environment[VARIABLE] = TOKEN
    add_source("moodle", auth={"scheme": "secret"})


@pytest.mark.parametrize("said", [f"Bearer {TOKEN}", f"bearer  {TOKEN}", TOKEN])
async def test_the_secret_in_the_authorization_header_is_proof(
    client: httpx.AsyncClient, kafka: Any, cloud_event: Sample, said: str
) -> None:
    response = await client.post(URL, json=cloud_event(), headers={"authorization": said})

    assert response.status_code == 202
    assert len(kafka.published) == 1


@pytest.mark.parametrize("said", [None, "", "Bearer", f"Bearer {TOKEN}x", TOKEN[:-1], f"Basic {TOKEN}", "Bearer ü"])
async def test_any_other_header_is_refused_without_a_trace(
    client: httpx.AsyncClient, kafka: Any, breakers: Any, said: str | None, is_problem: IsProblem
) -> None:
    headers = {} if said is None else {"authorization": said.encode()}

    response = await client.post(URL, content=b"{", headers=headers)  # type: ignore[arg-type]

    assert is_problem(response, 401, "bad_secret")
    assert (kafka.published, kafka.letters, breakers.observed) == ([], [], [])


async def test_a_source_may_name_its_header(
    client: httpx.AsyncClient, add_source: AddSource, cloud_event: Sample, environment: dict[str, str]
) -> None:
    add_source("tool", auth={"scheme": "secret", "header": "X-Tool-Token"}, secret_env="TOOL")
    environment["TOOL"] = TOKEN

    right = await client.post("/webhooks/north/tool", json=cloud_event(), headers={"x-tool-token": TOKEN})
    wrong = await client.post("/webhooks/north/tool", json=cloud_event(), headers={"authorization": TOKEN})

    assert (right.status_code, wrong.status_code) == (202, 401)


async def test_a_header_with_the_secret_is_never_kept(
    client: httpx.AsyncClient, add_source: AddSource, kafka: Any, environment: dict[str, str]
) -> None:
    add_source("tool", auth={"scheme": "secret", "header": "Ce-Token"}, secret_env="TOOL")
    environment["TOOL"] = TOKEN

    response = await client.post("/webhooks/north/tool", content=b"{", headers={"ce-token": TOKEN, "ce-id": "1"})

    assert response.status_code == 422
    ((record, error),) = kafka.letters
    assert dict(record.headers).keys() == {"laurel-source", "ce_id"}
    assert TOKEN not in f"{record.value!r}{record.headers!r}{error}"


async def test_the_secret_can_be_rotated(
    client: httpx.AsyncClient, environment: dict[str, str], cloud_event: Sample
) -> None:
    environment[VARIABLE] = f"another-secret-of-the-next-term {TOKEN}"

    answers = [
        await client.post(URL, json=cloud_event(), headers={"authorization": f"Bearer {each}"})
        for each in environment[VARIABLE].split()
    ]

    assert [each.status_code for each in answers] == [202, 202]


@pytest.mark.parametrize("secret", ["", " ", "short", f"{TOKEN} short"])
async def test_a_secret_that_could_be_guessed_is_none(
    client: httpx.AsyncClient, environment: dict[str, str], secret: str, is_problem: IsProblem
) -> None:
    environment[VARIABLE] = secret

    response = await client.post(URL, content=b"{", headers={"authorization": secret})

    assert is_problem(response, 503, "no_secret")


async def test_the_secret_in_the_body_is_proof_and_the_event_is_what_is_left(
    client: httpx.AsyncClient, add_source: AddSource, environment: dict[str, str], kafka: Any, cloud_event: Sample
) -> None:
    add_source("plugin", auth={"scheme": "secret", "field": "token"}, secret_env="PLUGIN")
    environment["PLUGIN"] = TOKEN

    good = await client.post("/webhooks/north/plugin", json=cloud_event() | {"token": TOKEN})
    bad = await client.post("/webhooks/north/plugin", json=cloud_event({"data/grade": 7}) | {"token": TOKEN})

    assert (good.status_code, bad.status_code) == (202, 422)
    ((record, _),) = kafka.letters
    assert json.loads(record.value) == cloud_event({"data/grade": 7})
    assert TOKEN not in bad.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"{",
        b"null",
        b'"' + TOKEN.encode() + b'"',
        b'["' + TOKEN.encode() + b'"]',
        b'{"token": null}',
        b'{"token": ["' + TOKEN.encode() + b'"]}',
        b'{"other": {"token": "' + TOKEN.encode() + b'"}}',
        b'{"token": "' + TOKEN.encode() + b'", "token": "x"}',
        b'{"token": "' + TOKEN.encode() + b'", "deep": ' + b"[" * 400 + b"]" * 400 + b"}",
        b"[" * 100_000,
    ],
)
async def test_a_body_without_the_secret_in_its_field_is_refused(
    client: httpx.AsyncClient,
    add_source: AddSource,
    environment: dict[str, str],
    kafka: Any,
    body: bytes,
    is_problem: IsProblem,
) -> None:
    add_source("plugin", auth={"scheme": "secret", "field": "token"}, secret_env="PLUGIN")
    environment["PLUGIN"] = TOKEN

    response = await client.post("/webhooks/north/plugin", content=body)

    assert is_problem(response, 401, "bad_secret")
    assert kafka.letters == []


def test_a_body_is_not_even_compared_without_a_usable_secret() -> None:
    for body in (b"{", b'{"token": ""}', b"[]"):
        with pytest.raises(UnusableSecret):
            without_secret("", "token", body)
    with pytest.raises(UnusableSecret):
        is_in_header("", "")


@given(st.dictionaries(st.text(), JSON))
def test_nothing_but_the_secret_is_taken_out(event: dict[str, Any]) -> None:
    left = without_secret(TOKEN, "token", orjson.dumps(event | {"token": TOKEN}))

    assert left is not None
    assert orjson.loads(left) == {name: value for name, value in event.items() if name != "token"}


@given(st.binary() | st.binary().map(lambda tail: b'{"token":' + tail))
def test_whatever_is_sent_is_answered_with_no(body: bytes) -> None:
    assert without_secret(TOKEN, "token", body) is None
