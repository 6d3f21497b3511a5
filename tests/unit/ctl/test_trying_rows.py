"""What an import says of rows before any is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from services.ctl.history import History
from services.ctl.importing import Target, attempt, unread_columns
from shared.catalogue.model import Source

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HISTORY = Source(name="history", dialect="rows", topic="lms.history", learner="id")


def test_scores_that_nobody_understands_are_counted_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(
        "learner,course,score,completed_at\n"
        "ada,A,0.9,2026-05-01\nbob,A,fifty,2026-05-01\ncy,A,,2026-05-01\ndi,A,B+,2026-05-01\n"
    )

    tried = attempt(History.open(file), Target("north", HISTORY, {"B+": 0.8}), NOW, lambda _place: None)

    assert (tried.activities, tried.refused) == (4, 0)
    assert (tried.unread_scores, tried.unread_score_lines) == (1, [3])


def test_a_misspelt_column_is_named_with_the_one_that_is_read() -> None:
    assert unread_columns(["learner", "Course", "scor", "room", "completed_at"], HISTORY) == [
        "Course (did you mean course?)",
        "scor (did you mean score?)",
        "room",
    ]
