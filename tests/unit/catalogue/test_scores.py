from __future__ import annotations

from typing import Any

import pytest

from shared.catalogue.scores import NotAScore, UnscaledLetter, compares, fraction, percent


@pytest.mark.parametrize("raw", ["80%", "80 %", "80.0%", "80,0 %", 0.8, "0.8", "16/20", "16 / 20", ".8"])
def test_all_spellings_of_four_fifths_are_one(raw: Any) -> None:
    assert fraction(raw) == 0.8


@pytest.mark.parametrize("raw", [80, -0.1, "101%", "21/20", "5/0", "", "eighty", True, None, [0.8], "80%%", 1.0000001])
def test_what_is_no_score_is_refused(raw: Any) -> None:
    with pytest.raises((NotAScore, UnscaledLetter)):
        fraction(raw)


@pytest.mark.parametrize("raw", ["A", "B+", "C-", "Pass", "First class"])
def test_letters_need_a_scale(raw: str) -> None:
    with pytest.raises(UnscaledLetter):
        fraction(raw)


@pytest.mark.parametrize(
    ("score", "how", "bound", "met"),
    [
        (0.8, "at_least", 0.8, True),
        (0.1 + 0.7, "at_least", 0.8, True),
        (0.7999, "at_least", 0.8, False),
        (0.8, "more_than", 0.8, False),
        (0.8001, "more_than", 0.8, True),
        (0.8, "at_most", 0.8, True),
        (1 - 0.2, "less_than", 0.8, False),
        (0.79, "less_than", 0.8, True),
    ],
)
def test_borders_belong_where_they_say(score: float, how: str, bound: float, met: bool) -> None:
    assert compares(score, how, bound) is met


@pytest.mark.parametrize(
    ("score", "said"), [(0.92, "92 %"), (0.875, "87.5 %"), (1.0, "100 %"), (2 / 3, "66.67 %"), (0, "0 %")]
)
def test_scores_are_told_as_people_read_them(score: float, said: str) -> None:
    assert percent(score) == said
