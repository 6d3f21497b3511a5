"""`laurel awards report`: for teachers, who earned a badge, who nearly did, and what they still need."""

from __future__ import annotations

import csv
import os
from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.ctl.applying import live
from services.ctl.console import ASKED_WRONGLY, Answer, JsonOption, bar, run, stop
from services.ctl.explaining import UnknownAchievement, achievement_of
from services.ctl.reporting import COLUMNS, Group, Report, Row, Wanted
from services.ctl.settings import current
from services.ctl.standing import State
from shared.catalogue.model import Catalogue, LiveAchievement, Tenant
from shared.catalogue.patterns import Pattern, PatternError
from shared.runtime.mongo import connect

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ORDER = tuple(Group)


def report(
    achievement: Annotated[
        str | None, typer.Argument(help="TENANT/ACHIEVEMENT, or TENANT for all that can be earned there.")
    ] = None,
    course: Annotated[
        str | None, typer.Option("--course", help="Only who did something in this course: an id or a pattern.")
    ] = None,
    nearly: Annotated[int, typer.Option("--nearly", min=0, max=100, help="Percent done, to be called nearly.")] = 50,
    everybody: Annotated[bool, typer.Option("--all", help="Those who are still far, too.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows to show; the CSV has all.")] = 50,
    file: Annotated[Path | None, typer.Option("--csv", help="Write every row to this file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say who earned a badge, who nearly did, and what is missing: for a course, an achievement or all."""
    answer = Answer(as_json=as_json)
    try:
        pattern = Pattern.parse(course) if course is not None else None
        shown = run(_report(answer, achievement, pattern, nearly / 100, everybody=everybody, limit=limit, file=file))
    except (UnknownAchievement, PatternError) as error:
        stop(ASKED_WRONGLY, str(error))
    _show(answer, shown, file)


@dataclass(slots=True)
class Shown:
    """The first rows and the numbers of all."""

    limit: int
    counts: Counter[tuple[str, Group]] = field(default_factory=Counter)
    written: int = 0
    rows: list[Row] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Keeps the first rows only: earned, then the nearest."""
        insort(self.rows, row, key=_place)
        del self.rows[self.limit :]
        self.written += 1


async def _report(
    answer: Answer,
    name: str | None,
    course: Pattern | None,
    nearly: float,
    *,
    everybody: bool,
    limit: int,
    file: Path | None,
) -> Shown:
    database = connect(current())
    catalogue = await live(database)
    tenant, achievements = _wanted(catalogue, name)
    report = Report(database, catalogue, Wanted(tenant, achievements, course, nearly), datetime.now(UTC))
    shown = Shown(limit)
    with _csv(file) as write, _progress(answer, await report.size()) as looked:
        async for row in report.rows(looked):
            shown.counts[row.achievement, row.group] += 1
            if everybody or row.group is not Group.NOT_YET:
                shown.add(row)
                write(row)
    return shown


def _wanted(catalogue: Catalogue, name: str | None) -> tuple[Tenant, tuple[LiveAchievement, ...]]:
    """Raises UnknownAchievement."""
    wanted, _, slug = (name or "").partition("/")
    tenants = [each for each in catalogue.tenants if wanted in ("", each.issuer.tenant)]
    if len(tenants) != 1:
        known = ", ".join(each.issuer.tenant for each in catalogue.tenants) or "none"
        msg = f"say whose learners: TENANT or TENANT/ACHIEVEMENT (tenants: {known})"
        raise UnknownAchievement(msg)
    [tenant] = tenants
    if slug:
        return tenant, (achievement_of(catalogue, wanted, slug)[1],)
    return tenant, tuple(sorted(catalogue.current(tenant.issuer.tenant), key=lambda each: each.achievement.id))


def _place(row: Row) -> tuple[str, int, float, str]:
    return row.achievement, _ORDER.index(row.group), -row.progress, row.learner


@contextmanager
def _csv(file: Path | None) -> Iterator[Callable[[Row], None]]:
    """Names and addresses are in it: nobody else on this machine may read the file."""
    if file is None:
        yield lambda _row: None
        return
    with _private(file) as target:
        writer = csv.DictWriter(target, COLUMNS)
        writer.writeheader()
        yield lambda row: writer.writerow({name: _harmless(value) for name, value in row.as_json().items()})


def _private(file: Path) -> TextIO:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        stop(ASKED_WRONGLY, f"{file} can't be written: {error.strerror}")
    return os.fdopen(descriptor, "w", newline="", encoding="utf-8")


def _harmless(value: Any) -> Any:
    """A learner may be called `=cmd()`: a spreadsheet takes it as text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


@contextmanager
def _progress(answer: Answer, size: int) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("Looking at learners"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=answer.console, disable=answer.as_json, transient=True) as progress:
        task = progress.add_task("", total=size)
        yield lambda more: progress.update(task, advance=more)


def _show(answer: Answer, shown: Shown, file: Path | None) -> None:
    slugs = sorted({slug for slug, _ in shown.counts})
    answer.table(
        ("Achievement", *(each.value for each in Group)),
        [(slug, *(shown.counts[slug, each] for each in Group)) for slug in slugs],
    )
    rows = shown.rows
    if rows:
        answer.say("")
    answer.table(
        ("Learner", "Name", "Achievement", "State", "Done", "Missing"),
        [(r.learner, r.name or "", r.achievement, _state(r), bar(r.progress), r.missing) for r in rows],
    )
    if shown.written > len(rows):
        answer.say(f"… and {shown.written - len(rows):,} more: see --csv, or raise --limit.")
    if file is not None:
        answer.say(f"[green]written[/]  {shown.written:,} rows: {escape(str(file))}")
    answer.data(
        {
            "counts": {slug: {each.value: shown.counts[slug, each] for each in Group} for slug in slugs},
            "rows": [each.as_json() for each in rows],
            "all_rows": shown.written,
            "csv": str(file) if file else None,
        }
    )


def _state(row: Row) -> str:
    if row.earned_at is not None:
        return f"{row.state}, {row.earned_at.date().isoformat()}"
    return row.group.value if row.state == State.NOT_YET.value else row.state
