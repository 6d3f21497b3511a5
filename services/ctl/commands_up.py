"""`laurel up` and `laurel down`: the embedded run in the background."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from services.ctl.applying import applicable
from services.ctl.console import Answer, JsonOption, run
from services.ctl.running import Running, interruptible, prepared, stack, while_watched
from services.ctl.settings import STATE
from services.devstack import detached
from services.devstack.children import DidNotStart
from services.devstack.environment import settings as environment_settings

EXAMPLES = Path("examples")
UP = "up"
WAIT_SECONDS = 180.0

CatalogueOption = Annotated[Path, typer.Option("--catalogue", help="Folder of the tenants' folders.")]
SecretsOption = Annotated[Path, typer.Option("--secrets", help="Made on the first run, reused afterwards.")]


def up(
    catalogue: CatalogueOption = EXAMPLES / "catalogue",
    secrets: SecretsOption = STATE / "secrets",
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay in the terminal until Ctrl-C.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what an earlier run stored.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Start broker, store, mail sink and all services, and print the addresses."""
    answer = Answer(as_json=as_json)
    applicable(catalogue)  # mistakes are told here, not in a log
    if foreground:
        run(_serve(catalogue, secrets, fresh=fresh))
        return
    pid = detached.holder(STATE)
    if pid is not None:
        msg = f"Laurel is already up here (process {pid}): end it with `laurel down`"
        raise detached.AlreadyRunning(msg)
    _tell(_start(catalogue, secrets, fresh=fresh), answer)


def down(
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing when nothing runs.")] = False,
    as_json: JsonOption = False,
) -> None:
    """End what `laurel up` started here."""
    answer = Answer(as_json=as_json)
    ended = detached.end(STATE)
    if ended or not quiet:
        answer.say("Laurel is down." if ended else "Laurel was not up here.")
    answer.data({"ended": ended})


def _start(catalogue: Path, secrets: Path, *, fresh: bool) -> dict[str, Any]:
    """Starts the run in a session of its own, so that it outlives the terminal, and waits until it is ready."""
    log = STATE / UP / "laurel.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "services.ctl", "up", "--foreground"]
    command += ["--catalogue", str(catalogue.resolve()), "--secrets", str(secrets.resolve()), *(["--fresh"] * fresh)]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 (our own command)
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = detached.running(STATE)
        if found is not None and found["pid"] == process.pid:
            return found
        if process.poll() is not None:
            msg = f"it did not start; {log} says:\n{log.read_text(errors='replace').strip()[-2000:]}"
            raise DidNotStart(msg)
        time.sleep(0.1)
    process.terminate()
    msg = f"it was not ready after {WAIT_SECONDS:.0f} s; see {log}"
    raise DidNotStart(msg)


async def _serve(catalogue: Path, secrets: Path, *, fresh: bool) -> None:
    interruptible()
    tenants = applicable(catalogue)
    folder = STATE / UP
    with detached.holding(STATE) as addresses:
        if fresh:
            shutil.rmtree(folder / "store", ignore_errors=True)
        supervisor = prepared(folder, STATE, secrets, tenants)
        try:
            async with stack(supervisor, tenants) as running:
                detached.write(addresses, described(running))
                await while_watched(supervisor, _until_cancelled())
        except asyncio.CancelledError:
            return


async def _until_cancelled() -> None:
    await asyncio.Event().wait()


def described(running: Running) -> dict[str, Any]:
    """`up.json`: every address, and the settings by which the operator's command finds this run."""
    addresses, supervisor = running.addresses, running.supervisor
    return {
        "portal": addresses.portal,
        "webhook": addresses.webhook,
        "kafka": addresses.kafka,
        "mongo": addresses.mongo_uri,
        "smtp": f"127.0.0.1:{addresses.smtp_port}",
        "mails": str(supervisor.mails),
        "logs": str(supervisor.logs),
        "services": {name: addresses.url(name) for name in addresses.ports},
        "metrics": {name: f"{addresses.url(name)}/metrics" for name in addresses.ports},
        "pids": {name: supervisor.child(name).pid for name in addresses.ports}
        | {server.child.name: server.child.pid for server in supervisor.servers},
        "settings": environment_settings(addresses, supervisor.secrets),
    }


def _tell(found: dict[str, Any], answer: Answer) -> None:
    rows = [
        ("badge pages", found["portal"]),
        ("webhook", f"{found['webhook']}/<tenant>/<source>"),
        ("e-mails", found["mails"]),
        ("Kafka", found["kafka"]),
        ("MongoDB", found["mongo"]),
        *((f"metrics of {name}", address) for name, address in found["metrics"].items()),
        ("logs", found["logs"]),
    ]
    answer.say("Laurel is up. These addresses are in .laurel/up.json too.")
    answer.table(["what", "where"], rows)
    answer.say(f"Send events with {escape('`laurel send examples/events.jsonl`')}; end it with `laurel down`.")
    answer.data(found)
