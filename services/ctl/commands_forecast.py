"""`laurel catalogue dry-run`: who would earn what, and lose what, if a folder were live; nothing is written."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Annotated, Any

import orjson
import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from services.ctl import applying
from services.ctl.console import ASKED_WRONGLY, Answer, JsonOption, run, stop
from services.ctl.explaining import UnknownAchievement, achievement_of
from services.ctl.forecasting import Change, Comes, Forecast, drafted
from services.ctl.settings import current
from services.ctl.walking import portions, read
from services.evaluator.awards import OwnAward
from shared.catalogue.changes import diff
from shared.catalogue.documents import from_documents
from shared.catalogue.model import Catalogue
from shared.contracts.documents import ACTIVITIES, AWARDS, CATALOGUE
from shared.runtime.mongo import Database, connect, translated

_WIDEST = 40
_COLOURS = {Comes.EARNED: "green", Comes.LOST: "red", Comes.KEPT: "yellow"}
_SAID = {
    Comes.EARNED: "would newly earn it",
    Comes.LOST: "would lose it",
    Comes.KEPT: "keep theirs, and would not earn it now",
}
_NOT_READ = {"content": 0, "touches": 0, "dialect": 0}

AchievementOption = Annotated[
    str | None, typer.Option("--achievement", help="Only this one: TENANT/ACHIEVEMENT. What it counts for is not told.")
]


def dry_run(
    folder: Annotated[
        Path | None, typer.Argument(help="The parent folder of the tenants' folders; without one: what is live.")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", help="Only what happened from this date on.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Only what happened up to the end of this date.")] = None,
    achievement: AchievementOption = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Learners to show; --json tells all.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Try a catalogue over what is recorded: who would earn what, who would lose it, and which clause decides."""
    answer = Answer(as_json=as_json)
    period = _period(since, until)
    tenants = applying.applicable(folder) if folder is not None else None
    with TemporaryFile() as spool:
        try:
            tried = run(_tried(answer, tenants, period, achievement, limit, spool if as_json else None))
        except UnknownAchievement as error:
            stop(ASKED_WRONGLY, str(error))
        _show(answer, tried)


@dataclass(slots=True)
class Tried:
    """What came of it."""

    limit: int
    """changes to show"""
    spool: IO[bytes] | None = None
    """all of them, a line each, for scripts"""
    changes: list[Change] = field(default_factory=list)
    counts: Counter[tuple[str, Comes]] = field(default_factory=Counter)
    clauses: Counter[tuple[str, Comes, str]] = field(default_factory=Counter)
    activities: int = 0
    learners: int = 0
    seconds: float = 0.0

    def add(self, change: Change) -> None:
        """Counted; kept while there is room."""
        name = f"{change.tenant}/{change.achievement}"
        self.counts[name, change.comes] += 1
        self.clauses[name, change.comes, change.clause] += 1
        if self.spool is not None:
            self.spool.write(orjson.dumps(change.as_json()) + b"\n")
        elif len(self.changes) < self.limit:
            self.changes.append(change)


async def _tried(
    answer: Answer,
    tenants: Any,
    period: Mapping[str, datetime],
    achievement: str | None,
    limit: int,
    spool: IO[bytes] | None,
) -> Tried:
    database, began = connect(current()), time.monotonic()
    catalogue = await _catalogue(database, tenants)
    forecast = Forecast(catalogue, datetime.now(UTC), _named(catalogue, achievement))
    tried = Tried(limit, spool)
    every = await portions(database)
    with _progress(answer) as looked:
        async for part, activities, awards in _walk(database, every, period):
            for learner in activities | awards:
                tried.learners += 1
                tried.activities += len(activities.get(learner, ()))
                for each in forecast.of(*learner, activities.get(learner, []), awards.get(learner, [])):
                    tried.add(each)
            looked(part, tried.activities)
    tried.seconds = time.monotonic() - began
    return tried


async def _catalogue(database: Database, tenants: Any) -> Catalogue:
    with translated(CATALOGUE):
        documents = await database[CATALOGUE].find({}).to_list(None)
    if tenants is None:
        return from_documents(documents)
    live = from_documents(documents)
    found = diff(live, tenants)
    if found.problems:
        raise applying.NotApplicable("\n".join(["this can't be applied:", *found.problems]))
    return drafted(documents, found, live.revision + 1)


def _named(catalogue: Catalogue, achievement: str | None) -> tuple[str, str] | None:
    """Raises UnknownAchievement."""
    if achievement is None:
        return None
    tenant, _, slug = achievement.partition("/")
    achievement_of(catalogue, tenant, slug)
    return tenant, slug


async def _walk(
    database: Database, every: list[dict[str, Any]], period: Mapping[str, datetime]
) -> AsyncIterator[tuple[float, dict[tuple[str, str], list[dict[str, Any]]], dict[tuple[str, str], list[OwnAward]]]]:
    """Portion by portion, each with how much of the way is done."""
    query = {"occurred_at": dict(period)} if period else {}
    for number, portion in enumerate(every, start=1):
        activities = await read(database, ACTIVITIES, portion, query)
        awards = await read(database, AWARDS, portion)
        yield (
            number / len(every),
            activities,
            {learner: [OwnAward.from_store(each) for each in some] for learner, some in awards.items()},
        )


def _period(since: str | None, until: str | None) -> dict[str, datetime]:
    try:
        begin = {"$gte": _midnight(since)} if since else {}
        end = {"$lt": _midnight(until) + timedelta(days=1)} if until else {}
    except ValueError as error:
        stop(ASKED_WRONGLY, f"--since and --until are dates such as 2026-09-01: {error}")
    return begin | end


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)


@contextmanager
def _progress(answer: Answer) -> Iterator[Callable[[float, int], None]]:
    columns = (
        TextColumn("Judging everybody"), BarColumn(), TaskProgressColumn(),
        TextColumn("{task.fields[activities]:,} activities"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=answer.console, disable=answer.as_json, transient=True) as progress:
        task = progress.add_task("", total=1.0, activities=0)
        yield lambda part, activities: progress.update(task, completed=part, activities=activities)


def _show(answer: Answer, tried: Tried) -> None:
    rate = tried.activities / tried.seconds if tried.seconds else 0.0
    answer.say(
        f"{tried.learners:,} learners, {tried.activities:,} activities, in {tried.seconds:.1f} s "
        f"({rate:,.0f} a second). Nothing was written."
    )
    _chart(answer, tried)
    rows = [(name, comes.value, clause, f"{n:,}") for (name, comes, clause), n in sorted(tried.clauses.items())]
    if rows:
        answer.say("")
        answer.table(("Achievement", "", "Decided by", "Learners"), rows)
    if tried.changes:
        answer.say("")
        answer.table(
            ("Learner", "Achievement", "", "Moment", "Why"),
            [
                (each.learner, f"{each.tenant}/{each.achievement}/{each.version}", each.comes.value,
                 f"{each.earned_at:%Y-%m-%d}", each.why)
                for each in tried.changes
            ],
        )  # fmt: skip
    if tried.spool is not None:
        _write(tried, tried.spool, answer.console.file)


def _write(tried: Tried, spool: IO[bytes], file: IO[str]) -> None:
    """One JSON document, written piece by piece: there may be a change for every learner."""
    totals = {each.value: sum(n for (_, comes), n in tried.counts.items() if comes is each) for each in Comes}
    achievements = [
        {"achievement": name, "comes": comes.value, "count": count}
        for (name, comes), count in sorted(tried.counts.items())
    ]
    head = {
        "learners": tried.learners,
        "activities": tried.activities,
        "seconds": round(tried.seconds, 3),
        "totals": totals,
        "achievements": achievements,
    }
    file.write(orjson.dumps(head).decode()[:-1] + ',"changes":[')
    spool.seek(0)
    for number, line in enumerate(spool):
        file.write("," * bool(number) + "\n" + line.decode().rstrip())
    file.write("]}\n")


def _chart(answer: Answer, tried: Tried) -> None:
    """One bar for each achievement and what becomes of it."""
    if not tried.counts:
        answer.say("No award would come or go.")
        return
    most = max(tried.counts.values())
    width = max(len(name) for name, _ in tried.counts)
    for (name, comes), count in sorted(tried.counts.items()):
        bar = "█" * max(1, round(_WIDEST * count / most))
        colour = _COLOURS[comes]
        answer.say(f"{escape(name.ljust(width))}  [{colour}]{bar}[/] {count:,} {_SAID[comes]}")
