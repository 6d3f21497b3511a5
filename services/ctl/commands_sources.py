"""`laurel sources`: what events would become before anything is sent, and how sources are doing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from services.ctl import applying, events_file
from services.ctl.console import ASKED_WRONGLY, FAILED, Answer, JsonOption, counted, moment, run, stop
from services.ctl.events_file import UnusableEvents
from services.ctl.settings import CtlSettings, current
from services.ctl.source_status import Noted, Status, statuses
from services.ctl.trying import Trial, Tried
from shared.catalogue.model import Catalogue
from shared.contracts.documents import SightingOf
from shared.runtime.mongo import connect

_WORDS = {
    SightingOf.UNKNOWN_KIND: "a type or version that the dialect doesn't know",
    SightingOf.FIELD: "a field that used to be there",
    SightingOf.COURSE: "a course that no earning rule asks for",
}
_SHOWN = 12


def commands() -> typer.Typer:
    """try, status."""
    group = typer.Typer(help="Where events come from.", no_args_is_help=True)
    group.command("try")(try_)
    group.command("status")(status)
    return group


def try_(
    file: Annotated[Path, typer.Argument(help="JSON Lines, one delivery a line, as `laurel send` takes them.")],
    catalogue: Annotated[
        Path | None, typer.Option("--catalogue", help="A folder that needn't be live. Default: what is live.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what each event would become and which achievements it would touch. Nothing is sent or written."""
    answer = Answer(as_json=as_json)
    try:
        by = Catalogue(0, applying.applicable(catalogue)) if catalogue else run(_live(current()))
        lines = events_file.read(file, events_file.Destinations(by.tenants))
        tried = list(Trial(by, datetime.now(UTC)).of(lines))
    except UnusableEvents as error:
        stop(ASKED_WRONGLY, str(error))
    answer.table(
        ["line", "source", "verb", "what", "run", "score", "when", "learner", "achievements"],
        [row for each in tried for row in _rows(each)],
    )
    for each in tried:
        if each.code:
            answer.say(f"[red]line {each.number}[/]: {escape(each.message or each.code)}")
        for kind in each.unfamiliar:
            answer.say(f"line {each.number}: {escape(each.source)} doesn't know the type {escape(kind)}")
    answer.say(_tally(tried))
    answer.data([each.as_json() for each in tried])
    if any(each.code for each in tried):
        stop(FAILED)


def status(as_json: JsonOption = False) -> None:
    """Say when each source last spoke, what it says, what was refused, what waits, and what isn't as it used to be."""
    answer = Answer(as_json=as_json)
    found = run(_statuses(current()))
    answer.table(
        ["source", "dialect", "last event", "understood", "refused", "waiting", "drift"],
        [(each.source, each.dialect, _when(each.last_event), *_counts(each)) for each in found],
    )
    for each in found:
        _details(each, answer)
    answer.data([each.as_json() for each in found])


def _details(status: Status, answer: Answer) -> None:
    if status.last_event or status.drift():
        answer.say(f"\n[bold]{escape(status.source)}[/]")
    for of, word in ((SightingOf.KIND, "[green]came[/]   "), (SightingOf.REFUSAL, "[red]refused[/]")):
        for noted in sorted(status.seen.get(of, ()), key=lambda each: -each.count)[:_SHOWN]:
            answer.say(f"  {word}  {escape(noted.name or '(no type)')}: {_times(noted)}")
    for of, noted in status.drift():
        answer.say(f"  [yellow]drift[/]    {_WORDS[of]}: [bold]{escape(noted.name)}[/], {_times(noted)}")
        if noted.example:
            shape = ", ".join(f"{name or 'body'}: {type_}" for name, type_ in noted.example.items())
            answer.say(f"           such as {escape(shape)}")


def _times(noted: Noted) -> str:
    return f"{counted(noted.count, 'time')}, last on {moment(noted.last_at)}"


def _rows(tried: Tried) -> list[tuple[object, ...]]:
    start = (tried.number, tried.source)
    if tried.code is not None:
        return [(*start, "refused", tried.code, "", "", "", "", "")]
    rows: list[tuple[object, ...]] = []
    for each in tried.touches:
        activity, thing = each.activity, each.activity.object
        verb = f"{activity.verb.value} (withdrawn)" if activity.withdrawn else activity.verb.value
        achievements = ", ".join(each.achievements) or "none"
        when = _when(activity.occurred_at)
        run_ = thing.run or thing.course or ""
        about = (f"{thing.kind.value} {thing.ids[0]}", "" if run_ == thing.ids[0] else run_)
        rows.append((*start, verb, *about, each.score, when, each.learner, achievements))
    for count, what in ((tried.profiles, "profile"), (tried.waiting, "waits"), (tried.irrelevant, "irrelevant")):
        if count:
            explained = "for its learner's profile" if what == "waits" else ""
            rows.append((*start, what, explained or (f"{count} of them" if count > 1 else ""), "", "", "", "", ""))
    return rows


def _tally(tried: list[Tried]) -> str:
    activities = sum(len(each.touches) for each in tried)
    silent = sum(not touch.achievements for each in tried for touch in each.touches)
    codes = Counter(each.code for each in tried if each.code)
    refused = ", ".join(f"{count} {code}" for code, count in codes.most_common())
    return (
        f"{counted(len(tried), 'line')}: {activities} {'activity' if activities == 1 else 'activities'} "
        f"({silent} that no achievement looks at), {counted(sum(each.profiles for each in tried), 'profile')}, "
        f"{sum(each.waiting for each in tried)} waiting, {sum(each.irrelevant for each in tried)} irrelevant, "
        f"{sum(codes.values())} refused{f' ({refused})' if refused else ''}. Nothing was sent."
    )


def _counts(status: Status) -> tuple[int, int, int, int]:
    return status.events, status.refused, status.waiting, len(status.drift())


def _when(at: datetime | None) -> str:
    return "never" if at is None else moment(at)


async def _live(settings: CtlSettings) -> Catalogue:
    return await applying.live(connect(settings))


async def _statuses(settings: CtlSettings) -> list[Status]:
    database = connect(settings)
    return await statuses(database, await applying.live(database))
