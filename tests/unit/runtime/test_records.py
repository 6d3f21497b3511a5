from __future__ import annotations

import pytest

from shared.errors import Rejected
from shared.runtime.records import Received, Record, Refusal, outcomes
from tests.unit.runtime.world import Thing


def received(count: int) -> list[Received[Thing]]:
    return [Received(Thing(number=n), Record("things.v1", 0, n, b"k", b"", (), 0)) for n in range(count)]


def test_a_refusal_names_the_record_that_its_answer_was_to() -> None:
    batch, odd = received(3), Rejected("odd", code="odd")

    found = outcomes(batch, [Thing(number=10), odd, None])

    assert found == [Thing(number=10), Refusal(batch[1].record, odd)]


def test_an_answer_that_is_missing_is_a_mistake_and_not_a_loss() -> None:
    with pytest.raises(ValueError, match="shorter"):
        outcomes(received(2), [None])
