"""`laurel awards add` and `withhold`: what a registrar decides about one learner and one achievement."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import typer
from rich.markup import escape

from services.ctl.applying import live
from services.ctl.commands_approve import approve, decline, pending
from services.ctl.commands_report import report
from services.ctl.console import ASKED_WRONGLY, FAILED, Answer, JsonOption, YesOption, me, run, stop
from services.ctl.deciding import Action, Decision, Undecidable, destination, known_as
from services.ctl.events_file import Destination
from services.ctl.secret_files import webhook_secrets
from services.ctl.sending import Sender, Sent
from services.ctl.settings import STATE, CtlSettings, current
from services.devstack.detached import running
from shared.errors import Unavailable
from shared.runtime.mongo import connect

LearnerArgument = Annotated[str, typer.Argument(help="The id by which the registrar's source knows learners.")]
AchievementArgument = Annotated[
    str, typer.Argument(help="Its id in the catalogue; TENANT/ACHIEVEMENT where several have it.")
]
BecauseOption = Annotated[str, typer.Option("--because", help="In words that the learner and an employer may read.")]
SourceOption = Annotated[str | None, typer.Option("--source", help="Of the dialect registrar; default: the only one.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who decides; default: you.")]


def commands() -> typer.Typer:
    """add, withhold, pending, approve, decline, report."""
    group = typer.Typer(help="Awards: who has earned what, and what people decide about it.", no_args_is_help=True)
    for command in (add, withhold, pending, approve, decline, report):
        group.command()(command)
    return group


def add(
    learner: LearnerArgument,
    achievement: AchievementArgument,
    because: BecauseOption,
    source: SourceOption = None,
    by: ByOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Award an achievement to a learner who has earned it otherwise."""
    _decide("add", learner, achievement, because, source, by, Answer(as_json=as_json), yes=yes)


def withhold(
    learner: LearnerArgument,
    achievement: AchievementArgument,
    because: BecauseOption,
    source: SourceOption = None,
    by: ByOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Keep an achievement from a learner. What was awarded before goes by its on_correction."""
    _decide("withhold", learner, achievement, because, source, by, Answer(as_json=as_json), yes=yes)


def _decide(
    action: Action,
    learner: str,
    achievement: str,
    because: str,
    source: str | None,
    by: str | None,
    answer: Answer,
    *,
    yes: bool,
) -> None:
    if not because.strip():
        stop(ASKED_WRONGLY, "--because is what the learner will read: say why")
    settings = current()
    try:
        to, known = run(_look(settings, learner, achievement, source))
        slug, now = achievement.rpartition("/")[2], datetime.now(UTC)
        decision = Decision(str(uuid4()), action, to, learner.strip(), slug, because.strip(), by or me(), now)
        decision.readable()
    except Undecidable as error:
        stop(ASKED_WRONGLY, str(error))
    what = f"{action} {to.tenant}/{slug} for {learner}, because: {because.strip()} (as {decision.by})"
    who = f"learner {known}" if known else f"nobody whom {to.label} knows by that {to.source.learner} yet"
    told = {"action": action, "achievement": slug, "source": to.label, "learner": known, "by": decision.by}
    if not yes:
        answer.say(f"Would {escape(what)}. It is {escape(who)}. Nothing was done: say --yes to do it.")
        answer.data({"would": told})
        return
    sent = run(_send(settings, decision))
    if sent.refused:
        stop(FAILED, f"{to.label} refused it: `laurel dlq list` says why")
    for each in sent.not_taken:
        stop(FAILED, f"{to.label} did not take it: {each.error_code}: {each.message}")
    answer.say(f"Asked to {escape(what)}. `laurel catalogue explain` says what came of it, in a second or two.")
    answer.data({"decided": {**told, "id": decision.id}})


async def _look(
    settings: CtlSettings, learner: str, achievement: str, source: str | None
) -> tuple[Destination, str | None]:
    database = connect(settings)
    to = destination(await live(database), achievement, source)
    return to, await known_as(database, to, learner)


async def _send(settings: CtlSettings, decision: Decision) -> Sent:
    address, secrets = None, {}
    if decision.to.source.topic is None:
        up = running(STATE)
        if up is None:
            raise Unavailable("the webhook")
        address = up["webhook"]
        secrets = webhook_secrets(settings.secrets, (await live(connect(settings))).tenants, os.environ)
    return await Sender(settings, address, secrets).send([decision.as_line()])
