"""`laurel awards pending`, `approve` and `decline`: awards that a registrar confirms first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from services.ctl.applying import live
from services.ctl.approving import NotWaiting, Pending, waiting
from services.ctl.console import ASKED_WRONGLY, Answer, JsonOption, YesOption, counted, me, moment, run, stop
from services.ctl.requesting import request_decisions
from services.ctl.settings import CtlSettings, current
from shared.contracts.events import Decision
from shared.runtime.mongo import connect

IdsArgument = Annotated[list[str] | None, typer.Argument(metavar="[AWARD]...", help="Ids of awards.")]
AchievementOption = Annotated[str | None, typer.Option("--achievement", help="TENANT/ACHIEVEMENT; with --all.")]
AllOption = Annotated[bool, typer.Option("--all", help="Every award of the achievement that waits.")]
BecauseOption = Annotated[str, typer.Option("--because", help="In words that the learner may read.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who decides; default: you.")]
_DID = {Decision.APPROVE: "approved", Decision.DECLINE: "declined"}


def pending(
    achievement: Annotated[str | None, typer.Argument(help="TENANT/ACHIEVEMENT or TENANT; default: all.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the awards that wait for a registrar."""
    answer = Answer(as_json=as_json)
    found = run(_waiting(current(), achievement, ()))
    if found:
        _table(answer, found)
    answer.say(f"{counted(len(found), 'award')} {'waits' if len(found) == 1 else 'wait'} for a registrar.")
    answer.data([each.as_json() for each in found])


def approve(
    awards: IdsArgument = None,
    achievement: AchievementOption = None,
    every: AllOption = False,
    because: BecauseOption = "",
    by: ByOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Confirm awards: they are judged once more and issued, when they are due."""
    _decide(Decision.APPROVE, awards, achievement, because, by, Answer(as_json=as_json), every=every, yes=yes)


def decline(
    awards: IdsArgument = None,
    achievement: AchievementOption = None,
    every: AllOption = False,
    because: BecauseOption = "",
    by: ByOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Decide against awards: they are not issued, and can only be earned again by what happens from now on."""
    if not because.strip():
        stop(ASKED_WRONGLY, "--because is what the learner will read: say why")
    _decide(Decision.DECLINE, awards, achievement, because, by, Answer(as_json=as_json), every=every, yes=yes)


def _decide(
    decision: Decision,
    awards: list[str] | None,
    achievement: str | None,
    because: str,
    by: str | None,
    answer: Answer,
    *,
    every: bool,
    yes: bool,
) -> None:
    settings = current()
    if bool(awards) == every or every != ("/" in (achievement or "")):
        stop(ASKED_WRONGLY, "name awards by their ids, or say --achievement TENANT/ACHIEVEMENT --all")
    try:
        found = run(_waiting(settings, achievement, awards or ()))
    except NotWaiting as error:
        stop(ASKED_WRONGLY, str(error))
    reason, who, did = because.strip(), by or me(), _DID[decision]
    told = [each.as_json() for each in found]
    if found:
        _table(answer, found)
    if not yes:
        answer.say(f"{counted(len(found), 'award')} would be {did}. Nothing was done: say --yes to do it.")
        answer.data({"would": decision.value, "because": reason, "by": who, "awards": told})
        return
    named = [(each.tenant, each.id) for each in found]
    run(request_decisions(settings, named, decision, reason, who, datetime.now(UTC)))
    said = f"Asked for {counted(len(found), 'award')} to be {did}."
    answer.say(f"{said} `laurel catalogue explain` says what came of each.")
    answer.data({"asked": decision.value, "because": reason, "by": who, "awards": told})


def _table(answer: Answer, found: list[Pending]) -> None:
    rows = [
        (each.id, f"{each.tenant}/{each.achievement}/{each.version}", each.who, moment(each.earned_at), each.why)
        for each in found
    ]
    answer.table(["award", "achievement", "learner", "earned", "why"], rows)


async def _waiting(settings: CtlSettings, achievement: str | None, ids: list[str] | tuple[()]) -> list[Pending]:
    database = connect(settings)
    return await waiting(database, await live(database), achievement, ids)
