"""An award waits for its learner's address, is told once there is one, or when it has waited long enough."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.evaluator.merging import GRACE
from shared.contracts.documents import AwardState
from shared.contracts.events import Verb
from shared.contracts.learners import LearnerMerged
from tests.unit.evaluator.world import DAY, NOW, TENANT, World, catalogue, decided, did, live

INTRO = live("intro", {"completed": {"course": "A"}})
STACK = live("stack", {"all": [{"holds": "intro"}, {"completed": {"course": "B"}}]})
ADA = (TENANT, "ada")
DAYS = timedelta(days=1)


def world(*achievements: object, address_wait: str = "P1D") -> World:
    return World(catalogue(*(achievements or (INTRO,)), address_wait=address_wait))  # type: ignore[arg-type]


async def test_an_award_without_an_address_waits_and_is_told_once_there_is_one() -> None:
    here = world()
    await here.receive(did("e1", "A"))
    waiting = (await here.held())["intro:once"]
    before = here.told()

    here.now += timedelta(hours=1)
    here.directory.addresses.add(ADA)
    await here.settling.reachable([ADA], await here.live())

    assert (waiting.state, waiting.waits_for, waiting.waits_until) == (AwardState.PENDING, "address", NOW + DAYS)
    assert (before, here.told()) == (set(), {"intro"})
    told = (await here.held())["intro:once"]
    assert (told.state, told.waits_for, told.waits_until) == (AwardState.EARNED, None, None)
    assert here.published[0].earned_at == DAY


async def test_one_whose_address_never_comes_is_told_when_it_has_waited_long_enough() -> None:
    here = world()
    await here.receive(did("e1", "A"))

    for _ in range(24 * 60 - 1):
        await here.sweep_up(timedelta(minutes=1))
    before = here.told()
    await here.sweep_up(timedelta(minutes=1))

    assert (before, here.told()) == (set(), {"intro"})


async def test_an_announcement_that_got_lost_costs_minutes() -> None:
    here = world()
    await here.receive(did("e1", "A"))
    await here.sweep_up(timedelta(minutes=1))
    await here.sweep_up(timedelta(minutes=2))

    here.directory.addresses.add(ADA)
    await here.sweep_up(timedelta(minutes=4))

    assert here.told() == {"intro"}


async def test_looks_into_the_directory_become_rarer() -> None:
    here = world()
    await here.receive(did("e1", "A"))
    asked = here.directory.asked

    for _ in range(23 * 60):
        await here.sweep_up(timedelta(minutes=1))

    assert here.directory.asked - asked < 60


async def test_a_learner_whose_activity_came_with_an_address_costs_no_look() -> None:
    here = world()

    await here.receive(did("e1", "A", reachable=True))

    assert here.told() == {"intro"}
    assert here.directory.asked == 0


async def test_a_learner_whom_the_directory_knows_does_not_wait() -> None:
    here = world()
    here.directory.addresses.add(ADA)

    await here.receive(did("e1", "A", reachable=False), did("e2", "A", learner="bob"))

    assert [each.learner for each in here.published] == ["ada"]


@pytest.mark.parametrize("none", ["P0D", "PT0S"])
async def test_an_issuer_may_not_want_to_wait(none: str) -> None:
    here = world(address_wait=none)

    await here.receive(did("e1", "A"))

    assert here.told() == {"intro"}
    assert here.directory.asked == 0


async def test_it_falls_due_first_and_waits_for_the_address_then() -> None:
    here = world(live("late", {"completed": {"course": "A"}}, issue_after="P2D"))
    here.now = DAY
    await here.receive(did("e1", "A"))
    here.now = DAY + 2 * DAYS
    await here.sweep_up()
    waiting = (await here.held())["late:once"]

    await here.sweep_up(DAYS)

    assert (waiting.state, waiting.waits_until) == (AwardState.PENDING, DAY + 3 * DAYS)
    assert here.told() == {"late"}


async def test_a_reachable_learners_award_still_waits_for_its_due_date() -> None:
    here = world(live("late", {"completed": {"course": "A"}}, issue_after="P2D"))
    here.now = DAY
    await here.receive(did("e1", "A"))

    here.directory.addresses.add(ADA)
    await here.settling.reachable([ADA], await here.live())
    too_early = here.told()
    await here.sweep_up(2 * DAYS)

    assert (too_early, here.told()) == (set(), {"late"})


@pytest.mark.parametrize("batches", [[2], [1, 1]])
async def test_a_badge_that_waits_for_an_address_counts_for_others_in_any_order(batches: list[int]) -> None:
    here = world(STACK, INTRO)
    activities = [did("e1", "A"), did("e2", "B")]

    for size in batches:
        await here.receive(*activities[:size])
        del activities[:size]
    held = {name: (each.state, each.earned_at) for name, each in (await here.held()).items()}
    here.directory.addresses.add(ADA)
    await here.settling.reachable([ADA], await here.live())

    assert held == {"intro:once": (AwardState.PENDING, DAY), "stack:once": (AwardState.PENDING, DAY)}
    assert here.told() == {"intro", "stack"}


async def test_what_no_longer_holds_is_not_told_nor_what_rests_on_it() -> None:
    here = world(STACK, INTRO, live("top", {"holds": "stack"}))
    await here.receive(did("e1", "A", version=DAY), did("e2", "B"))
    await here.receive(did("e1", "A", version=NOW, withdrawn=True, content="removed"))

    here.directory.addresses.add(ADA)
    await here.settling.reachable([ADA], await here.live())

    assert here.published == []
    assert {each.state for each in (await here.held()).values()} == {AwardState.WITHDRAWN}


async def test_a_withdrawn_award_that_is_granted_after_all_waits_again_or_is_told() -> None:
    here = world()
    await here.receive(did("e1", "A", version=DAY))
    await here.receive(did("e1", "A", version=NOW, withdrawn=True, content="removed"))
    await here.sweep_up(DAYS)
    withdrawn = (await here.held())["intro:once"]

    await here.receive(decided("d1", Verb.GRANTED, "intro", at=here.now))
    waiting = (await here.held())["intro:once"]
    await here.sweep_up(DAYS)

    assert (withdrawn.state, waiting.state) == (AwardState.WITHDRAWN, AwardState.PENDING)
    assert waiting.waits_until == NOW + 2 * DAYS
    assert here.told() == {"intro"}


async def test_a_redelivery_does_not_tell_what_waits() -> None:
    here = world()
    await here.receive(did("e1", "A"))

    here.restarted()
    await here.receive(did("e1", "A"))

    assert here.published == []
    assert (await here.held())["intro:once"].waits_until == NOW + DAYS


async def test_what_was_told_after_waiting_is_told_again_until_a_credential_comes_of_it() -> None:
    here = world()
    await here.receive(did("e1", "A"))
    await here.sweep_up(12 * timedelta(hours=1))
    here.directory.addresses.add(ADA)
    await here.settling.reachable([ADA], await here.live())

    await here.sweep_up(timedelta(seconds=15))

    assert len(here.published) == 2


async def test_a_badge_that_waits_is_not_told_where_another_account_of_the_same_person_has_it() -> None:
    here = world()
    old = (TENANT, "old")
    here.directory.addresses.add(old)
    await here.receive(did("e1", "A", learner="old"), did("e2", "A"))
    before = len(here.published)

    await here.merges.announced([LearnerMerged(tenant=TENANT, learner="old", into="ada", merged_at=NOW)])
    here.directory.addresses.add(ADA)
    await here.settling.reachable([ADA], await here.live())
    await here.sweep_up(GRACE)

    assert (before, len(here.published)) == (1, 1)


async def test_what_one_account_waited_for_and_the_other_knew_is_told_by_the_merge() -> None:
    here = world()
    await here.receive(did("e1", "A"))
    await here.merges.announced([LearnerMerged(tenant=TENANT, learner="old", into="ada", merged_at=NOW)])

    here.directory.addresses.add(ADA)
    await here.sweep_up(GRACE)

    assert here.told() == {"intro"}
