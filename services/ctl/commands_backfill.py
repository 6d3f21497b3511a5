"""`laurel catalogue backfill`: award those who had earned it before the catalogue went live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from services.ctl.applying import live
from services.ctl.backfilling import Backfill, Mails, Standstill
from services.ctl.console import ASKED_WRONGLY, FAILED, UNREACHABLE, Answer, JsonOption, YesOption, run, stop
from services.ctl.explaining import UnknownAchievement, achievement_of
from services.ctl.settings import current
from shared.runtime.mongo import connect

_INTERRUPTED = 130


def backfill(
    achievement: Annotated[
        str | None, typer.Option("--achievement", help="Only whom this one may concern: TENANT/ACHIEVEMENT.")
    ] = None,
    rate: Annotated[float | None, typer.Option("--rate", min=0.1, help="At most so many learners a second.")] = None,
    mail: Annotated[
        Mails, typer.Option("--mail", help="One e-mail for each badge, one for all of somebody's, or none.")
    ] = Mails.EACH,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Judge everybody under the live catalogue who was judged under an older one. Stopped, it goes on where it was."""
    answer = Answer(as_json=as_json)
    try:
        run(_backfill(answer, achievement, rate, yes=yes, mail=mail))
    except UnknownAchievement as error:
        stop(ASKED_WRONGLY, str(error))
    except Standstill as error:
        stop(UNREACHABLE, str(error))
    except KeyboardInterrupt:
        stop(_INTERRUPTED, "interrupted: the same command goes on with whoever is left")


async def _backfill(answer: Answer, achievement: str | None, rate: float | None, *, yes: bool, mail: Mails) -> None:
    settings = current()
    database = connect(settings)
    catalogue = await live(database)
    named = None
    if achievement is not None:
        tenant, _, slug = achievement.partition("/")
        achievement_of(catalogue, tenant, slug)
        named = tenant, slug
    work = Backfill(settings, database, catalogue, achievement=named, rate=rate, mail=mail)
    left = await work.left()
    told = {"revision": catalogue.revision, "activities": left}
    if not left:
        answer.say(f"Everything that is recorded was judged under revision {catalogue.revision}: nothing to do.")
        answer.data({**told, "learners": 0})
        return
    if not yes:
        answer.say(
            f"{left:,} activities were judged under an older catalogue than revision {catalogue.revision}. "
            "`laurel catalogue dry-run` says what would come of it. Nothing was done: say --yes to judge them again."
        )
        answer.data({"would": told})
        return
    with _progress(answer) as looked:
        done = await work.run(looked)
    if not named and await work.left():
        stop(FAILED, "some activities are left: the same command goes on with them")
    answer.say(
        f"{done.asked:,} learners were judged again under revision {catalogue.revision}, in {done.seconds:.1f} s."
    )
    answer.data({**told, "learners": done.asked, "seconds": round(done.seconds, 3), "request": done.request_id})


@contextmanager
def _progress(answer: Answer) -> Iterator[Callable[[float, int], None]]:
    columns = (
        TextColumn("Judging again"), BarColumn(), TaskProgressColumn(),
        TextColumn("{task.fields[learners]:,} learners"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=answer.console, disable=answer.as_json, transient=True) as progress:
        task = progress.add_task("", total=1.0, learners=0)
        yield lambda part, learners: progress.update(task, completed=part, learners=learners)
