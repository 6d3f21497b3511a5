"""`laurel demo` and `laurel send`: events in, as an LMS would send them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from services.ctl import events_file
from services.ctl.applying import NotApplicable, live
from services.ctl.commands_up import EXAMPLES, CatalogueOption, SecretsOption
from services.ctl.console import ASKED_WRONGLY, FAILED, Answer, JsonOption, counted, run, stop, terminal
from services.ctl.demo.folder import NotOurs
from services.ctl.demo.run import Asked, Demo
from services.ctl.events_file import UnusableEvents
from services.ctl.secret_files import webhook_secrets
from services.ctl.sending import Sender, Sent
from services.ctl.settings import STATE, CtlSettings, current
from services.devstack.detached import running
from shared.errors import LaurelError
from shared.runtime.mongo import connect

INTERRUPTED = 130


class NoWebhook(LaurelError):
    """Nothing says where the webhook is."""


def demo(
    catalogue: CatalogueOption = EXAMPLES / "catalogue",
    events: Annotated[Path, typer.Option("--events", help="JSON Lines, one delivery a line.")] = EXAMPLES
    / "events.jsonl",
    out: Annotated[Path, typer.Option("--out", help="What came out goes here.")] = Path("demo-output"),
    secrets: SecretsOption = STATE / "secrets",
) -> None:
    """Run the main job through all services, and show what came out."""
    console = terminal()
    bundled = _same(catalogue, EXAMPLES / "catalogue") and _same(events, EXAMPLES / "events.jsonl")
    asked = Asked(catalogue, events, out, secrets, STATE, bundled)
    try:
        prepared = Demo.checked(asked, console)
    except (NotApplicable, UnusableEvents, NotOurs) as error:
        stop(ASKED_WRONGLY, str(error))
    try:
        worked = run(prepared.run())
    except (asyncio.CancelledError, KeyboardInterrupt):
        stop(INTERRUPTED, "interrupted: everything that was started is stopped")
    if not worked:
        stop(FAILED)


def send(
    events: Annotated[Path, typer.Argument(help="JSON Lines, one delivery a line.")],
    webhook: Annotated[
        str | None, typer.Option("--webhook", help="Where webhooks are taken; default: those of `laurel up`.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Send a file of events as the LMSs of the catalogue would: to topics, and signed to webhooks."""
    answer = Answer(as_json=as_json)
    found = running(STATE)
    address = webhook or (found["webhook"] if found else None)
    try:
        sent = run(_send(current(), events, address, answer))
    except UnusableEvents as error:
        stop(ASKED_WRONGLY, str(error))
    answer.say(
        f"{counted(sent.lines - len(sent.not_taken), 'line')} sent"
        + (f"; {sent.refused} of them refused: `laurel dlq list` says why." if sent.refused else ".")
    )
    for each in sent.not_taken:
        answer.say(f"line {each.line.number}: {each.error_code}: {each.message}")
    answer.data(
        {
            "lines": sent.lines,
            "refused": sent.refused,
            "not_taken": [
                {"line": each.line.number, "code": each.error_code, "message": each.message} for each in sent.not_taken
            ],
        }
    )
    if sent.not_taken:
        stop(FAILED, f"{len(sent.not_taken)} lines were not taken, and are nowhere kept: send them again")


async def _send(settings: CtlSettings, events: Path, webhook: str | None, answer: Answer) -> Sent:
    tenants = (await live(connect(settings))).tenants
    destinations = events_file.Destinations(tenants)
    lines = list(events_file.read(events, destinations))
    hooks = {line.to.label for line in lines if line.to.source.topic is None}
    if hooks and webhook is None:
        msg = f"{min(hooks)} is a webhook: say with --webhook where it is"
        raise NoWebhook(msg)
    secrets = webhook_secrets(settings.secrets, tenants, os.environ) if hooks else {}
    with Progress(console=answer.console, disable=not answer.moves) as progress:
        task = progress.add_task("Sending events", total=len(lines))
        return await Sender(settings, webhook, secrets, on_line=lambda: progress.advance(task)).send(lines)


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()
