"""What a person reads and what a script reads: every command answers through one of these."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Coroutine, Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn, TypeVar

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

T = TypeVar("T")

DONE, FAILED, ASKED_WRONGLY, UNREACHABLE = 0, 1, 2, 3
"""Exit codes: as asked · something is not as it should be · the question can't be answered · try again later."""

WIDTH = 160

JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON, for scripts.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it; without, only say what would be done.")]


class Answer:
    """One command's answer: words and tables for people, or one JSON document."""

    def __init__(self, *, as_json: bool, console: Console | None = None) -> None:
        self.as_json = as_json
        self.console = console or terminal()

    @property
    def moves(self) -> bool:
        """Whether somebody watches: a progress bar says nothing in a file or to a script."""
        return self.console.is_terminal and not self.as_json

    def say(self, words: str) -> None:
        """For people only. Rich markup is understood: escape what comes from outside."""
        if not self.as_json:
            self.console.print(words, soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None) -> None:
        """For people only."""
        if self.as_json:
            return
        table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
        for number, column in enumerate(columns):
            table.add_column(column, no_wrap=number == 0, overflow="fold")
        for row in rows:
            table.add_row(*(escape(str(cell)) for cell in row))
        self.console.print(table)

    def data(self, content: Any) -> None:
        """For scripts only: the whole answer, once."""
        if self.as_json:
            text = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str).decode()
            self.console.print(text, markup=False, highlight=False, soft_wrap=True)


def terminal() -> Console:
    """Stdout; wide where nobody says how wide it is, so that a pipe gets whole words."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH)


def counted(number: int, what: str) -> str:
    """`1 tenant`, `2 tenants`."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def bar(progress: float) -> str:
    """`████░ 76%`; only what is done is full."""
    full = 5 if progress == 1.0 else min(4, int(progress * 5))
    return f"{'█' * full}{'░' * (5 - full)} {100 if progress == 1.0 else min(99, round(progress * 100))}%"


def moment(at: datetime) -> str:
    """As every command writes a time: in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def me() -> str:
    """Who asks, by the account's name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        stop(ASKED_WRONGLY, "--by is who decides: this account has no name")


def stop(code: int, words: str | None = None) -> NoReturn:
    """Ends the command with this code; the words go to stderr."""
    if words:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"laurel: {escape(words)}")
    raise typer.Exit(code)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs a command's asynchronous part."""
    return asyncio.run(work)
