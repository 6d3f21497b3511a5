"""`laurel catalogue progress`: how far one learner is on the way to a badge that others count for."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape

from services.ctl.console import ASKED_WRONGLY, FAILED, Answer, JsonOption, bar, counted, run, stop
from services.ctl.explaining import UnknownLearner, explain_learner
from services.ctl.explanation import Explanation
from services.ctl.settings import current
from shared.catalogue.criteria import scales_of
from shared.catalogue.pathways import Stop, along, pathway
from shared.runtime.mongo import connect


def progress(
    learner: Annotated[str, typer.Argument(help="As the LMS knows them, their address, or Laurel's id.")],
    achievement: Annotated[str, typer.Argument(help="TENANT/ACHIEVEMENT: where the way leads.")],
    as_json: JsonOption = False,
) -> None:
    """Say how far a learner is on the way to a badge: every badge that counts for it, what is done, what is missing."""
    answer = Answer(as_json=as_json)
    tenant, slug, _ = asked(achievement)
    try:
        explanations = run(explain_learner(connect(current()), tenant, slug, learner))
    except UnknownLearner as error:
        answer.data([])
        stop(FAILED, str(error))
    ways = [(each, stops(each)) for each in explanations]
    for told, way in ways:
        answer.say(f"[bold]{escape(title(told, way))}[/]")
        answer.table(("Badge", "Done", "Missing"), [_row(each, way[-1].level) for each in reversed(way)])
    answer.data([as_data(told, way) for told, way in ways])


def asked(achievement: str) -> tuple[str, str, int | None]:
    """TENANT/ACHIEVEMENT, perhaps with a version; ends the command if it is neither."""
    tenant, *rest = achievement.split("/")
    if len(rest) not in (1, 2) or not all((tenant, *rest)) or not (rest[1:] or ["1"])[0].isdecimal():
        stop(ASKED_WRONGLY, f"{achievement!r} is no TENANT/ACHIEVEMENT: first the learner, then the achievement")
    return tenant, rest[0], int(rest[1]) if rest[1:] else None


def stops(told: Explanation) -> list[Stop]:
    """Every badge on the way by its newest version; the badge itself, which is the last, as it was explained."""
    slug = told.live.achievement.id
    versions = sorted(told.tenant.achievements, key=lambda each: each.achievement.version)
    newest = {each.achievement.id: each for each in versions} | {slug: told.live}
    return along(pathway(newest.values()), slug, newest.values(), told.facts, scales_of(told.tenant))


def title(told: Explanation, way: list[Stop]) -> str:
    """Who, where to, and how far."""
    *before, last = way
    said = f"{told.who} on the way to “{last.name}”: {bar(_done(last))}"
    if not before:
        return f"{said}; no other badge counts for it"
    held = sum(each.held for each in before)
    return f"{said}; holds {held} of the {counted(len(before), 'badge')} that can count for it"


def as_data(told: Explanation, way: list[Stop]) -> dict[str, Any]:
    """For scripts."""
    last = way[-1]
    return {
        "tenant": told.live.tenant,
        "achievement": last.badge,
        "version": told.live.achievement.version,
        "learner": told.learner.id,
        "known_as": told.learner.external_id,
        "held": last.held,
        "progress": last.as_json()["progress"],
        "badges_held": sum(each.held for each in way[:-1]),
        "badges": len(way) - 1,
        "stops": [each.as_json() for each in way],
    }


def _row(stop: Stop, top: int) -> tuple[str, str, str]:
    """The further from the end, the further to the right."""
    mark = "✓" if stop.held else "·"
    return f"{'  ' * (top - stop.level)}{mark} {stop.name}", bar(_done(stop)), _missing(stop)


def _missing(stop: Stop) -> str:
    if stop.held:
        return ""
    missing = "; ".join(f"{each.words}: {each.missing}" for each in stop.clause.unmet())
    return missing or "nothing: its criteria are met, and it isn't held"


def _done(stop: Stop) -> float:
    return 1.0 if stop.held else min(stop.clause.progress, 0.9999)
