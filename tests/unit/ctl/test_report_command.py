"""What a report keeps, how it orders rows, and what a spreadsheet gets."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

from services.ctl import commands_report, console
from services.ctl.commands_report import Shown
from services.ctl.reporting import COLUMNS, Group, Row


def row(learner: str, achievement: str = "a", group: Group = Group.NEARLY, progress: float = 0.5) -> Row:
    earned = datetime(2026, 5, 1, tzinfo=UTC) if group is Group.EARNED else None
    return Row("north", achievement, 1, learner, None, "lms", group, group.value, earned, progress, "")


def test_earned_comes_before_nearly_and_the_nearest_first() -> None:
    shown = Shown(10)
    for each in (row("far", progress=0.5), row("near", progress=0.9), row("done", group=Group.EARNED, progress=1.0)):
        shown.add(each)

    assert [each.learner for each in shown.rows] == ["done", "near", "far"]


def test_achievements_stay_together_in_order() -> None:
    shown = Shown(10)
    for each in (row("x", "b"), row("x", "a"), row("x", "ab")):
        shown.add(each)

    assert [each.achievement for each in shown.rows] == ["a", "ab", "b"]


def test_only_the_first_rows_are_kept_however_many_come() -> None:
    shown = Shown(3)
    for number in range(100):
        shown.add(row(f"{number:03}", progress=number / 100))

    assert [each.learner for each in shown.rows] == ["099", "098", "097"]
    assert shown.written == 100


def test_a_csv_has_every_row_and_runs_nothing_in_a_spreadsheet(tmp_path: Path) -> None:
    file = tmp_path / "r.csv"

    with commands_report._csv(file) as write:
        write(row('=HYPERLINK("x")'))
        write(row("ada, the first"))

    told = list(csv.DictReader(file.open(encoding="utf-8")))
    assert [each["learner"] for each in told] == ['\'=HYPERLINK("x")', "ada, the first"]
    assert tuple(told[0]) == COLUMNS
    assert file.stat().st_mode & 0o077 == 0


def test_a_bar_is_full_only_for_what_is_done() -> None:
    assert console.bar(1.0) == "█████ 100%"
    assert console.bar(0.9999) == "████░ 99%"
    assert console.bar(0.0) == "░░░░░ 0%"
