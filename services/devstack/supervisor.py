"""The embedded run: broker, store, mail sink and every service, each a process of its own, kept up and put away."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from services.devstack.children import Child, DidNotStart
from services.devstack.environment import Addresses, for_service, service_names
from services.devstack.ports import accepts, free_port
from services.devstack.servers import Broker, Lasting, MailSink, Server, Store

CALM_SECONDS = 20.0
"""a service that ran this long is restarted at once the next time"""
LONGEST_BACKOFF = 10.0
GRACE_SECONDS = 15.0
BRING_BACK_SECONDS = 30.0
"""a store or mail sink that is gone is brought back after so long, unless somebody else did it"""


@dataclass(slots=True)
class Supervised:
    """A service and how often it had to be started again."""

    name: str
    port: int
    child: Child | None = None
    restarts: int = 0
    started_at: float = 0.0
    backoff: float = 0.0
    not_before: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Starts in two steps, because topics and catalogue are put in place between servers and services."""

    folder: Path
    """logs, data, mails and state of this run"""
    home: Path
    """HOME of the children"""
    secrets: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    """environment of the services: the webhook secrets"""
    on_restart: Callable[[str, int], None] = lambda name, code: None
    kafka: str | None = None
    """a broker that runs already, instead of the embedded one"""
    command: Callable[[str], list[str]] = lambda name: [sys.executable, "-m", f"services.{name}"]
    """what a service is started with"""
    bring_back_seconds: float = BRING_BACK_SECONDS
    servers: list[Server] = field(default_factory=list)
    services: dict[str, Supervised] = field(default_factory=dict)
    _addresses: Addresses | None = None
    _mails: Path | None = None
    _look_again_at: dict[int, float] = field(default_factory=dict)

    def start_servers(self) -> Addresses:
        """Broker, store, mail sink; returns when they answer. Raises DidNotStart."""
        kafka = self.kafka
        if kafka is None:
            broker = Broker.start(self.folder)
            self.servers.append(broker)
            kafka = broker.bootstrap
        store = Store.start(self.folder)
        self.servers.append(store)
        sink = MailSink.start(self.folder)
        self.servers.append(sink)
        self._mails = sink.mails
        self.services = {name: Supervised(name, free_port()) for name in service_names()}
        ports = {name: each.port for name, each in self.services.items()}
        self._addresses = Addresses(kafka, store.uri, sink.port, ports)
        return self._addresses

    @property
    def addresses(self) -> Addresses:
        """Known once the servers are up."""
        if self._addresses is None:
            msg = "the servers were not started"
            raise DidNotStart(msg)
        return self._addresses

    @property
    def mails(self) -> Path:
        """The folder of .eml files."""
        return self._mails or self.folder / "mail"

    @property
    def logs(self) -> Path:
        """The folder of everybody's log."""
        return self.folder / "logs"

    def start_services(self) -> None:
        """Starts all of them and returns at once."""
        for each in self.services.values():
            self._launch(each)

    async def ready(self, seconds: float = 120.0) -> None:
        """Returns when every service says that it is ready. Raises DidNotStart with what the slowest lacks."""
        deadline = time.monotonic() + seconds
        async with httpx.AsyncClient(timeout=2) as client:
            waiting = dict.fromkeys(self.services, "not started")
            while waiting:
                for name in list(waiting):
                    waiting[name] = await self._lacks(client, name)
                    if not waiting[name]:
                        del waiting[name]
                self._restart_the_dead()
                if waiting and time.monotonic() > deadline:
                    why = "; ".join(f"{name}: {lacks.strip()}" for name, lacks in waiting.items())
                    msg = f"not ready after {seconds:.0f} s: {why} (logs are in {self.logs})"
                    raise DidNotStart(msg)
                await asyncio.sleep(0.1)

    async def watch(self) -> None:
        """Starts what crashed again, for ever: at once the first time, then with growing pauses.

        Raises DidNotStart when the broker is gone, for what it held is gone too. Store and mail sink have theirs on
        disk: services bear an outage, so these are brought back in a while.
        """
        while True:
            self._restart_the_dead()
            self._bring_back_servers()
            await asyncio.sleep(0.1)

    def child(self, name: str) -> Child:
        """The process that a service runs in now."""
        child = self.services[name].child
        if child is None:
            msg = f"{name} was not started"
            raise DidNotStart(msg)
        return child

    def stop(self) -> None:
        """Ends everything: services first and together, so that each can finish its batch. May be repeated."""
        children = [each.child for each in self.services.values() if each.child is not None]
        for child in children:
            child.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for child in children:
            child.stop(max(0.1, deadline - time.monotonic()))
        self.services.clear()
        while self.servers:
            self.servers.pop().stop()

    def _restart_the_dead(self) -> None:
        now = time.monotonic()
        for each in self.services.values():
            if each.child is None or each.child.alive():
                continue
            if each.not_before == 0.0:
                calm = now - each.started_at > CALM_SECONDS
                each.backoff = 0.0 if calm else min(LONGEST_BACKOFF, each.backoff * 2 or 0.5)
                each.not_before = now + each.backoff
                self.on_restart(each.name, each.child.exit_code or 0)
            if now >= each.not_before:
                each.restarts += 1
                self._launch(each)

    def _bring_back_servers(self) -> None:
        now = time.monotonic()
        for place, server in enumerate(self.servers):
            if server.child.alive():
                continue
            if not isinstance(server, Lasting):
                msg = f"{server.child.name} ended with {server.child.exit_code}; see {server.child.log}"
                raise DidNotStart(msg)
            if now < self._look_again_at.setdefault(server.port, now + self.bring_back_seconds):
                continue
            del self._look_again_at[server.port]
            # never two stores on one folder: whoever killed it may have started it again by hand
            if not accepts(server.port):
                self.servers[place] = server.brought_back()

    def _launch(self, each: Supervised) -> None:
        state = self.folder / "state"
        (state / each.name).mkdir(parents=True, exist_ok=True)
        each.child = Child.start(
            each.name,
            self.command(each.name),
            log=self.logs / f"{each.name}.log",
            home=self.home,
            env={**for_service(each.name, self.addresses, self.secrets, state), **self.extra},
        )
        each.started_at, each.not_before = time.monotonic(), 0.0

    async def _lacks(self, client: httpx.AsyncClient, name: str) -> str:
        try:
            answer = await client.get(f"{self.addresses.url(name)}/readyz")
        except httpx.HTTPError:
            return "does not answer"
        return "" if answer.status_code == httpx.codes.OK else answer.text or "not ready"
