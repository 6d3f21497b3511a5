"""Two registries at work on one status list: no fact is lost, and what is published only moves forward."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer

from services.devstack import environment
from services.devstack.children import Child
from services.devstack.ports import free_port
from shared.contracts import documents, topics
from shared.contracts.events import Change, StatusChangeRequested, StatusListSigned
from shared.openbadges import status_list, vc_jwt
from shared.runtime.kafka import connection
from shared.runtime.publisher import Publisher
from tests.e2e import lms
from tests.stack import Stack, running, service_command

pytestmark = pytest.mark.timeout(180)

BADGES = 96
BURST = 12
LIST = "twins/1"
"""the tenant's first"""


@pytest.fixture
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("twins")
    source = "name: bus, dialect: cloudevents, topic: lms.twins, learner: email"
    badges = {"twin": "{completed: {course: C}}"}
    lms.tenant(folder / "catalogue", "twins", "did:web:twins.example.org", [source], badges)
    async with running(folder / "run", folder / "catalogue") as started:
        yield started


@contextmanager
def another_registry(stack: Stack) -> Iterator[str]:
    """A second one, in the same consumer group; gives its address."""
    supervisor, port = stack.supervisor, free_port()
    addresses = replace(supervisor.addresses, ports={**supervisor.addresses.ports, "registry": port})
    state = supervisor.folder / "state-of-the-second"
    (state / "registry").mkdir(parents=True)
    env = environment.for_service("registry", addresses, stack.secrets, state) | {"LAUREL_INSTANCE": "2"}
    log = supervisor.logs / "registry-2.log"
    child = Child.start("registry-2", service_command("registry"), log=log, home=supervisor.home, env=env)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        child.stop()


async def ready(address: str) -> None:
    async with asyncio.timeout(40), httpx.AsyncClient(timeout=2) as http:
        while True:
            with suppress(httpx.HTTPError):
                if (await http.get(f"{address}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.2)


async def changes_at(address: str) -> float:
    """How many requests this registry was the first to keep."""
    async with httpx.AsyncClient(timeout=5) as http:
        told = (await http.get(f"{address}/metrics")).text.splitlines()
    return sum(float(each.split()[-1]) for each in told if each.startswith("laurel_status_changes_total{"))


def revoked(jwt: str) -> frozenset[int]:
    """The positions whose bit is set, in a list as it is served."""
    bits = status_list.decode(vc_jwt.unverified(jwt)["credentialSubject"]["encodedList"])
    return frozenset(at * 8 + bit for at, byte in enumerate(bits) if byte for bit in range(8) if byte & 0x80 >> bit)


@dataclass(slots=True)
class Watch:
    """What was published, whenever somebody looked."""

    versions: list[int] = field(default_factory=list)
    lists: list[frozenset[int]] = field(default_factory=list)

    async def look(self, stack: Stack) -> frozenset[int]:
        found: Any = await stack.database[documents.STATUS_LISTS].find_one({"_id": LIST})
        if not self.versions or self.versions[-1] != found["published"]:
            self.versions.append(found["published"])
            self.lists.append(revoked(found["jwt"]))
        return self.lists[-1]

    async def forever(self, stack: Stack) -> None:
        while True:
            await self.look(stack)
            await asyncio.sleep(0.02)

    @property
    def only_forward(self) -> bool:
        return self.versions == sorted(self.versions) and all(
            before <= after for before, after in zip(self.lists, self.lists[1:], strict=False)
        )


@asynccontextmanager
async def watching(stack: Stack) -> AsyncIterator[Watch]:
    watch = Watch()
    task = asyncio.create_task(watch.forever(stack))
    try:
        yield watch
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await watch.look(stack)


def revocation(award: str) -> StatusChangeRequested:
    return StatusChangeRequested(
        request_id=f"request-{award}",
        tenant="twins",
        award_id=award,
        change=Change.REVOKE,
        reason="a mistake",
        requested_at=datetime.now(UTC),
    )


def version_of(signed: bytes) -> int:
    return StatusListSigned.model_validate_json(signed).version


async def every_signed_list(stack: Stack) -> list[tuple[bytes, bytes]]:
    """All that the signer ever sent of this list, oldest first."""
    consumer = AIOKafkaConsumer(
        topics.STATUS_LIST_SIGNED.name, auto_offset_reset="earliest", **connection(stack.settings)
    )
    await consumer.start()
    found: list[Any] = []
    try:
        while batch := await consumer.getmany(timeout_ms=2000):
            found += [each for records in batch.values() for each in records]
    finally:
        await consumer.stop()
    return [(each.key, each.value) for each in found]


async def test_no_fact_is_lost_and_no_older_list_replaces_a_newer(stack: Stack) -> None:
    await stack.send([lms.completed("bus", f"twin{number}", "C", key=str(number)) for number in range(BADGES)])
    await stack.settled()
    credentials = [each async for each in stack.database[documents.CREDENTIALS].find({})]
    positions = {each["_id"]: each["status_index"] for each in credentials}
    awards, wanted, lost = sorted(positions), set[int](), set[int]()
    publisher = Publisher(stack.settings)
    await publisher.start()

    with another_registry(stack) as second:
        await ready(second)
        async with watching(stack) as watch:
            for start in range(0, BADGES, BURST):
                burst = awards[start : start + BURST]
                await asyncio.gather(*(publisher.publish([revocation(award)]) for award in burst))
                wanted |= {positions[award] for award in burst}
                await stack.settled()
                lost |= wanted - await watch.look(stack)
        shares = [await changes_at(stack.supervisor.addresses.url("registry")), await changes_at(second)]
        signed = await every_signed_list(stack)
        newest = max(version_of(value) for _, value in signed)
        # the newest needn't be the last: two drafts may be signed in either order
        older = [(key, value) for key, value in signed if version_of(value) < newest]
        async with watching(stack) as afterwards:
            await publisher.send([(topics.STATUS_LIST_SIGNED.name, key, value, ()) for key, value in older])
            await stack.settled()
    await publisher.stop()

    assert len(awards) == BADGES
    assert {each["status_list"] for each in credentials} == {1}
    assert min(shares) > 0, f"both had a hand in it: {shares}"
    assert sum(shares) == BADGES, "each request was kept once"
    assert lost == set(), "every fact is on the list as soon as all is settled"
    assert watch.only_forward
    assert watch.lists[-1] == wanted == set(positions.values())
    assert len(watch.versions) > BADGES / BURST, "the list moved while we looked"
    assert len(older) > BADGES / BURST
    assert set(afterwards.versions) == {newest}
    assert afterwards.only_forward
    assert afterwards.lists[-1] == wanted
    assert await stack.dead_letters() == []
