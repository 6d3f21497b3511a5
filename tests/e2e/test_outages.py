"""The store killed and brought back, then the broker frozen: nothing is lost, and nobody has to help."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime

import httpx
import pytest
import pytest_asyncio

from services.ctl import secret_files, sending
from shared.contracts import documents
from tests.e2e import lms
from tests.stack import CONSUMERS, SERVICES, Stack, running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

OUTAGE_SECONDS = 20.0
NOTICED_WITHIN = 10.0
MAILS_IN_FLIGHT = 4
"""so many at most may be sent again after a crash or an outage in the middle of them"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("outages")
    sources = [
        "name: bus, dialect: cloudevents, topic: lms.storm, learner: email",
        "name: hook, dialect: cloudevents, webhook: true, learner: email",
    ]
    lms.tenant(
        folder / "catalogue", "storm", "did:web:storm.example.org", sources, {"calm": "{completed: {course: C}}"}
    )
    async with running(folder / "run", folder / "catalogue") as started:
        yield started


def learners(beginning: str, count: int) -> list[str]:
    return [f"{beginning}{number}" for number in range(count)]


def events(source: str, names: Iterable[str]) -> list[lms.Line]:
    return [lms.completed(source, name, "C", key=name) for name in names]


async def deliver(stack: Stack, names: Iterable[str]) -> None:
    """As a patient LMS would: each is sent again until it is taken."""
    [secret] = secret_files.webhook_secrets(stack.secrets, stack.tenants, {}).values()
    address = f"{stack.supervisor.addresses.webhook}/storm/hook"
    async with httpx.AsyncClient(timeout=5) as http:
        for line in events("hook", names):
            body, taken = json.dumps(line["value"]).encode(), False
            while not taken:
                signature = sending.signed(secret, line["value"]["id"], datetime.now(UTC), body)
                try:
                    answer = await http.post(address, content=body, headers={**lms.STRUCTURED, **signature})
                except httpx.TimeoutException:
                    continue
                taken = answer.status_code == 202
                assert taken or answer.status_code == 503, answer.text
                await asyncio.sleep(0 if taken else 0.5)


async def unready(stack: Stack, services: Iterable[str]) -> set[str]:
    """Those that said 503 at once within a while; a probe is never kept waiting."""
    deadline, found, wanted = time.monotonic() + NOTICED_WITHIN, set[str](), set(services)
    while time.monotonic() < deadline and not wanted <= found:
        found |= {name for name, status in (await stack.readiness()).items() if status == 503}
        await asyncio.sleep(0.2)
    return found


async def ready_again(stack: Stack) -> None:
    async with asyncio.timeout(60):
        while set((await stack.readiness()).values()) != {200}:
            await asyncio.sleep(0.2)


async def holders(stack: Stack) -> dict[str, str]:
    """Learner by award, of every credential that can be read."""
    people = {each["_id"]: each["email"].partition("@")[0] async for each in stack.database["learners"].find({})}
    return {each["_id"]: people[each["learner"]] async for each in stack.database[documents.CREDENTIALS].find({})}


async def nothing_was_lost(stack: Stack, names: Iterable[str]) -> None:
    wanted, held, mails = set(names), await holders(stack), stack.mails()
    assert wanted <= set(held.values())
    assert len(held) == len(set(held.values())), "one badge each"
    assert sorted(await stack.ids(documents.AWARDS)) == sorted(held)
    assert set(mails) == set(held), "everybody was written to"
    assert sum(mails.values()) - len(mails) <= MAILS_IN_FLIGHT
    assert await stack.dead_letters() == []
    assert not stack.restarts, "nobody crashed"


async def test_the_store_killed_and_restarted_loses_nothing(stack: Stack) -> None:
    before, meanwhile, hooked = learners("early", 150), learners("dark", 50), learners("hooked", 5)
    noticed: set[str] = set()

    async def dark() -> asyncio.Task[None]:
        began = time.monotonic()
        noticed.update(await unready(stack, SERVICES))
        await stack.send(events("bus", meanwhile))
        patient = asyncio.create_task(deliver(stack, hooked))
        await asyncio.sleep(OUTAGE_SECONDS - (time.monotonic() - began))
        noticed.intersection_update(await unready(stack, SERVICES))
        assert not patient.done(), "a webhook says 202 only for what it can keep"
        return patient

    await stack.send(events("bus", before))
    waiting = asyncio.create_task(dark())
    await stack.without_store(waiting)
    await ready_again(stack)
    await waiting.result()
    await stack.settled()

    assert noticed == set(SERVICES)
    await nothing_was_lost(stack, [*before, *meanwhile, *hooked])


async def test_the_broker_frozen_and_thawed_loses_nothing(stack: Stack) -> None:
    before, hooked = learners("warm", 150), learners("frozen", 5)
    await stack.send(events("bus", before))

    stack.pause_broker()
    try:
        began = time.monotonic()
        noticed = await unready(stack, CONSUMERS)
        patient = asyncio.create_task(deliver(stack, hooked))
        await asyncio.sleep(OUTAGE_SECONDS - (time.monotonic() - began))
        still = await unready(stack, CONSUMERS)
        done_too_soon = patient.done()
    finally:
        stack.resume_broker()
    await ready_again(stack)
    await patient
    await stack.settled()

    assert set(CONSUMERS) <= noticed
    assert set(CONSUMERS) <= still
    assert not done_too_soon, "a webhook says 202 only for what Kafka has"
    await nothing_was_lost(stack, [*before, *hooked])
    after = learners("after", 10)
    await stack.send(events("bus", after))
    await stack.settled()
    await nothing_was_lost(stack, after)


async def test_not_even_an_outage_makes_a_log_tell_an_address_or_a_name(stack: Stack) -> None:
    logs = {name: (stack.supervisor.logs / f"{name}.log").read_text() for name in SERVICES}

    assert all(logs.values())
    for text in logs.values():
        assert not [each for each in ("mail.example", "Surname", "user-") if each in text]
