"""`laurel catalogue`: check a folder, put it live, explain one learner's way to a badge, help editors."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from services.ctl import applying, secret_files, topics
from services.ctl.commands_check import check
from services.ctl.commands_new import new
from services.ctl.commands_preview import preview
from services.ctl.console import ASKED_WRONGLY, FAILED, Answer, JsonOption, run, stop
from services.ctl.explaining import Explanation, explain_learner
from services.ctl.settings import CtlSettings, current
from services.ctl.unread import in_words, unread
from shared.catalogue.changes import Diff
from shared.catalogue.model import Tenant
from shared.catalogue.schema import catalogue_schema
from shared.runtime.mongo import connect

FolderArgument = Annotated[Path, typer.Argument(help="The parent folder of the tenants' folders.")]


def commands() -> typer.Typer:
    """check, diff, apply, explain, schema, preview, new."""
    group = typer.Typer(help="Achievements, their criteria, and where events come from.", no_args_is_help=True)
    for command in (check, diff, apply, explain, schema, preview, new):
        group.command()(command)
    return group


def diff(folder: FolderArgument, as_json: JsonOption = False) -> None:
    """Say what applying the folder would change."""
    answer = Answer(as_json=as_json)
    _, found = run(_changes(current(), applying.applicable(folder)))
    _show(found, answer)
    answer.data(_as_data(found))


def apply(
    folder: FolderArgument,
    secrets: Annotated[
        Path | None, typer.Option("--secrets", help="Register the public halves of these keys. Default: LAUREL_SECRETS")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the difference.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the difference, make the topics that are missing, put the folder live, register public keys."""
    answer = Answer(as_json=as_json)
    settings = current()
    tenants = applying.applicable(folder)
    silent = unread(tenants, settings.intake_topics)
    now_live, found = run(_changes(settings, tenants))
    _show(found, answer)
    if silent:
        answer.say(f"[yellow]![/] {escape(in_words(silent, settings.intake_topics))}")
    if dry_run:
        answer.data({**_as_data(found), "revision": now_live.revision, "unread": list(silent)})
        return
    revision, registered = run(_apply(settings, tenants, secrets or settings.secrets))
    answer.say(f"Revision {revision} is live." + (f" {len(registered)} keys were registered." if registered else ""))
    answer.data({**_as_data(found), "revision": revision, "keys": list(registered), "unread": list(silent)})


def explain(
    achievement: Annotated[str, typer.Argument(help="<tenant>/<achievement>")],
    learner: Annotated[str, typer.Argument(help="Laurel's id of the learner, or the LMS's.")],
    as_json: JsonOption = False,
) -> None:
    """Say clause by clause why a learner holds a badge, or what is missing."""
    answer = Answer(as_json=as_json)
    tenant, _, slug = achievement.partition("/")
    if not slug:
        stop(ASKED_WRONGLY, f"{achievement!r} is no <tenant>/<achievement>")
    explanations = run(_explain(current(), tenant, slug, learner))
    for each in explanations:
        answer.say(f"[bold]{escape(each.title)}[/]")
        for line in each.lines:
            answer.say("  " + escape(line))
    answer.data([each.as_json() for each in explanations])
    if not explanations:
        stop(FAILED, f"{tenant} knows no learner {learner!r}: nothing was heard of them")


def schema() -> None:
    """Print the JSON Schema of catalogue files: editors that know it complete and explain every field."""
    Answer(as_json=True).data(catalogue_schema())


async def _changes(settings: CtlSettings, tenants: tuple[Tenant, ...]) -> tuple[Any, Diff]:
    return await applying.changes(connect(settings), tenants)


async def _apply(settings: CtlSettings, tenants: tuple[Tenant, ...], secrets: Path) -> tuple[int, tuple[str, ...]]:
    database, now = connect(settings), datetime.now(UTC)
    now_live, found = await applying.changes(database, tenants)
    await topics.apply(settings, [source.topic for each in tenants for source in each.sources if source.topic])
    if settings.embedded:
        secret_files.prepare(secrets, tenants)  # a new issuer of the newcomer's run gets its keys as the first ones did
    registered = await applying.register(database, secret_files.public_keys(secrets, tenants, now))
    return await applying.apply(database, now_live, found, now), registered


async def _explain(settings: CtlSettings, tenant: str, slug: str, learner: str) -> list[Explanation]:
    return await explain_learner(connect(settings), tenant, slug, learner)


def _show(found: Diff, answer: Answer) -> None:
    for name in found.added:
        answer.say(f"[green]+[/] {escape(name)}")
    for name in found.changed:
        answer.say(f"[yellow]~[/] {escape(name)}")
    if found.empty:
        answer.say("Nothing changes.")


def _as_data(found: Diff) -> dict[str, Any]:
    return {"added": list(found.added), "changed": list(found.changed), "unchanged": list(found.unchanged)}
