"""Files of history: told what they are, read from any row on, and their mistakes named by line or byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ctl.history import History, UnusableHistory
from services.ctl.importing import Position, Target, attempt, unread_columns, without
from shared.catalogue.model import Source

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SOURCE = Source(name="history", dialect="rows", topic="lms.history")
TARGET = Target("north", SOURCE, {})


def written(folder: Path, content: str | bytes, name: str = "history.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def columns(path: Path) -> list[dict[str, object]]:
    return [row.columns for row in History.open(path).rows()]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_by_the_headings(tmp_path: Path, delimiter: str) -> None:
    text = delimiter.join(["learner", "course"]) + "\r\n" + delimiter.join(["ada", '"a, b; c"']) + "\r\n"

    history = History.open(written(tmp_path, text))

    assert history.delimiter == delimiter
    assert [row.columns for row in history.rows()] == [{"learner": "ada", "course": "a, b; c"}]


def test_a_byte_order_mark_is_no_part_of_a_heading(tmp_path: Path) -> None:
    assert columns(written(tmp_path, b"\xef\xbb\xbflearner,course\nada,x\n")) == [{"learner": "ada", "course": "x"}]
    assert columns(written(tmp_path, b'\xef\xbb\xbf{"learner": "ada"}\n')) == [{"learner": "ada"}]


def test_another_encoding_is_told_with_its_byte(tmp_path: Path) -> None:
    path = written(tmp_path, "learner,name\nada,x\nbob,René\n".encode("latin-1"))

    with pytest.raises(UnusableHistory, match=r"history.csv:3: not UTF-8: byte 0xE9 at offset 26") as told:
        columns(path)

    assert path.read_bytes()[26] == 0xE9
    assert "René" not in str(told.value)


def test_empty_cells_are_nothing_and_blank_lines_no_rows(tmp_path: Path) -> None:
    assert columns(written(tmp_path, "learner,run\n\nada, \n\n")) == [{"learner": "ada"}]


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    path = written(tmp_path, 'learner,name\nada,"A\nda"\n\nbob,B\nbob\n')

    rows = list(History.open(path).rows())

    assert [(row.line, row.wrong) for row in rows] == [
        (2, None),
        (5, None),
        (6, "has 1 cells, and there are 2 headings"),
    ]


def test_json_lines_go_as_they_are(tmp_path: Path) -> None:
    path = written(tmp_path, '{"learner": "ada",  "n": 1.0}\n\n[1]\n{\n', "history.jsonl")

    rows = list(History.open(path).rows())

    assert [(row.line, row.value) for row in rows][:1] == [(1, b'{"learner": "ada",  "n": 1.0}')]
    assert [row.wrong is None for row in rows] == [True, False, False]
    assert "not JSON" in str(rows[2].wrong)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is empty"),
        ("[{}]", "JSON array"),
        ("a,a\n1,2\n", '"a" is there twice'),
        ("a,,b\n1,2,3\n", "one is empty"),
        ('a,b\n1,"2\n', "is a quotation mark left open"),
        ("a\n" + "x" * 1_100_000, "longer than 1 MiB"),
        (b"\xff\xfea\x00", "byte 0xFF at offset 0"),
    ],
)
def test_a_file_that_is_no_history_is_told(tmp_path: Path, content: str | bytes, told: str) -> None:
    path = written(tmp_path, content)

    with pytest.raises(UnusableHistory, match=told):
        columns(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnusableHistory, match="can't be read"):
        History.open(tmp_path / "nothing.csv")


cells = st.lists(st.text('ab,;"\n\r é', max_size=6), min_size=2, max_size=2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(rows=st.lists(cells, max_size=12), at=st.integers(0, 11), as_json=st.booleans())
def test_reading_on_from_any_row_is_reading_on(tmp_path: Path, rows: list[list[str]], at: int, as_json: bool) -> None:
    if as_json:
        text = "".join(json.dumps(dict(zip("xy", row, strict=True)), ensure_ascii=False) + "\n" for row in rows)
        path = written(tmp_path, text or "\n{}")
    else:
        quoted = ["x,y", *(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)]
        path = written(tmp_path, "\n".join(quoted) + "\n")
    history = History.open(path)
    every = list(history.rows())

    if at < len(every):
        assert list(history.rows(every[at].after)) == every[at + 1 :]


def test_trying_counts_and_shows_the_first_of_each(tmp_path: Path) -> None:
    lines = ["learner,course,verb,score,completed_at", "ada,A,,80%,2025-01-01"]
    lines += [",A,,,2025-01-01"] * 7 + ["ada,B,scored,B+,2025-01-01", "ada,B,,,2030-01-01"]
    history = History.open(written(tmp_path, "\n".join(lines)))

    tried = attempt(history, TARGET, NOW, lambda _place: None)

    assert (tried.rows, tried.activities, tried.irrelevant, tried.refused) == (10, 1, 0, 9)
    assert [line for line, _ in tried.refusals] == [3, 4, 5, 6, 7]
    assert tried.refusals[0][1].startswith("learner: missing")
    assert list(tried.bad) == list(range(3, 12))
    assert [row.line for row in without(history.rows(), tried.bad)] == [2]


def test_a_heading_that_nothing_reads_is_told() -> None:
    assert unread_columns(["learner", "cuorse"], SOURCE) == ["cuorse (did you mean course?)"]


def test_a_position_is_of_one_file_source_and_deployment(tmp_path: Path) -> None:
    history = History.open(written(tmp_path, "learner\nada\n"))
    other = History.open(written(tmp_path, "learner\nbob\n", "other.csv"))
    moved = Target("north", SOURCE.model_copy(update={"learner": "email"}), {})
    first = Position.of(tmp_path, history, TARGET, "kafka:9092")
    place = next(history.rows()).after

    first.write(place)

    assert Position.of(tmp_path, history, TARGET, "kafka:9092").read() == place
    for different in (
        Position.of(tmp_path, other, TARGET, "kafka:9092"),
        Position.of(tmp_path, history, moved, "kafka:9092"),
        Position.of(tmp_path, history, TARGET, "elsewhere:9092"),
    ):
        assert different.read() is None


@pytest.mark.parametrize("content", [b"", b"[1, 2", b"[1]", b'{"a": 1}', b"null", b'["x", 1, 2]', b"[1, 2, 3, 4]"])
def test_a_position_that_was_cut_off_is_none(tmp_path: Path, content: bytes) -> None:
    position = Position(tmp_path / "position.json")
    position.path.write_bytes(content)

    assert position.read() is None
