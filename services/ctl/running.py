"""A whole Laurel on this machine, with a catalogue live in it: what `up` and `demo` have in common."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from services.ctl import applying, secret_files, topics
from services.ctl.settings import CtlSettings
from services.devstack import environment
from services.devstack.environment import Addresses
from services.devstack.supervisor import Supervisor
from shared.catalogue.model import Tenant
from shared.runtime.mongo import Database, connect

T = TypeVar("T")
RUNS = "runs"
RETEST_SECONDS = "2"
"""an embedded run tries a source that sent garbage again soon; LAUREL_BREAKER_RETEST_SECONDS says otherwise"""


@dataclass(frozen=True, slots=True)
class Running:
    """What is up, and how to speak to it."""

    supervisor: Supervisor
    settings: CtlSettings
    database: Database
    tenants: tuple[Tenant, ...]

    @property
    def webhook_secrets(self) -> Mapping[str, str]:
        """By environment variable, among what the services are told besides."""
        return self.supervisor.extra

    @property
    def addresses(self) -> Addresses:
        """Where everything is reached."""
        return self.supervisor.addresses

    @property
    def source_topics(self) -> list[str]:
        """The topics that the catalogue's sources write to."""
        return [source.topic for tenant in self.tenants for source in tenant.sources if source.topic]


def prepared(
    folder: Path,
    state: Path,
    secrets: Path,
    tenants: tuple[Tenant, ...],
    on_restart: Callable[[str, int], None] = lambda name, code: None,
) -> Supervisor:
    """Makes the secrets that are missing and whoever will run everything in `folder`. Raises InsecureSecret."""
    secrets = secrets.resolve()
    secret_files.prepare(secrets, tenants)
    webhooks = secret_files.webhook_secrets(secrets, tenants, os.environ)
    extra = {"LAUREL_BREAKER_RETEST_SECONDS": os.environ.get("LAUREL_BREAKER_RETEST_SECONDS", RETEST_SECONDS)}
    folder.mkdir(parents=True, exist_ok=True)
    return Supervisor(
        folder.resolve(), (state / "home").resolve(), secrets, extra=webhooks | extra, on_restart=on_restart
    )


@asynccontextmanager
async def stack(supervisor: Supervisor, tenants: tuple[Tenant, ...]) -> AsyncIterator[Running]:
    """Starts everything and puts the catalogue live; ends everything however it is left.

    Raises LaurelError or DidNotStart.
    """
    database: Database | None = None
    try:
        addresses = supervisor.start_servers()
        settings = CtlSettings.model_validate(environment.settings(addresses, supervisor.secrets))
        database = connect(settings)
        running = Running(supervisor, settings, database, tenants)
        await topics.apply(settings, running.source_topics)
        await applying.register(database, secret_files.public_keys(supervisor.secrets, tenants, datetime.now(UTC)))
        now_live, found = await applying.changes(database, tenants)
        await applying.apply(database, now_live, found, datetime.now(UTC))
        supervisor.start_services()
        await supervisor.ready()
        yield running
    finally:
        if database is not None:
            database.client.close()
        supervisor.stop()


async def while_watched(supervisor: Supervisor, work: Coroutine[Any, Any, T]) -> T:
    """Does the work while services are kept up. Raises DidNotStart when a server is lost meanwhile."""
    watch = asyncio.create_task(supervisor.watch())
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({watch, task}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            watch.result()
        return await task
    finally:
        watch.cancel()
        task.cancel()
        await asyncio.gather(watch, task, return_exceptions=True)


def interruptible() -> None:
    """SIGTERM and SIGHUP end this task as Ctrl-C does: with everything put away."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(each, task.cancel if task else loop.stop)


def clear_old_runs(state: Path) -> None:
    """Removes what runs whose process is gone left behind."""
    for folder in (state / RUNS).glob("*-*"):
        pid = folder.name.rpartition("-")[2]
        if pid.isdigit() and not _alive(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
