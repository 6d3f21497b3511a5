from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from services.devstack.children import DidNotStart
from services.devstack.environment import Addresses
from services.devstack.servers import Broker, MailSink
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


async def test_a_mail_sink_that_is_gone_is_brought_back_where_it_was(supervisor: Supervisor, tmp_path: Path) -> None:
    first = MailSink.start(tmp_path)
    supervisor.servers, supervisor.bring_back_seconds = [first], 0.3
    watch = asyncio.create_task(supervisor.watch())

    first.kill()
    await asyncio.sleep(0.15)
    [not_at_once] = supervisor.servers
    async with asyncio.timeout(20):
        while supervisor.servers[0] is first:
            await asyncio.sleep(0.05)
    [again] = supervisor.servers
    alive = again.child.alive()
    watch.cancel()
    supervisor.stop()

    assert not_at_once is first
    assert alive
    assert (again.port, again.folder) == (first.port, first.folder)


async def test_what_somebody_else_brought_back_is_left_to_them(supervisor: Supervisor, tmp_path: Path) -> None:
    first = MailSink.start(tmp_path)
    supervisor.servers, supervisor.bring_back_seconds = [first], 0.2
    first.kill()
    theirs = MailSink.start(tmp_path, first.port)

    watch = asyncio.create_task(supervisor.watch())
    await asyncio.sleep(0.8)
    gave_up, servers, alive = watch.done(), list(supervisor.servers), theirs.child.alive()
    watch.cancel()
    supervisor.stop()
    theirs.stop()

    assert not gave_up
    assert servers == [first]
    assert alive


async def test_without_its_broker_nothing_can_go_on(supervisor: Supervisor, tmp_path: Path) -> None:
    broker = Broker.start(tmp_path)
    supervisor.servers = [broker]
    broker.kill()

    with pytest.raises(DidNotStart, match="broker ended with -9"):
        await supervisor.watch()
    supervisor.stop()


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
