"""The table of failures can't promise a test that is gone."""

from __future__ import annotations

import re
from pathlib import Path

CLONE = Path(__file__).parents[3]
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`([\w/.]+\.py)::(\w+)`")


def rows() -> dict[int, tuple[str, str, str]]:
    text = (CLONE / "docs" / "failures.md").read_text()
    return {int(row[0]): (row[1], row[2], row[3]) for row in ROW.findall(text)}


def test_every_known_failure_has_its_row() -> None:
    numbers = sorted(rows())

    assert len(numbers) >= 37
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_row_names_the_test_that_holds_it_or_says_that_it_is_open() -> None:
    silent = [number for number, row in rows().items() if not NAMED.search(row[2]) and not row[2].startswith("open")]

    assert silent == []


def test_every_test_that_is_named_exists() -> None:
    missing = []
    for number, (_, _, held_by) in rows().items():
        for path, name in NAMED.findall(held_by):
            file = CLONE / path
            if not file.exists() or not re.search(rf"^\s*(?:async )?def {name}\(", file.read_text(), re.MULTILINE):
                missing.append((number, f"{path}::{name}"))

    assert missing == []
