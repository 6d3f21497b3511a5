"""A schema registry that is down stops the source that needs it, and nobody else; nothing of it is put aside."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.devstack.ports import free_port
from shared.contracts import documents
from tests.e2e import lms
from tests.e2e.any_lms_tables import TABLES, lines, schema_of
from tests.stack import Stack, running

pytestmark = pytest.mark.timeout(120)

BUS = "name: bus, dialect: cloudevents, topic: lms.bus"


@asynccontextmanager
async def registry(port: int, schema: str) -> AsyncIterator[None]:
    """A Confluent registry with one schema, under the number 7."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).split()[1]
        status, said = (b"200 OK", {"schema": schema}) if asked == b"/schemas/ids/7" else (b"404 Not Found", {})
        body = json.dumps(said).encode()
        writer.write(b"HTTP/1.1 %s\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port):
        yield


async def test_records_wait_for_their_schema_and_other_sources_go_on(tmp_path: Path) -> None:
    port = free_port()
    edx = f"name: openedx, dialect: openedx, topic: lms.openedx, schema_registry: 'http://127.0.0.1:{port}'"
    badges = {"events": "{passed: {course: 'course-v1:Example+EDS101*'}}", "knots": "{completed: {course: KNOTS}}"}
    lms.tenant(tmp_path / "c", "school", "did:web:school.example.org", [edx, BUS], badges)
    passing = TABLES["openedx"]["events"][0]

    async with running(tmp_path / "run", tmp_path / "c") as stack:
        await stack.send([lines(TABLES["openedx"])[0], lms.completed("bus", "jo", "KNOTS")])
        await _badges(stack, {"knots"})
        waiting, readiness = await stack.metrics("intake"), await stack.readiness()
        async with registry(port, schema_of(passing)):
            await _badges(stack, {"knots", "events"})
        letters = await stack.dead_letters()

    assert 'laurel_postponed_partitions{topic="lms.openedx"} 1.0' in waiting
    assert set(readiness.values()) == {200}
    assert letters == []


async def _badges(stack: Stack, wanted: set[str]) -> None:
    """Returns once these are there, and no other."""
    async with asyncio.timeout(40):
        while {each["achievement"] async for each in stack.database[documents.CREDENTIALS].find({})} != wanted:
            await asyncio.sleep(0.2)
