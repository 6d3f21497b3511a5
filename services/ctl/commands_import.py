"""`laurel import`: history from a file, through the ordinary pipeline."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from services.ctl.applying import live
from services.ctl.console import ASKED_WRONGLY, FAILED, Answer, JsonOption, run, stop
from services.ctl.events_file import Destinations, UnusableEvents
from services.ctl.history import DELIMITERS, History, Place, UnusableHistory
from services.ctl.importing import Importer, Position, Target, Tried, attempt, unread_columns, without
from services.ctl.settings import STATE, CtlSettings, current
from shared.runtime.mongo import connect

INTERRUPTED = 130


def import_(
    file: Annotated[Path, typer.Argument(help="CSV with a line of headings, or JSON Lines.")],
    source: Annotated[str, typer.Option("--source", help="A source with `dialect: rows`; perhaps TENANT/SOURCE.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what the rows would become.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Send the other rows if some are refused.")] = False,
    delimiter: Annotated[str | None, typer.Option("--delimiter", help="Of a CSV's columns; else it is told.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Import history: every row is tried first; then, if you say so, sent. Stopped at any time, it goes on there."""
    answer = Answer(as_json=as_json)
    if delimiter is not None and (len(delimiter) != 1 or delimiter not in DELIMITERS):
        stop(ASKED_WRONGLY, "a delimiter is a comma, a semicolon, a tab or |")
    settings = current()
    try:
        history = History.open(file, delimiter)
        target = run(_target(settings, source))
        position = Position.of(STATE / "imports", history, target, settings.kafka)
        place = position.read()
        tried = _tried(answer, history, target, place)
        _decide(answer, tried, yes=yes, dry_run=dry_run, skip_bad=skip_bad)
        _send(answer, Importer(settings, target), history, position, tried)
    except (UnusableHistory, UnusableEvents) as error:
        stop(ASKED_WRONGLY, str(error))
    except KeyboardInterrupt:
        stop(INTERRUPTED, "interrupted: the same command goes on where this one stopped")


async def _target(settings: CtlSettings, name: str) -> Target:
    """Raises UnusableEvents for a name that is no source, or not one of history."""
    catalogue = await live(connect(settings))
    found = Destinations(catalogue.tenants).named(name)
    if found.source.dialect != "rows" or found.source.topic is None:
        msg = f"{found.label} speaks {found.source.dialect}: history needs a source with `dialect: rows` and a topic"
        raise UnusableEvents(msg)
    return Target(found.tenant, found.source, dict(catalogue.scale_of(found.tenant, found.source)))


def _tried(answer: Answer, history: History, target: Target, place: Place | None) -> Tried:
    began = time.monotonic()
    with _progress(answer, "Trying every row", history, None) as told:
        tried = attempt(history, target, datetime.now(UTC), told)
    kind = "JSON Lines" if history.delimiter is None else f"CSV, columns divided by {history.delimiter!r}"
    answer.say(f"{escape(str(history.path))}: {kind}; tried in {time.monotonic() - began:.1f} s, nothing sent.")
    if unread := unread_columns(history.headings, target.source):
        answer.say(f"Columns that nothing reads: {escape(', '.join(unread))}.")
    answer.table(
        ("Rows", "Count", "The first of them"),
        (
            ("read", f"{tried.rows:,}", ""),
            ("activities", f"{tried.activities:,}", ""),
            ("irrelevant", f"{tried.irrelevant:,}", _lines(tried.irrelevant_lines)),
            ("score not understood", f"{tried.unread_scores:,}", _lines(tried.unread_score_lines)),
            ("refused", f"{tried.refused:,}", "\n".join(f"line {line}: {why}" for line, why in tried.refusals)),
        ),
    )
    if place is not None:
        answer.say(f"An earlier run got as far as row {place.rows:,}; sending goes on there.")
    return tried


def _lines(numbers: list[int]) -> str:
    return ", ".join(f"line {each}" for each in numbers)


def _decide(answer: Answer, tried: Tried, *, yes: bool, dry_run: bool, skip_bad: bool) -> None:
    """Ends the command unless the rows are to be sent."""
    said = {
        "rows": tried.rows,
        "activities": tried.activities,
        "irrelevant": tried.irrelevant,
        "scores_not_understood": tried.unread_scores,
        "refused": tried.refused,
    }
    refusals = [{"line": line, "reason": why} for line, why in tried.refusals]
    if tried.refused and not skip_bad:
        answer.data({**said, "refusals": refusals, "sent": 0})
        stop(FAILED, f"{tried.refused:,} rows are refused: mend them, or leave them out with --skip-bad")
    if dry_run or not (yes or _confirmed(answer)):
        answer.data({**said, "refusals": refusals, "sent": 0})
        answer.say("Nothing was sent." + ("" if dry_run else " Say --yes to send."))
        raise typer.Exit


def _confirmed(answer: Answer) -> bool:
    return not answer.as_json and sys.stdin.isatty() and typer.confirm("Send them?")


def _send(answer: Answer, importer: Importer, history: History, position: Position, tried: Tried) -> None:
    began, place = time.monotonic(), position.read()
    with _progress(answer, "Sending", history, place) as told:

        def note(reached: Place) -> None:
            position.write(reached)
            told(reached)

        sent = run(importer.send(without(history.rows(place), tried.bad), note))
    position.forget()
    seconds = time.monotonic() - began
    rate = sent / seconds if seconds else 0.0
    answer.say(f"{sent:,} rows were sent in {seconds:.1f} s ({rate:,.0f} a second); {tried.refused:,} were left out.")
    answer.data({"rows": tried.rows, "refused": tried.refused, "sent": sent, "seconds": round(seconds, 3)})


@contextmanager
def _progress(answer: Answer, what: str, history: History, place: Place | None) -> Iterator[Callable[[Place], None]]:
    size = history.path.stat().st_size
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=answer.console, disable=not answer.moves) as progress:
        task = progress.add_task(what, total=size, completed=place.offset if place else 0, rows=0)
        yield lambda reached: progress.update(task, completed=reached.offset, rows=reached.rows)
