"""Canvas signs its Live Events with Instructure's keys: the JWT is the body, and its claims are the event."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from services.intake import canvas_jwt

Sample = Callable[..., dict[str, Any]]
AddSource = Callable[..., Any]
Deliver = Callable[..., Awaitable[httpx.Response]]
IsProblem = Callable[[httpx.Response, int, str], bool]

ACCOUNT = "21070000000000001"
UUID = "VicYj3cu5BIFpoZhDVU4DZumnlBrWi1grgJEzADs"
OURS, ANOTHERS = (rsa.generate_private_key(65537, 2048) for _ in range(2))
SHORT = rsa.generate_private_key(65537, 1024)


def jwk(kid: str, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    published: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return published | {"kid": kid, "alg": "RS256", "use": "sig"}


def key_set(*keys: dict[str, Any]) -> bytes:
    return orjson.dumps({"keys": keys})


def token(claims: dict[str, Any], key: Any = OURS, kid: str = "now", **more: Any) -> str:
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid, **more})


def raw(header: object, claims: object, signature: bytes = b"") -> str:
    parts = (orjson.dumps(header), orjson.dumps(claims), signature)
    return ".".join(base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in parts)


@pytest.fixture(autouse=True)
def _set_up(add_source: AddSource, jwks: Any) -> None:
    add_source("canvas", dialect="canvas", auth={"scheme": "canvas", "account": ACCOUNT})
    jwks.published = key_set(jwk("now", OURS), jwk("next", ANOTHERS))


@pytest.fixture
def deliver(client: httpx.AsyncClient) -> Deliver:
    async def deliver(body: str | bytes, source: str = "canvas") -> httpx.Response:
        return await client.post(f"/webhooks/north/{source}", content=body, headers={"content-type": "text/plain"})

    return deliver


async def test_a_signed_event_is_accepted(deliver: Deliver, canvas_event: Sample, kafka: Any, jwks: Any) -> None:
    now = int(time.time())

    response = await deliver(token(canvas_event() | {"iat": now, "exp": now + 60, "iss": "https://live-events"}))

    assert response.status_code == 202
    assert [(each.source, each.dialect) for each in kafka.published] == [("canvas", "canvas")]
    assert jwks.asked == ["https://8axpcl50e4.execute-api.us-east-1.amazonaws.com/main/jwks"]


async def test_one_that_says_no_times_is_accepted_for_a_repeat_is_harmless(
    deliver: Deliver, canvas_event: Sample
) -> None:
    assert (await deliver(token(canvas_event()))).status_code == 202


async def test_a_dead_letter_holds_the_event_and_not_the_token(
    deliver: Deliver, canvas_event: Sample, kafka: Any, is_problem: IsProblem
) -> None:
    event = canvas_event({"body/user": "nobody"})
    sent = token(event)

    response = await deliver(sent)

    assert is_problem(response, 422, "invalid")
    ((record, _),) = kafka.letters
    assert json.loads(record.value) == event
    assert ("content-type", b"application/json") in record.headers
    assert sent.rpartition(".")[2].encode() not in record.value


def unsigned(claims: dict[str, Any]) -> str:
    return raw({"alg": "none", "typ": "JWT", "kid": "now"}, claims)


def confused(claims: dict[str, Any]) -> str:
    """Signed by HMAC with the public key as the secret."""
    public = OURS.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    unsigned = raw({"alg": "HS256", "typ": "JWT", "kid": "now"}, claims).rpartition(".")[0]
    digest = hmac.new(public, unsigned.encode(), hashlib.sha256).digest()
    return f"{unsigned}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "sign",
    [
        unsigned,
        confused,
        lambda claims: token(claims, kid="next"),
        lambda claims: token(claims, ANOTHERS),
        lambda claims: token(claims, kid="unknown"),
        lambda claims: token(claims, ANOTHERS, jwk=jwk("now", ANOTHERS)),
        lambda claims: jwt.encode(claims, OURS, algorithm="RS512", headers={"kid": "now"}),
        lambda claims: jwt.encode(claims, OURS, algorithm="RS256"),
        lambda claims: token(claims)[:-8] + "AAAAAAAA",
        lambda claims: token(claims) + ".x",
        lambda claims: token(claims | {"exp": int(time.time()) - 400}),
        lambda claims: token(claims | {"nbf": [1]}),
        lambda claims: token(claims | {"iat": float("inf")}),
        lambda claims: token(claims | {"iat": "now"}),
        lambda claims: token(claims | {"nbf": int(time.time()) + 400}),
        lambda claims: token(claims | {"iat": int(time.time()) + 400}),
        lambda claims: token(claims | {"exp": int(time.time()) + 99, "metadata": {"root_account_id": "1"}}),
        lambda claims: token({"body": claims["body"]}),
        lambda claims: token({"metadata": ACCOUNT}),
        lambda claims: token({"data": [{"extensions": {"com.instructure.canvas": {"root_account_id": "1"}}}]}),
        lambda claims: token({"data": []}),
        lambda claims: json.dumps(claims),
        lambda _: "",
        lambda _: "..",
        lambda _: raw({"alg": "RS256", "kid": ["now"]}, {}),
        lambda _: raw("now", {}),
        lambda _: base64.urlsafe_b64encode(b"[" * 100_000).decode() + ".e30.",
        lambda _: base64.urlsafe_b64encode(b"[" * 700).decode() + ".e30.",
    ],
)
async def test_what_canvas_did_not_sign_for_this_account_is_refused(
    deliver: Deliver,
    canvas_event: Sample,
    kafka: Any,
    breakers: Any,
    sign: Callable[[dict[str, Any]], str],
    is_problem: IsProblem,
) -> None:
    response = await deliver(sign(canvas_event()))

    assert is_problem(response, 401, "bad_token")
    assert (kafka.published, kafka.letters, breakers.observed) == ([], [], [])


@pytest.mark.parametrize("seconds", [-200, 200])
async def test_clocks_may_differ_by_five_minutes(deliver: Deliver, canvas_event: Sample, seconds: int) -> None:
    shifted = int(time.time()) + seconds

    response = await deliver(token(canvas_event() | {"iat": shifted, "exp": shifted}))

    assert response.status_code == 202


async def test_an_account_may_be_named_by_its_uuid_and_in_calipers_format(
    deliver: Deliver, add_source: AddSource, is_problem: IsProblem
) -> None:
    add_source("by-uuid", dialect="canvas", auth={"scheme": "canvas", "account": UUID})
    ours = {"extensions": {"com.instructure.canvas": {"root_account_id": ACCOUNT, "root_account_uuid": UUID}}}

    both = await deliver(token({"sensor": "x", "data": [ours, ours]}), "by-uuid")
    mixed = await deliver(token({"sensor": "x", "data": [ours, {}]}), "by-uuid")

    assert both.status_code == 422, "the Canvas dialect doesn't read Caliper; but it was authentic"
    assert is_problem(mixed, 401, "bad_token")


async def test_a_source_without_an_account_takes_nothing(
    deliver: Deliver, add_source: AddSource, canvas_event: Sample, is_problem: IsProblem
) -> None:
    add_source("anybody", dialect="canvas", auth={"scheme": "canvas"})

    assert is_problem(await deliver(token(canvas_event()), "anybody"), 503, "no_secret")


async def test_while_the_keys_can_not_be_fetched_the_sender_is_asked_to_wait(
    deliver: Deliver, canvas_event: Sample, jwks: Any, stopwatch: Any, is_problem: IsProblem
) -> None:
    jwks.is_down = True
    first, second = await deliver(token(canvas_event())), await deliver(token(canvas_event()))
    jwks.is_down = False
    stopwatch.seconds += 60

    third = await deliver(token(canvas_event()))

    assert is_problem(first, 503, "unavailable")
    assert is_problem(second, 503, "unavailable")
    assert int(first.headers["retry-after"]) > 0
    assert third.status_code == 202
    assert len(jwks.asked) == 2


@pytest.mark.parametrize("published", [b"", b"[]", b"{}", b'{"keys": 1}', b'{"keys": ["x"]}', b"<html>"])
async def test_what_is_no_key_set_is_an_outage(
    deliver: Deliver, canvas_event: Sample, jwks: Any, published: bytes, is_problem: IsProblem
) -> None:
    jwks.published = published

    assert is_problem(await deliver(token(canvas_event())), 503, "unavailable")


@pytest.mark.parametrize(
    "other",
    [{"kty": "EC", "kid": "x"}, {"kty": "oct", "k": "AAAA", "kid": "now"}, {"kty": "RSA", "kid": "x", "n": "!"}],
)
async def test_a_key_of_another_kind_is_passed_over(
    deliver: Deliver, canvas_event: Sample, jwks: Any, other: dict[str, Any]
) -> None:
    jwks.published = key_set(jwk("now", OURS), other)

    assert (await deliver(token(canvas_event()))).status_code == 202


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_a_key_that_is_too_short_proves_nothing(
    deliver: Deliver, canvas_event: Sample, jwks: Any, is_problem: IsProblem
) -> None:
    jwks.published = key_set(jwk("now", SHORT))

    assert is_problem(await deliver(token(canvas_event(), SHORT)), 401, "bad_token")


async def test_keys_are_remembered_for_an_hour(
    deliver: Deliver, canvas_event: Sample, jwks: Any, stopwatch: Any
) -> None:
    asked = []
    for seconds in (0, 3599, 1):
        stopwatch.seconds += seconds
        assert (await deliver(token(canvas_event()))).status_code == 202
        asked.append(len(jwks.asked))

    assert asked == [1, 1, 2]


async def test_an_unknown_key_is_asked_for_once_a_minute_whoever_names_it(
    deliver: Deliver, canvas_event: Sample, jwks: Any, stopwatch: Any, is_problem: IsProblem
) -> None:
    assert (await deliver(token(canvas_event()))).status_code == 202
    for number in range(20):
        assert is_problem(await deliver(token(canvas_event(), ANOTHERS, kid=f"guess-{number}")), 401, "bad_token")
    guessed = len(jwks.asked)
    jwks.published = key_set(jwk("rotated", ANOTHERS))
    stopwatch.seconds += 60

    rotated = await deliver(token(canvas_event(), ANOTHERS, kid="rotated"))

    assert guessed == 1
    assert rotated.status_code == 202
    assert len(jwks.asked) == 2


async def test_a_key_that_was_withdrawn_proves_nothing_any_more(
    deliver: Deliver, canvas_event: Sample, jwks: Any, stopwatch: Any, is_problem: IsProblem
) -> None:
    assert (await deliver(token(canvas_event()))).status_code == 202
    jwks.published = key_set(jwk("rotated", ANOTHERS))
    stopwatch.seconds += 3600

    assert is_problem(await deliver(token(canvas_event())), 401, "bad_token")


async def test_an_outage_of_the_keys_is_borne_for_a_day_and_no_longer(
    deliver: Deliver, canvas_event: Sample, jwks: Any, stopwatch: Any, is_problem: IsProblem
) -> None:
    assert (await deliver(token(canvas_event()))).status_code == 202
    jwks.is_down = True
    stopwatch.seconds += 86_000

    borne = await deliver(token(canvas_event()))
    unknown = await deliver(token(canvas_event(), ANOTHERS, kid="rotated"))
    stopwatch.seconds += 401
    too_long = await deliver(token(canvas_event()))

    assert borne.status_code == 202
    assert is_problem(unknown, 503, "unavailable")
    assert is_problem(too_long, 503, "unavailable")


@given(st.binary() | st.text(alphabet="eyJhbGciOi0.=_-[]{}\"'").map(str.encode))
def test_whatever_comes_instead_of_a_token_is_refused(body: bytes) -> None:
    with pytest.raises(canvas_jwt.BadToken):
        canvas_jwt.event(body, jwt.PyJWK(jwk("now", OURS), "RS256"), ACCOUNT)
    with pytest.raises(canvas_jwt.BadToken):
        canvas_jwt.key_id(body)
