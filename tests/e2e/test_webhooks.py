"""Webhooks by every scheme: each source proves itself in its own way, is stopped by its own garbage alone, and what was
put aside becomes a badge once its cause is mended.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
import orjson
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import rsa

from services.ctl import secret_files
from services.ctl.sending import signed, with_secret
from shared.catalogue.model import Source
from shared.contracts import documents, topics
from tests.e2e import lms
from tests.stack import SERVICES, Stack, running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

TENANT = "hooks"
DID = "did:web:hooks.example.org"
BADGES = {"remedy": "{completed: {course: '*'}}"}
OPENS_AT = 50
RETEST_SECONDS = 3
INSTRUCTURES = rsa.generate_private_key(65537, 2048)
ACCOUNT = "21070000000000001"
DIALECTS = {"canvas": "canvas"}


def sources(keys: str, *, confused: str) -> list[str]:
    auths = {
        "plain": "{scheme: standard}",
        "babble": "{scheme: standard}",
        "header": "{scheme: secret, header: X-Webhook-Token}",
        "body": "{scheme: secret, field: token}",
        "canvas": f"{{scheme: canvas, account: '{ACCOUNT}', keys: '{keys}'}}",
    }
    return [
        *(
            f"name: {name}, dialect: {DIALECTS.get(name, 'cloudevents')}, webhook: true, learner: email, auth: {auth}"
            for name, auth in auths.items()
        ),
        f"name: confused, dialect: cloudevents, webhook: true, learner: {confused}",
    ]


@asynccontextmanager
async def instructure() -> AsyncIterator[str]:
    """The address of the keys that Canvas' events are signed with."""
    key = jwt.algorithms.RSAAlgorithm.to_jwk(INSTRUCTURES.public_key(), as_dict=True)
    body = orjson.dumps({"keys": [key | {"kid": "2026-03"}]})

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def keys() -> AsyncIterator[str]:
    async with instructure() as address:
        yield address


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory, keys: str) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("hooks")
    lms.tenant(folder / "catalogue", TENANT, DID, sources(keys, confused="sis_id"), BADGES)
    retest = {"LAUREL_BREAKER_RETEST_SECONDS": str(RETEST_SECONDS)}
    async with running(folder / "run", folder / "catalogue", env=retest) as started:
        yield started


def secret_of(stack: Stack, source: Source) -> str:
    return secret_files.webhook_secrets(stack.secrets, stack.tenants, {})[source.secret_variable(TENANT)]


def proved(stack: Stack, source: Source, body: bytes) -> tuple[Mapping[str, str], bytes]:
    match source.auth.scheme:
        case "standard":
            return signed(secret_of(stack, source), f"msg-{time.monotonic_ns()}", datetime.now(UTC), body), body
        case "secret":
            return with_secret(source.auth, secret_of(stack, source), body)
        case "canvas":
            claims = json.loads(body) | {"iat": int(time.time())}
            return {}, jwt.encode(claims, INSTRUCTURES, "RS256", headers={"kid": "2026-03"}).encode()


async def deliver(stack: Stack, name: str, event: dict[str, Any] | bytes) -> httpx.Response:
    """As the LMS would, once."""
    [source] = [each for each in stack.tenants[0].sources if each.name == name]
    body = event if isinstance(event, bytes) else json.dumps(event["value"]).encode()
    headers, body = proved(stack, source, body)
    async with httpx.AsyncClient(timeout=10) as http:
        address = f"{stack.supervisor.addresses.webhook}/{TENANT}/{name}"
        return await http.post(address, content=body, headers={**lms.STRUCTURED, **headers})


async def holders(stack: Stack) -> set[str]:
    people = {each["_id"]: each["email"].partition("@")[0] async for each in stack.database["learners"].find({})}
    return {people[each["learner"]] async for each in stack.database[documents.CREDENTIALS].find({})}


async def breaker_of(stack: Stack, name: str) -> bool:
    labels = ('group="intake"', f'topic="{topics.WEBHOOK}"', f'source="{TENANT}/{name}"')
    for line in (await stack.metrics("intake")).splitlines():
        if line.startswith("laurel_dead_letter_breaker_open{") and all(each in line for each in labels):
            return line.endswith(" 1.0")
    return False


async def test_each_scheme_proves_its_own_source_and_leads_to_a_badge(stack: Stack) -> None:
    events = {
        "plain": lms.completed("plain", "paula", "C"),
        "header": lms.completed("header", "hanna", "C"),
        "body": lms.completed("body", "boris", "C"),
        "canvas": lms.canvas_completed("canvas", "carla", "565"),
    }

    answers = {name: await deliver(stack, name, event) for name, event in events.items()}
    await stack.settled()

    assert {name: each.status_code for name, each in answers.items()} == dict.fromkeys(events, 202), [
        each.text for each in answers.values()
    ]
    assert {"paula", "hanna", "boris", "carla"} <= await holders(stack)


async def test_the_proof_of_one_source_is_none_for_another(stack: Stack) -> None:
    by_name = {each.name: each for each in stack.tenants[0].sources}
    body = json.dumps(lms.completed("x", "mallory", "C")["value"]).encode()
    statuses = {}

    async with httpx.AsyncClient(timeout=10) as http:
        for one in ("plain", "header", "body"):
            for other in ("plain", "header", "body", "canvas"):
                headers, content = proved(stack, by_name[one], body)
                address = f"{stack.supervisor.addresses.webhook}/{TENANT}/{other}"
                statuses[one, other] = (await http.post(address, content=content, headers=headers)).status_code

    assert {each for each, status in statuses.items() if status == 202} == {(one, one) for one, _ in statuses}
    assert {status for (one, other), status in statuses.items() if one != other} == {401}


async def test_no_secret_is_in_a_dead_letter_a_log_or_a_metric(stack: Stack) -> None:
    wrong = lms.completed("body", "wilma", "C", grade=7)

    refused = [await deliver(stack, name, wrong) for name in ("plain", "header", "body")]
    secrets = secret_files.webhook_secrets(stack.secrets, stack.tenants, {}).values()
    letters = [each for each in await stack.dead_letters() if each.value and b"wilma" in each.value]

    assert [each.status_code for each in refused] == [422] * 3
    assert [json.loads(each.value or b"") for each in letters] == [wrong["value"]] * 3
    logs = [(stack.supervisor.logs / f"{name}.log").read_text() for name in SERVICES]
    seen = [str(letters), await stack.metrics("intake"), *logs, *[each.text for each in refused]]
    assert not [secret for secret in secrets if any(secret in text for text in seen)]


async def test_fifty_refused_deliveries_stop_their_source_alone_until_a_good_one(stack: Stack) -> None:
    refused = {(await deliver(stack, "babble", b"babble")).status_code for _ in range(OPENS_AT)}
    stopped = await deliver(stack, "babble", lms.completed("babble", "bea", "C"))
    other = await deliver(stack, "plain", lms.completed("plain", "olga", "C"))
    open_meanwhile, ready = await breaker_of(stack, "babble"), await stack.readiness()
    await asyncio.sleep(RETEST_SECONDS)
    good = await deliver(stack, "babble", lms.completed("babble", "bea", "C"))
    after = [(await deliver(stack, "babble", each)).status_code for each in (b"babble", b"babble")]
    await stack.settled()

    assert refused == {422}
    assert (stopped.status_code, stopped.json()["code"]) == (503, "breaker_open")
    assert int(stopped.headers["retry-after"]) == RETEST_SECONDS
    assert other.status_code == 202
    assert open_meanwhile
    assert set(ready.values()) == {200}, "whoever sends garbage makes nobody unready"
    assert good.status_code == 202
    assert after == [422, 422], "one good record closes it, and the count begins anew"
    assert not await breaker_of(stack, "babble")
    assert {"olga", "bea"} <= await holders(stack)


async def test_after_its_cause_is_mended_a_replayed_delivery_becomes_a_badge(
    stack: Stack, keys: str, tmp_path: Path
) -> None:
    refused = await deliver(stack, "confused", lms.completed("confused", "rita", "C"))
    [letter] = [each for each in await stack.dead_letters() if each.error_code == "no_learner"]
    shown = await stack.laurel("dlq", "show", letter.id)
    lms.tenant(tmp_path, TENANT, DID, sources(keys, confused="email"), BADGES)
    applied = await stack.laurel("catalogue", "apply", str(tmp_path))
    await asyncio.sleep(2 * stack.settings.catalogue_poll_seconds)

    replayed = await stack.laurel("dlq", "replay", letter.id, "--yes")
    again = await stack.laurel("dlq", "replay", letter.id, "--yes")
    await stack.settled()

    assert (refused.status_code, refused.json()["code"]) == (422, "no_learner")
    assert letter.id.startswith("webhook/0/")
    assert shown[0] == applied[0] == replayed[0] == again[0] == 0, (shown, applied, replayed, again)
    assert "rita" in await holders(stack)
    assert len([each for each in await stack.dead_letters() if each.error_code == "no_learner"]) == 1
    assert len(await stack.ids(documents.CREDENTIALS)) == len(await holders(stack)), "one badge each"
