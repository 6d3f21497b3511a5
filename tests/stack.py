"""A whole Laurel for a test: servers, six services as processes, a catalogue of the test's own."""

from __future__ import annotations

import asyncio
import json
import os
import secrets as randomness
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from services.ctl import applying, dead_letters, events_file, secret_files, sending, settling
from services.ctl import topics as provisioning
from services.ctl.settings import CtlSettings
from services.devstack import environment
from services.devstack.servers import Store
from services.devstack.supervisor import Supervisor
from shared.catalogue.model import Tenant
from shared.contracts import documents
from shared.runtime.mongo import Database, connect

SERVICES = ("intake", "evaluator", "signer", "registry", "notifier", "portal")
CONSUMERS = SERVICES[:5]
CLONE = Path(__file__).parent.parent


def service_command(name: str) -> list[str]:
    """The command line of a service, as everywhere."""
    return [sys.executable, "-m", f"services.{name}"]


@dataclass(slots=True)
class Stack:
    """What a test does with a running Laurel."""

    supervisor: Supervisor
    settings: CtlSettings
    database: Database
    tenants: tuple[Tenant, ...]
    secrets: Path
    watcher: asyncio.Task[None] | None = None
    restarts: Counter[str] = field(default_factory=Counter)
    broker: int = 0
    """process id of Apache Kafka or of the embedded broker"""

    async def send(self, lines: Iterable[Mapping[str, Any]]) -> sending.Sent:
        """Sends lines as the events file holds them, through Kafka and the signed webhook."""
        path = self.supervisor.folder / f"events-{randomness.token_hex(4)}.jsonl"
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        sender = sending.Sender(
            self.settings,
            self.supervisor.addresses.webhook,
            secret_files.webhook_secrets(self.secrets, self.tenants, {}),
        )
        return await sender.send(events_file.read(path, events_file.Destinations(self.tenants)))

    async def settled(self, patience: float = 60) -> None:
        """Returns when nothing is pending."""
        topics = [source.topic for tenant in self.tenants for source in tenant.sources if source.topic]
        async with settling.Watch(self.settings, self.database, topics) as watch:
            await watch.settled(patience)

    async def ids(self, collection: str, query: Mapping[str, Any] | None = None) -> list[str]:
        """The ids of a collection's documents."""
        return [each["_id"] async for each in self.database[collection].find(dict(query or {}), {"_id": 1})]

    def mails(self) -> Counter[str]:
        """How many e-mails the sink took of each award."""
        found: Counter[str] = Counter()
        for path in self.supervisor.mails.glob("*.eml"):
            head = path.read_bytes().split(b"\n\n", 1)[0].split(b"\r\n\r\n", 1)[0]
            for line in head.decode("utf-8", "replace").splitlines():
                if line.lower().startswith("laurel-award:"):
                    found[line.split(":", 1)[1].strip()] += 1
        return found

    async def dead_letters(self) -> list[dead_letters.DeadLetter]:
        """Each original record once."""
        return await dead_letters.all_of(self.settings)

    def kill(self, service: str) -> None:
        """kill -9; the supervisor starts it again."""
        self.supervisor.child(service).kill()

    def pause_broker(self) -> None:
        """SIGSTOP: connections stay open and nothing is answered."""
        os.kill(self.broker, signal.SIGSTOP)

    def resume_broker(self) -> None:
        """SIGCONT."""
        os.kill(self.broker, signal.SIGCONT)

    async def without_store(self, meanwhile: Awaitable[object]) -> None:
        """kill -9 of the store, and a restart on the same folder and port when `meanwhile` is over."""
        servers = self.supervisor.servers
        [store] = [each for each in servers if isinstance(each, Store)]
        store.kill()
        try:
            await meanwhile
        finally:
            servers[servers.index(store)] = store.brought_back()

    async def readiness(self) -> dict[str, int]:
        """What /readyz of each service says; 0 where nobody answers."""
        async with httpx.AsyncClient(timeout=5) as client:
            return dict(await asyncio.gather(*(self._readiness(client, name) for name in self.supervisor.services)))

    async def metrics(self, service: str) -> str:
        """What a service measures."""
        async with httpx.AsyncClient(timeout=5) as client:
            return (await client.get(f"{self.supervisor.addresses.url(service)}/metrics")).text

    async def laurel(self, *arguments: str) -> tuple[int, str]:
        """The operator's command: its exit code, and what it said."""
        shared = environment.settings(self.supervisor.addresses, self.secrets)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.ctl", *arguments),
            cwd=CLONE,
            env={**os.environ, **{f"LAUREL_{name.upper()}": value for name, value in shared.items()}},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return process.returncode or 0, (out or err).decode()

    async def _readiness(self, client: httpx.AsyncClient, name: str) -> tuple[str, int]:
        try:
            return name, (await client.get(f"{self.supervisor.addresses.url(name)}/readyz")).status_code
        except httpx.HTTPError:
            return name, 0

    async def awards(self) -> list[dict[str, Any]]:
        """All awards."""
        found: list[dict[str, Any]] = await self.database[documents.AWARDS].find({}).to_list(None)
        return found


@asynccontextmanager
async def running(
    folder: Path,
    catalogue: Path,
    *,
    secrets: Path | None = None,
    env: Mapping[str, str] | None = None,
    command: Callable[[str], list[str]] = service_command,
    services: Sequence[str] = SERVICES,
) -> AsyncIterator[Stack]:
    """Starts everything on free ports, on Apache Kafka where LAUREL_TEST_KAFKA is set; stops everything in the end."""
    tenants = applying.applicable(catalogue)
    secrets = secrets or folder / "secrets"
    secret_files.prepare(secrets, tenants)
    with ExitStack() as cleanup:
        real = os.environ.get("LAUREL_TEST_KAFKA")
        kafka, pid = _apache_kafka(cleanup) if real else (None, 0)
        extra = {**secret_files.webhook_secrets(secrets, tenants, {}), **(env or {})}
        if kafka:
            extra |= {"LAUREL_KAFKA_IDEMPOTENT": "true", "LAUREL_KAFKA_SESSION_TIMEOUT_MS": "6000"}
        restarts: Counter[str] = Counter()
        supervisor = Supervisor(
            folder=folder, home=folder / "home", secrets=secrets, extra=extra, kafka=kafka, command=command,
            on_restart=lambda name, _: restarts.update([name]),
        )  # fmt: skip
        cleanup.callback(supervisor.stop)
        addresses = supervisor.start_servers()
        supervisor.services = {name: each for name, each in supervisor.services.items() if name in services}
        settings = CtlSettings.model_validate(environment.settings(addresses, secrets))
        await provisioning.apply(settings, [s.topic for t in tenants for s in t.sources if s.topic])
        database = connect(settings)
        now_live, found = await applying.changes(database, tenants)
        await applying.apply(database, now_live, found, datetime.now(UTC))
        await applying.register(database, secret_files.public_keys(secrets, tenants, datetime.now(UTC)))
        supervisor.start_services()
        await supervisor.ready()
        pid = pid or supervisor.servers[0].child.pid
        stack = Stack(supervisor, settings, database, tenants, secrets, restarts=restarts, broker=pid)
        stack.watcher = asyncio.create_task(supervisor.watch())
        try:
            yield stack
        finally:
            stack.watcher.cancel()
            await asyncio.gather(stack.watcher, return_exceptions=True)
            database.client.close()


def _apache_kafka(cleanup: ExitStack) -> tuple[str, int]:
    """One of its own: Laurel's topics have fixed names."""
    from tests.kafka import server  # only where Java is

    kafka = cleanup.enter_context(server.running())
    return kafka.plaintext, kafka.pid
