"""A badge is announced only when anybody could check it: also that of an issuer who came this very moment."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.ctl import applying, secret_files
from services.ctl import topics as provisioning
from shared.contracts import documents, topics
from shared.contracts.events import CredentialIssued
from shared.runtime.kafka import connection
from tests.e2e import lms
from tests.e2e.reading import Reader, reader
from tests.stack import Stack, running

pytestmark = pytest.mark.timeout(200)

SOURCE = "name: {0}, dialect: cloudevents, topic: lms.{0}, learner: email"
BADGES = {"welcome": "{completed: {course: C}}"}
LEARNERS = [f"learner{number}" for number in range(20)]


@dataclass(slots=True)
class Announcements:
    """What was announced, and what of it could not be read at that moment."""

    announced: dict[str, str] = field(default_factory=dict)
    """credential by award"""
    hasty: list[str] = field(default_factory=list)


@asynccontextmanager
async def heard(stack: Stack, portal: Reader) -> AsyncIterator[Announcements]:
    """Reads along, and looks at once whether what is announced can be read and checked."""
    consumer = AIOKafkaConsumer(**connection(stack.settings), auto_offset_reset="earliest", fetch_max_wait_ms=20)
    await consumer.start()
    topic, found = topics.CREDENTIAL_ISSUED.name, Announcements()
    consumer.assign([TopicPartition(topic, number) for number in range(stack.settings.topic_partitions)])
    await consumer.seek_to_beginning()

    async def look() -> None:
        async for record in consumer:
            issued = CredentialIssued.model_validate_json(record.value)
            credential = json.loads(await portal.get(issued.credential_id))
            status_list = credential["credentialStatus"]["statusListCredential"]
            found.hasty += [status_list for form in ("json", "jwt") if not await portal.exists(status_list, form)]
            found.announced[issued.award_id] = issued.credential_id

    task = asyncio.create_task(look())
    try:
        yield found
    finally:
        task.cancel()
        [failed] = await asyncio.gather(task, return_exceptions=True)
        await consumer.stop()
        assert isinstance(failed, asyncio.CancelledError), failed


async def comes_this_moment(stack: Stack, catalogue: Path) -> None:
    """As `laurel catalogue apply` does it, without the time that a command takes to start."""
    stack.tenants = applying.applicable(catalogue)
    now_live, found = await applying.changes(stack.database, stack.tenants)
    await applying.apply(stack.database, now_live, found, datetime.now(UTC))


async def test_a_badge_is_announced_only_when_its_status_list_can_be_fetched(tmp_path: Path) -> None:
    catalogue = tmp_path / "catalogue"
    lms.tenant(catalogue, "old", "did:web:old.example.org", [SOURCE.format("old")], BADGES)
    async with running(tmp_path / "run", catalogue) as stack, httpx.AsyncClient(timeout=10) as http:
        await provisioning.apply(stack.settings, ["lms.new"])
        lms.tenant(catalogue, "new", "did:web:new.example.org", [SOURCE.format("new")], BADGES)
        tenants = applying.applicable(catalogue)
        secret_files.prepare(stack.secrets, tenants)
        await applying.register(stack.database, secret_files.public_keys(stack.secrets, tenants, datetime.now(UTC)))
        await stack.send([lms.completed("old", name, "C") for name in LEARNERS])
        await stack.settled()
        portal, registry = reader(stack, http), stack.supervisor.child("registry")

        async with heard(stack, portal) as found:
            # so that the signed credentials are there before the registry can have opened the new issuer's list
            registry.pause()
            await comes_this_moment(stack, catalogue)
            await stack.send([lms.completed("new", name, "C") for name in LEARNERS])
            async with asyncio.timeout(30):
                while len(await stack.ids(documents.AWARDS, {"tenant": "new", "state": "earned"})) < len(LEARNERS):
                    await asyncio.sleep(0.1)
            await asyncio.sleep(1)
            registry.resume()
            await stack.settled()
            async with asyncio.timeout(10):
                while len(found.announced) < 2 * len(LEARNERS):
                    await asyncio.sleep(0.1)

        assert set(found.announced) == set(await stack.ids(documents.AWARDS))
        assert found.hasty == []
