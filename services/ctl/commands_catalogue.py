"""`laurel catalogue`: check a folder, put it live, explain one learner's way to a badge, help editors."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from services.ctl import applying, secret_files, topics
from services.ctl.commands_backfill import backfill
from services.ctl.commands_check import check
from services.ctl.commands_forecast import dry_run
from services.ctl.commands_graph import graph
from services.ctl.commands_new import new
from services.ctl.commands_preview import preview
from services.ctl.commands_progress import asked, progress
from services.ctl.console import FAILED, Answer, JsonOption, counted, run, stop
from services.ctl.explaining import UnknownLearner, explain_learner
from services.ctl.settings import CtlSettings, current
from services.ctl.unread import in_words, unread
from shared.catalogue.changes import Diff
from shared.catalogue.expectations_schema import tests_schema
from shared.catalogue.model import Tenant
from shared.catalogue.schema import catalogue_schema
from shared.runtime.mongo import connect

FolderArgument = Annotated[Path, typer.Argument(help="The parent folder of the tenants' folders.")]


def commands() -> typer.Typer:
    """check, diff, dry-run, apply, backfill, explain, progress, schema, graph, preview, new."""
    group = typer.Typer(help="Achievements, their criteria, and where events come from.", no_args_is_help=True)
    for command in (check, diff, dry_run, apply, backfill, explain, progress, schema, graph, preview, new):
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
    revision, registered, made = run(_apply(settings, tenants, secrets or settings.secrets))
    told = f" {counted(len(registered), 'key')} registered." if registered else ""
    answer.say(f"Revision {revision} is live.{told}")
    if made:
        answer.say(
            f"[yellow]![/] Webhook secrets were made: {escape(', '.join(made))}. "
            "Intake knows them after `laurel down` and `laurel up`."
        )
    answer.data({**_as_data(found), "revision": revision, "keys": list(registered), "unread": list(silent)})


def explain(
    learner: Annotated[str, typer.Argument(help="As the LMS knows them, their address, or Laurel's id.")],
    achievement: Annotated[str, typer.Argument(help="TENANT/ACHIEVEMENT, or TENANT/ACHIEVEMENT/VERSION.")],
    as_json: JsonOption = False,
) -> None:
    """Say why a learner holds a badge or doesn't, and what is missing, in sentences to send to them."""
    answer = Answer(as_json=as_json)
    tenant, slug, version = asked(achievement)
    try:
        explanations = run(explain_learner(connect(current()), tenant, slug, learner, version))
    except UnknownLearner as error:
        answer.data([])
        stop(FAILED, str(error))
    for each in explanations:
        answer.say(f"[bold]{escape(each.title)}[/]")
        for sentence in each.sentences:
            answer.say("  " + escape(sentence))
    answer.data([each.as_json() for each in explanations])


def schema(tests: Annotated[bool, typer.Option("--tests", help="Of a catalogue's own tests.")] = False) -> None:
    """Print the JSON Schema of catalogue files: editors that know it complete and explain every field."""
    Answer(as_json=True).data(tests_schema() if tests else catalogue_schema())


async def _changes(settings: CtlSettings, tenants: tuple[Tenant, ...]) -> tuple[Any, Diff]:
    return await applying.changes(connect(settings), tenants)


async def _apply(
    settings: CtlSettings, tenants: tuple[Tenant, ...], secrets: Path
) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """Revision, keys, and where webhook secrets are that were made for an embedded run that is up already."""
    database, now = connect(settings), datetime.now(UTC)
    now_live, found = await applying.changes(database, tenants)
    await topics.apply(settings, [source.topic for each in tenants for source in each.sources if source.topic])
    made: tuple[str, ...] = ()
    if settings.embedded:
        # a new issuer of the newcomer's run gets its keys as the first ones did
        new = secret_files.prepare(secrets, tenants).made
        made = tuple(str(secrets / each) for each in new if each.startswith("webhooks/"))
    registered = await applying.register(database, secret_files.public_keys(secrets, tenants, now))
    return await applying.apply(database, now_live, found, now), registered, made


def _show(found: Diff, answer: Answer) -> None:
    for name in found.added:
        answer.say(f"[green]+[/] {escape(name)}")
    for name in found.changed:
        answer.say(f"[yellow]~[/] {escape(name)}")
    for remark in found.remarks:
        answer.say(f"[yellow]![/] {escape(remark)}")
    if found.empty:
        answer.say("Nothing changes.")


def _as_data(found: Diff) -> dict[str, Any]:
    names = ("added", "changed", "unchanged", "remarks")
    return {name: list(getattr(found, name)) for name in names}
