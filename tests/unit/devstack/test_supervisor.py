from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from services.devstack.children import DidNotStart
from services.devstack.environment import Addresses
from services.devstack.supervisor import Supervised, Supervisor


@pytest.fixture
def told() -> list[tuple[str, int]]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, told: list[tuple[str, int]]) -> Supervisor:
    """One service, which is a command of the test's."""
    made = Supervisor(
        tmp_path,
        tmp_path / "home",
        tmp_path / "secrets",
        command=lambda name: [sys.executable, "-c", "import time; time.sleep(60)"],
        on_restart=lambda name, code: told.append((name, code)),
    )
    made.services = {"intake": Supervised("intake", 1)}
    made._addresses = Addresses("127.0.0.1:1", "mongodb://127.0.0.1:1/", 1, {"intake": 1})
    return made


async def test_a_killed_service_is_started_again(supervisor: Supervisor, told: list[tuple[str, int]]) -> None:
    supervisor.start_services()
    first = supervisor.child("intake")
    watch = asyncio.create_task(supervisor.watch())

    first.kill()
    while supervisor.services["intake"].restarts == 0:
        await asyncio.sleep(0.05)
    again = supervisor.child("intake")
    alive = again.alive()
    watch.cancel()
    supervisor.stop()

    assert alive
    assert again.pid != first.pid
    assert told == [("intake", -9)]


async def test_one_that_crashes_at_once_is_started_with_growing_pauses(supervisor: Supervisor) -> None:
    supervisor.command = lambda name: [sys.executable, "-c", "raise SystemExit(3)"]
    supervisor.start_services()
    watch = asyncio.create_task(supervisor.watch())

    await asyncio.sleep(2.5)
    each = supervisor.services["intake"]
    restarts, backoff = each.restarts, each.backoff
    watch.cancel()
    supervisor.stop()

    assert 1 <= restarts <= 2
    assert backoff >= 1.0


async def test_what_is_not_ready_in_time_is_named(supervisor: Supervisor) -> None:
    supervisor.start_services()

    with pytest.raises(DidNotStart, match="intake: does not answer"):
        await supervisor.ready(0.3)
    supervisor.stop()


def test_stopping_ends_everything_and_may_be_repeated(supervisor: Supervisor) -> None:
    supervisor.start_services()
    child = supervisor.child("intake")

    supervisor.stop()
    supervisor.stop()

    assert not child.alive()
