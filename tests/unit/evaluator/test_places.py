"""Places on status lists: unguessable, never shared, and found quickly also when lists are full."""

from __future__ import annotations

from services.evaluator.awards import ATTEMPTS_PER_LIST, award_of, placed
from services.evaluator.judging import Earned
from services.evaluator.places import Places
from services.evaluator.rules import compile_rules
from shared.contracts.identity import STATUS_LIST_BITS
from tests.unit.evaluator.memory import MemoryAwards, MemoryTally
from tests.unit.evaluator.world import DAY, NOW, TENANT, catalogue, live

RULE = compile_rules(catalogue(live("a", {"completed": {"course": "A"}}))).all[0]
EARNED = Earned(RULE, "once", "award", DAY, DAY, (), (), None, ("t", 0, 0), DAY)
AWARD = award_of(EARNED, "ada", now=NOW)


def test_the_same_award_tries_the_same_places_in_the_same_order() -> None:
    places = [placed(AWARD, b"secret", attempt, 1) for attempt in range(3 * ATTEMPTS_PER_LIST)]

    assert places == [placed(AWARD, b"secret", attempt, 1) for attempt in range(3 * ATTEMPTS_PER_LIST)]
    assert [each.status_list for each in places] == [1] * 16 + [2] * 16 + [3] * 16
    assert len({each.status_index for each in places}) == 48
    assert placed(AWARD, b"other", 0, 1).status_index != places[0].status_index


class FullLists(MemoryAwards):
    """The first two lists are all but full."""

    async def taken(self, tenant: str, status_list: int) -> int:
        return STATUS_LIST_BITS - 5 if status_list <= 2 else 10


async def test_full_lists_are_passed_over() -> None:
    tally = MemoryTally()
    places = Places(FullLists(), tally)
    places.used(TENANT, 3)

    await places.look()

    assert places.first(TENANT) == 3
    assert places.first("south") == 1
    assert tally.free == {(TENANT, 1): 5, (TENANT, 2): 5, (TENANT, 3): STATUS_LIST_BITS - 10}
