"""`laurel topics` and `laurel secrets`: what must exist before the first service starts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from services.ctl import secret_files, topics
from services.ctl.applying import applicable, live
from services.ctl.console import Answer, JsonOption, run
from services.ctl.settings import CtlSettings, current
from shared.openbadges import keys
from shared.runtime.mongo import connect

CatalogueOption = Annotated[
    Path | None, typer.Option("--catalogue", help="Folder of the tenants' folders; default: what is live.")
]


def commands() -> typer.Typer:
    """plan, apply."""
    group = typer.Typer(help="The Kafka topics that a deployment needs, dead letters included.", no_args_is_help=True)
    group.command("plan")(plan)
    group.command("apply")(apply)
    return group


def secret_commands() -> typer.Typer:
    """init."""
    group = typer.Typer(help="Keys and secrets, as files that only their owner may read.", no_args_is_help=True)
    group.command("init")(init)
    group.callback()(lambda: None)
    return group


def plan(catalogue: CatalogueOption = None, as_json: JsonOption = False) -> None:
    """Say which topics are missing, and which have other partitions than wanted."""
    settings = current()
    _tell(run(_plan(settings, catalogue)), Answer(as_json=as_json), made=False)


def apply(catalogue: CatalogueOption = None, as_json: JsonOption = False) -> None:
    """Create the topics that are missing; existing ones are never touched."""
    settings = current()
    _tell(run(_apply(settings, catalogue)), Answer(as_json=as_json), made=True)


def init(
    catalogue: Annotated[Path, typer.Option("--catalogue", help="Folder of the tenants' folders.")],
    folder: Annotated[Path | None, typer.Option("--secrets", help="Default: LAUREL_SECRETS.")] = None,
    rs256: Annotated[bool, typer.Option("--rs256", help="Make RSA keys too, for VC-JWTs signed with RS256.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make the deployment secret, signing keys and webhook secrets that are missing. Nothing is ever overwritten."""
    where = folder or current().secrets
    algorithms: tuple[keys.Algorithm, ...] = (*secret_files.ALGORITHMS, "RS256") if rs256 else secret_files.ALGORITHMS
    result = secret_files.prepare(where, applicable(catalogue), algorithms)
    answer = Answer(as_json=as_json)
    answer.table(["secret", ""], [*((each, "made") for each in result.made), *((each, "kept") for each in result.kept)])
    answer.data({"folder": str(where), **asdict(result)})


async def _plan(settings: CtlSettings, catalogue: Path | None) -> topics.Plan:
    return await topics.plan(settings, await _sources(settings, catalogue))


async def _apply(settings: CtlSettings, catalogue: Path | None) -> topics.Plan:
    return await topics.apply(settings, await _sources(settings, catalogue))


async def _sources(settings: CtlSettings, catalogue: Path | None) -> list[str]:
    tenants = applicable(catalogue) if catalogue else (await live(connect(settings))).tenants
    return [source.topic for tenant in tenants for source in tenant.sources if source.topic]


def _tell(found: topics.Plan, answer: Answer, *, made: bool) -> None:
    done = "created" if made else "missing"
    rows = [*((each.name, each.partitions, done) for each in found.missing)]
    rows += [(name, are, f"has {are} partitions, {want} wanted: left as it is") for name, are, want in found.different]
    if rows:
        answer.table(["topic", "partitions", ""], rows)
    answer.say(f"{len(found.present)} topics are there, {len(found.missing)} {'were' if made else 'are'} {done}.")
    answer.data(
        {
            done: [each.name for each in found.missing],
            "present": list(found.present),
            "different": [{"topic": name, "partitions": are, "wanted": want} for name, are, want in found.different],
        }
    )
