"""`laurel catalogue graph`: which badges add up to which, as a chart or a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.ctl import applying
from services.ctl.console import ASKED_WRONGLY, FAILED, stop
from shared.catalogue.pathway_picture import draw_pathway
from shared.catalogue.pathways import pathway


def graph(
    folder: Annotated[Path, typer.Argument(help="The parent folder of the tenants' folders.")],
    tenant: Annotated[str | None, typer.Option(help="Whose badges; needed where the folder has several.")] = None,
    svg: Annotated[bool, typer.Option("--svg", help="A picture, instead of Mermaid's text.")] = False,
) -> None:
    """Draw which badges count for which: Mermaid's text, which many wikis draw, or a picture in SVG."""
    result = applying.read(folder)
    if not result.valid:
        stop(FAILED, f"{folder} has mistakes: laurel catalogue check names them")
    tenants = {each.issuer.tenant: each for each in result.tenants}
    if tenant is None and len(tenants) == 1:
        [tenant] = tenants
    if tenant not in tenants:
        stop(ASKED_WRONGLY, f"name one with --tenant: {', '.join(tenants)}")
    way = pathway(tenants[tenant].achievements)
    typer.echo(draw_pathway(way, tenants[tenant].issuer.name) if svg else way.mermaid(), nl=False)
