"""The course of a demo: start, send, settle, collect, tell, show, stop."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from services.ctl import events_file
from services.ctl.applying import applicable
from services.ctl.demo import acts, report
from services.ctl.demo.acts import Act
from services.ctl.demo.collecting import Collected, collect
from services.ctl.demo.folder import Folder
from services.ctl.demo.page import write_page
from services.ctl.running import RUNS, Running, clear_old_runs, interruptible, prepared, stack, while_watched
from services.ctl.sending import Sender, Sent
from services.ctl.settling import NotSettled, Pending, Watch
from services.ctl.trying import Trial
from services.devstack.ports import accepts
from shared.catalogue.model import Catalogue, Tenant
from shared.contracts.documents import CREDENTIALS

VICTIMS = ("signer", "registry")
LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was told."""

    catalogue: Path
    events: Path
    out: Path
    secrets: Path
    state: Path
    bundled: bool
    """the acts know the bundled events; on others they are left out"""


@dataclass(slots=True)
class Demo:
    """One run. Nothing is sent before catalogue and events are known to be good."""

    asked: Asked
    console: Console
    tenants: tuple[Tenant, ...]
    lines: int
    out: Folder
    trouble: list[str] = field(default_factory=list)
    """what did not work, in words"""

    @classmethod
    def checked(cls, asked: Asked, console: Console) -> Demo:
        """Raises NotApplicable, UnusableEvents, NotOurs."""
        tenants = applicable(asked.catalogue)
        lines = sum(1 for _ in events_file.read(asked.events, events_file.Destinations(tenants)))
        out = Folder(asked.out)
        out.clear()
        clear_old_runs(asked.state)
        return cls(asked, console, tenants, lines, out)

    async def run(self) -> bool:
        """Whether all of it worked. Whatever happens, nothing is left running."""
        interruptible()
        folder = self.asked.state / RUNS / f"demo-{os.getpid()}"
        supervisor = prepared(folder, self.asked.state, self.asked.secrets, self.tenants)
        shown: list[Act] = []
        with self._progress() as progress:
            starting = progress.add_task("Starting broker, store, mail sink and services", total=None)
            async with stack(supervisor, self.tenants) as running:
                progress.update(starting, total=1, completed=1)
                ports = {**running.addresses.ports, **{each.child.name: each.port for each in supervisor.servers}}
                collected = await while_watched(supervisor, self._main_job(running, progress))
                progress.stop()
                report.tell(self.console, collected, self.tenants)
                if self.asked.bundled:
                    await while_watched(supervisor, self._acts(running, collected, shown))
        if self.asked.bundled:
            self._show(
                await acts.with_everything_shut_down(collected, self.out, [n for n, p in ports.items() if accepts(p)]),
                shown,
            )
        self.out.write_json("acts.json", [each.as_json() for each in shown])
        write_page(self.out, collected, self.tenants, shown)
        report.tell_where(self.console, self.out)
        self._judge(collected, shown)
        if not self.trouble:
            shutil.rmtree(folder, ignore_errors=True)
        for each in self.trouble:
            self.console.print(f"[red]Not all of it worked:[/] {escape(each)}", soft_wrap=True)
        if self.trouble:
            self.console.print(f"Logs are in {folder / 'logs'}", soft_wrap=True)
        return not self.trouble

    async def _main_job(self, running: Running, progress: Progress) -> Collected:
        began = time.monotonic()
        sent = await self._send(running, progress)
        settling = progress.add_task("Waiting until all is settled", total=None)
        async with Watch(running.settings, running.database, running.source_topics) as watch:
            try:
                await watch.settled(tell=lambda pending: progress.update(settling, description=_waiting(pending)))
                settled = "All is settled"
            except NotSettled as error:
                self.trouble.append(str(error))
                settled = "Not settled"
        seconds = time.monotonic() - began
        progress.update(settling, description=settled, total=1, completed=1)
        fetching = progress.add_task("Fetching badges, pages and e-mails", total=None)
        return await collect(
            running, sent, seconds, self.out, lambda done, of: progress.update(fetching, completed=done, total=of)
        )

    async def _send(self, running: Running, progress: Progress) -> Sent:
        task = progress.add_task("Sending events", total=self.lines)
        sender = Sender(
            running.settings, running.addresses.webhook, running.webhook_secrets, on_line=lambda: progress.advance(task)
        )
        lines = events_file.read(self.asked.events, events_file.Destinations(self.tenants))
        if not self.asked.bundled:
            return await sender.send(lines)
        await sender.send(islice(lines, self.lines // 2))
        await _first_badge(running)
        for name in VICTIMS:
            running.supervisor.child(name).kill()
        return await sender.send(lines)

    async def _acts(self, running: Running, collected: Collected, shown: list[Act]) -> None:
        self.console.print("\n[bold]Five acts[/]")
        restarts = {name: running.supervisor.services[name].restarts for name in VICTIMS}
        self._show(await acts.accepted_by_others(collected, self.out), shown)
        async with Watch(running.settings, running.database, running.source_topics) as watch:
            self._show(await acts.changed_and_revoked(running, watch, collected, self.out), shown)
        self._show(acts.killed(collected, self._events(), restarts), shown)
        self._show(await acts.near_miss(running), shown)

    def _events(self) -> int:
        """How many the file holds, by what each of its deliveries says."""
        lines = events_file.read(self.asked.events, events_file.Destinations(self.tenants))
        return sum(each.events for each in Trial(Catalogue(0, self.tenants), datetime.now(UTC)).of(lines))

    def _show(self, act: Act, shown: list[Act]) -> None:
        shown.append(act)
        report.tell_act(self.console, act)

    def _judge(self, collected: Collected, shown: list[Act]) -> None:
        """Every badge was issued, no event was lost from sight, every act showed what it promised."""
        badges, known = len(collected.awards), collected.events.received + collected.waiting
        if collected.credentials != badges:
            self.trouble.append(f"{badges} badges were earned and {collected.credentials} credentials issued")
        if known < self.lines:
            self.trouble.append(f"{self.lines} deliveries were sent and {known} are accounted for")
        self.trouble += [f"act {each.number}, {each.title}" for each in shown if not each.worked]

    def _progress(self) -> Progress:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        return Progress(*columns, console=self.console)


async def _first_badge(running: Running, patience: float = 20.0) -> None:
    """Returns while the first events are still under way."""
    for _ in range(int(patience / LOOK_SECONDS)):
        if await running.database[CREDENTIALS].count_documents({}):
            return
        await asyncio.sleep(LOOK_SECONDS)


def _waiting(pending: Pending) -> str:
    return f"Waiting: {pending}" if not pending.nothing else "Making sure that nothing moves"
