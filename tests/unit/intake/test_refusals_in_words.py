"""What a refusal says to whoever has to mend the event: what should be, and never what is."""

from __future__ import annotations

import pytest

from services.intake.dialects.shapes import Fraction, Id, Number, Shape, read
from shared.errors import Rejected


class Graded(Shape):
    learner: Id
    grade: Fraction | None = None
    points: Number = 0.0
    name: str = ""
    final: bool = False


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "learner: is missing"),
        ({"learner": "a", "grade": 87.0}, "grade: should be 0 to 1 (87 % is 0.87)"),
        ({"learner": "a", "grade": -0.5}, "grade: should not be below 0"),
        ({"learner": "a", "points": "x"}, "points: should be a number"),
        ({"learner": "a", "points": float("inf")}, "points: should be a number, and finite"),
        ({"learner": "a", "name": 7}, "name: should be a text"),
        ({"learner": "a", "final": "yes"}, "final: should be true or false"),
        ({"learner": ""}, "learner: should be a text or a whole number, and not empty"),
        ([], "the message: should be an object"),
    ],
)
def test_a_refusal_says_what_should_be(value: object, said: str) -> None:
    with pytest.raises(Rejected) as refusal:
        read(Graded, value)

    assert str(refusal.value) == said
