"""`laurel import` killed twice: what reaches the topic is every row, and each only once as a fact."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from services.ctl import applying
from services.ctl import topics as provisioning
from services.ctl.importing import BLOCK, UNDER_WAY
from services.ctl.settings import CtlSettings
from services.devstack.servers import Store
from services.intake.dialects import DIALECTS
from services.intake.domain import Intake
from services.intake.translation import Delivery
from shared.catalogue.model import Issuer, Source, Tenant
from shared.contracts.topics import MIB
from shared.runtime.kafka import connection
from shared.runtime.mongo import connect

ROWS = 30_000
LEARNERS = 500
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
async def source(kafka: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A source of history that is live in a deployment of the test's own."""
    monkeypatch.setenv("LAUREL_KAFKA", kafka)
    monkeypatch.setenv("LAUREL_KAFKA_IDEMPOTENT", "false")
    monkeypatch.setenv("LAUREL_MONGO_URI", store.uri)
    monkeypatch.setenv("LAUREL_MONGO_DATABASE", f"test_{secrets.token_hex(6)}")
    source = Source(name="history", dialect="rows", topic=f"lms.test.{secrets.token_hex(4)}")
    issuer = Issuer(tenant="north", id="did:web:north.example", name="North", url="https://north.example")
    settings = CtlSettings(topic_partitions=3, topic_replication=1)
    await provisioning.apply(settings, [str(source.topic)])
    database = connect(settings)
    now_live, found = await applying.changes(database, [Tenant(issuer=issuer, sources=(source,), achievements=())])
    await applying.apply(database, now_live, found, NOW)
    database.client.close()
    return source


def history(path: Path, rows: int, *more: str) -> Path:
    lines = [f"{number % LEARNERS},EDS{number},{number % 101}%,2025-03-01T12:00:00Z\n" for number in range(rows)]
    path.write_text("".join(["learner,course,score,completed_at\n", *lines, *more]))
    return path


async def started(folder: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.ctl", "import", "history.csv", "--source", "history", "--json", *arguments),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def finished(folder: Path, *arguments: str) -> tuple[int | None, dict[str, Any], str]:
    process = await started(folder, *arguments)
    out, err = await asyncio.wait_for(process.communicate(), 120)
    return process.returncode, json.loads(out or b"{}"), err.decode()


def noted(folder: Path) -> int:
    """How many rows the position file says are acknowledged."""
    for path in folder.glob(".laurel/imports/*.json"):
        return int(json.loads(path.read_bytes())[2])
    return 0


async def killed_after(folder: Path, rows: int) -> int:
    """kill -9 as soon as more than so many rows are noted; returns how many are."""
    process = await started(folder, "--yes")
    while noted(folder) <= rows:
        assert process.returncode is None
        await asyncio.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    await process.communicate()
    assert process.returncode == -signal.SIGKILL
    return noted(folder)


async def read(topic: str) -> list[tuple[int, bytes, bytes]]:
    """Everything that is on the topic."""
    consumer = AIOKafkaConsumer(**connection(CtlSettings()), auto_offset_reset="earliest")
    await consumer.start()
    consumer.subscribe([topic])
    found: list[tuple[int, bytes, bytes]] = []
    while batch := await consumer.getmany(timeout_ms=3000):
        found += [(each.partition, each.key, each.value) for records in batch.values() for each in records]
    await consumer.stop()
    return found


def facts(source: Source, values: list[bytes]) -> Mapping[str, str]:
    """What intake makes of them: the course by the activity's id."""
    intake = Intake(DIALECTS, b"secret", MIB, timedelta(minutes=5))
    every = [each for value in values for each in intake.accept(Delivery("north", source, value, {}), NOW).activities]
    return {each.activity_id: each.object.ids[0] for each in every}


@pytest.mark.timeout(240)
async def test_an_import_that_is_killed_twice_ends_complete_and_without_doubles(source: Source, tmp_path: Path) -> None:
    history(tmp_path / "history.csv", ROWS)

    first = await killed_after(tmp_path, 0)
    second = await killed_after(tmp_path, first)
    code, said, _ = await finished(tmp_path, "--yes")

    assert code == 0
    assert 0 < first < second < ROWS
    assert said["sent"] == ROWS - second
    assert noted(tmp_path) == 0
    found = await read(str(source.topic))
    assert ROWS <= len(found) <= ROWS + 2 * (UNDER_WAY + 1) * BLOCK
    courses = facts(source, [value for _, _, value in found])
    assert sorted(courses.values()) == sorted(f"EDS{number}" for number in range(ROWS))


async def test_rows_of_one_learner_keep_their_order_and_keys_name_nobody(source: Source, tmp_path: Path) -> None:
    history(tmp_path / "history.csv", 3000)

    await finished(tmp_path, "--yes")

    found = await read(str(source.topic))
    rows = [(partition, key, json.loads(value)) for partition, key, value in found]
    assert len(rows) == 3000
    for learner in ("7", "499"):
        mine = [(partition, int(row["course"][3:])) for partition, _, row in rows if row["learner"] == learner]
        assert len({partition for partition, _ in mine}) == 1
        assert [number for _, number in mine] == sorted(number for _, number in mine)
    assert all(len(key) == 8 for _, key, _ in rows)
    assert {partition for partition, _, _ in rows} == {0, 1, 2}


async def test_nothing_is_sent_before_somebody_says_so(source: Source, tmp_path: Path) -> None:
    history(tmp_path / "history.csv", 10)

    code, said, _ = await finished(tmp_path)

    assert (code, said["activities"], said["sent"]) == (0, 10, 0)
    assert await read(str(source.topic)) == []


async def test_refused_rows_stop_the_import_unless_they_may_be_left_out(source: Source, tmp_path: Path) -> None:
    history(tmp_path / "history.csv", 10, "8,EDS1,9 of 10,yesterday\n", "8,EDS1\n")

    code, said, told = await finished(tmp_path, "--yes")
    skipping, then, _ = await finished(tmp_path, "--yes", "--skip-bad")

    assert (code, said["sent"]) == (1, 0)
    assert [each["line"] for each in said["refusals"]] == [12, 13]
    assert "completed_at: should be a time" in said["refusals"][0]["reason"]
    assert "has 2 cells, and there are 4 headings" in said["refusals"][1]["reason"]
    assert "--skip-bad" in told
    assert (skipping, then["sent"]) == (0, 10)
    assert len(await read(str(source.topic))) == 10


async def test_a_source_of_another_dialect_is_asked_wrongly(source: Source, tmp_path: Path) -> None:
    history(tmp_path / "history.csv", 1)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.ctl", "import", "history.csv", "--source", "nobody"),
        cwd=tmp_path,
        stderr=asyncio.subprocess.PIPE,
    )

    _, err = await process.communicate()

    assert process.returncode == 2
    assert b"the catalogue has no source 'nobody' (sources: history)" in err


async def test_ctrl_c_ends_it_in_a_sentence_and_the_next_run_goes_on(source: Source, tmp_path: Path) -> None:
    history(tmp_path / "history.csv", ROWS)
    process = await started(tmp_path, "--yes")
    while not noted(tmp_path):
        assert process.returncode is None
        await asyncio.sleep(0.001)

    process.send_signal(signal.SIGINT)
    _, told = await process.communicate()
    reached = noted(tmp_path)
    code, said, _ = await finished(tmp_path, "--yes")

    assert process.returncode == 130
    assert b"goes on where this one stopped" in told
    assert b"Traceback" not in told
    assert (code, said["sent"]) == (0, ROWS - reached)
