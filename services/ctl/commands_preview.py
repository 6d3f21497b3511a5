"""`laurel catalogue preview`: an achievement as learners would see it, before it is live."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from services.ctl import applying
from services.ctl.console import ASKED_WRONGLY, FAILED, Answer, JsonOption, stop
from services.ctl.previewing import Preview
from services.ctl.previewing import preview as rendered
from shared.catalogue.criteria import CriterionError
from shared.catalogue.model import LiveAchievement, Tenant
from shared.catalogue.problems import nearest
from shared.errors import Rejected


def preview(
    achievement: Annotated[str, typer.Argument(help="Its id, or TENANT/ID where several tenants have it.")],
    folder: Annotated[Path, typer.Option("--catalogue", help="The parent folder of the tenants' folders.")] = Path(
        "catalogue"
    ),
    out: Annotated[Path, typer.Option("--out", help="Where to write; a folder of its own is made in it.")] = Path(
        "preview"
    ),
    open_: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write an achievement's pages, e-mail and unsigned credential as they would be, to look at."""
    answer = Answer(as_json=as_json)
    result = applying.read(folder)
    tenant, live = _found(result.tenants, achievement)
    mistakes = [each for each in result.problems if each.file.startswith(f"{result.folders[tenant.issuer.tenant]}/")]
    if mistakes:
        stop(FAILED, "\n".join(["this folder has mistakes:", *map(str, mistakes)]))
    try:
        shown = rendered(tenant, live, datetime.now(UTC))
    except (Rejected, CriterionError) as error:
        stop(FAILED, f"{live.tenant}/{live.achievement.id} could not be issued: {error}")
    index = _write(out / shown.slug, shown)
    label = f"{live.tenant}/{shown.slug} version {shown.version}"
    answer.say(f"[green]written[/]  {escape(label)}, as it would be: {escape(index.as_uri())}")
    answer.data(
        {
            "tenant": live.tenant,
            "achievement": shown.slug,
            "version": shown.version,
            "index": index.as_uri(),
            "files": [str(index.parent / name) for name in shown.files],
        }
    )
    if open_:
        typer.launch(index.as_uri())


def _found(tenants: tuple[Tenant, ...], name: str) -> tuple[Tenant, LiveAchievement]:
    """The newest version in the folder."""
    wanted, _, slug = name.rpartition("/")
    matching = {
        tenant.issuer.tenant: (tenant, live)
        for tenant in tenants
        if wanted in ("", tenant.issuer.tenant)
        for live in sorted(tenant.achievements, key=lambda each: each.achievement.version)
        if live.achievement.id == slug
    }
    if len(matching) > 1:
        stop(
            ASKED_WRONGLY,
            f"several tenants have an achievement {slug!r}: say {' or '.join(f'{t}/{slug}' for t in matching)}",
        )
    if not matching:
        known = [live.achievement.id for tenant in tenants for live in tenant.achievements]
        stop(ASKED_WRONGLY, f'no achievement in this folder is called "{name}"{nearest(slug, known)}')
    [found] = matching.values()
    return found


def _write(folder: Path, shown: Preview) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in shown.files.items():
        (folder / name).write_bytes(content)
    return (folder / "index.html").resolve()
