"""Two accounts that are one person's: everything is the other's then, no badge is lost and none doubled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.evaluator.merging import GRACE, LATER, LEASE
from shared.contracts.documents import AwardState
from shared.contracts.events import CredentialState, CredentialStatusChanged, Verb
from shared.contracts.learners import LearnerMerged
from tests.unit.evaluator.memory import MemoryActivities, MemoryAwards, MemoryMerges
from tests.unit.evaluator.world import DAY, NOW, TENANT, World, catalogue, decided, did, live

A = live("a", {"completed": {"course": "A"}})
B = live("b", {"completed": {"course": "B"}})
BOTH = live("both", {"all": [{"completed": {"course": "A"}}, {"completed": {"course": "B"}}]})


def merged(learner: str, into: str) -> LearnerMerged:
    return LearnerMerged(tenant=TENANT, learner=learner, into=into, merged_at=NOW)


async def merge(world: World, learner: str = "old", into: str = "ada") -> None:
    await world.merges.announced([merged(learner, into)])
    await world.sweep_up(GRACE)


async def test_what_both_did_together_counts() -> None:
    world = World(catalogue(BOTH))
    await world.receive(did("e1", "A", learner="old"), did("e2", "B", learner="ada"))

    await merge(world)

    assert set(await world.held("ada")) == {"both:once"}
    assert [each.learner for each in world.published] == ["ada"]


async def test_nobody_is_judged_by_both_before_every_evaluator_knows_of_it() -> None:
    world = World(catalogue(BOTH))
    await world.receive(did("e1", "A", learner="old"), did("e2", "B", learner="ada"))
    await world.merges.announced([merged("old", "ada")])

    await world.sweep_up(GRACE - timedelta(milliseconds=1))
    await world.receive(did("e3", "B", learner="ada"))
    too_early = world.told()
    await world.sweep_up(timedelta(milliseconds=1))

    assert (too_early, world.told()) == (set(), {"both"})


async def test_a_badge_of_the_given_up_account_goes_along_and_is_not_earned_again() -> None:
    world = World(catalogue(A))
    await world.receive(did("e1", "A", learner="old"))
    before = (await world.held("old"))["a:once"]

    await merge(world)
    await world.receive(did("e2", "A", learner="ada"), did("e3", "A", learner="old"))

    held = await world.held("ada")
    assert held["a:once"].id == before.id
    assert len(world.published) == 1
    assert await world.held("old") == {}


async def test_a_badge_of_the_given_up_account_is_not_earned_again_while_the_merge_waits() -> None:
    world = World(catalogue(A))
    await world.receive(did("e1", "A", learner="old"))
    await world.merges.announced([merged("old", "ada")])

    await world.receive(did("e2", "A", learner="ada"))
    await world.sweep_up(GRACE)

    assert set(await world.held("ada")) == {"a:once"}
    assert len(world.published) == 1


async def test_a_badge_that_both_have_stays_twice() -> None:
    world = World(catalogue(A, live("top", {"holds": {"achievement": "a", "at_least": 1}})))
    await world.receive(did("e1", "A", learner="old"), did("e2", "A", learner="ada"))
    before = dict(world.awards.awards)  # type: ignore[attr-defined]

    await merge(world)

    after = world.awards.awards  # type: ignore[attr-defined]
    assert after.keys() == before.keys()
    assert {each.learner for each in after.values()} == {"ada"}


async def test_activities_that_still_come_for_the_given_up_account_are_the_others() -> None:
    world = World(catalogue(BOTH))
    await world.receive(did("e1", "A", learner="ada"))
    await merge(world)

    await world.receive(did("e2", "B", learner="old"))

    assert set(await world.held("ada")) == {"both:once"}
    assert await world.held("old") == {}


async def test_a_twin_of_what_was_moved_is_a_twin() -> None:
    world = World(catalogue(A))
    await world.receive(did("e1", "A", learner="old"))
    await merge(world)

    verdicts = await world.receive(did("e1", "A", learner="old"))

    assert verdicts == [None]
    assert world.tally.counts["duplicate"] == 1
    assert len(world.published) == 1


async def test_another_evaluator_knows_of_it_before_it_is_carried_out() -> None:
    activities, awards, given_up = MemoryActivities(), MemoryAwards(), MemoryMerges()
    one, other = (World(catalogue(BOTH, A), activities, awards, given_up=given_up) for _ in "12")
    await other.receive(did("e0", "C", learner="old"))
    await one.merges.announced([merged("old", "ada")])

    other.now += timedelta(seconds=LEASE + 0.1)
    await other.receive(did("e1", "A", learner="old"))

    assert timedelta(seconds=2 * LEASE) < GRACE
    assert set(await other.held("ada")) == {"a:once"}


async def test_what_an_evaluator_that_did_not_know_yet_left_behind_is_moved_before_anybody_is_judged_by_it() -> None:
    activities, awards, given_up = MemoryActivities(), MemoryAwards(), MemoryMerges()
    one, late = (World(catalogue(A), activities, awards, given_up=given_up) for _ in "12")
    await late.receive(did("e0", "C", learner="old"))
    await one.merges.announced([merged("old", "ada")])

    await late.receive(did("e1", "A", learner="old"))
    await one.sweep_up(GRACE)

    assert len(awards.awards) == 1
    assert set(await one.held("ada")) == {"a:once"}


async def test_an_award_judged_before_the_merge_was_known_is_not_stored_after_it_was() -> None:
    world = World(catalogue(A))
    reading = world.activities.of_learners

    async def merged_meanwhile(learners: object) -> object:
        found = await reading(learners)  # type: ignore[arg-type]
        world.activities.of_learners = reading  # type: ignore[method-assign]
        await world.merges.announced([merged("old", "ada")])
        return found

    world.activities.of_learners = merged_meanwhile  # type: ignore[method-assign,assignment]
    await world.receive(did("e1", "A", learner="old"))
    at_once = dict(await world.held("old"))
    await world.sweep_up(GRACE)

    assert at_once == {}
    assert set(await world.held("ada")) == {"a:once"}


@pytest.mark.parametrize("look", [0, 1, 2])
async def test_leftovers_are_looked_for_again(look: int) -> None:
    activities, awards, given_up = MemoryActivities(), MemoryAwards(), MemoryMerges()
    one, stuck = (World(catalogue(BOTH), activities, awards, given_up=given_up) for _ in "12")
    await one.receive(did("e1", "A", learner="ada"))
    await stuck.receive(did("e0", "C", learner="old"))
    await merge(one)
    for pause in LATER[:look]:
        await one.sweep_up(pause)

    await stuck.receive(did("e2", "B", learner="old"))
    await one.sweep_up(LATER[look])

    assert set(await one.held("ada")) == {"both:once"}


@pytest.mark.parametrize("order", [("first", "second"), ("second", "first")])
async def test_merges_follow_each_other(order: tuple[str, str]) -> None:
    world = World(catalogue(live("three", {"all": [{"completed": {"course": each}} for each in "ABC"]})))
    await world.receive(did("e1", "A", learner="first"), did("e2", "B", learner="second"), did("e3", "C"))

    for learner in order:
        await merge(world, learner, into={"first": "second", "second": "ada"}[learner])

    assert set(await world.held("ada")) == {"three:once"}


async def test_a_ring_hangs_nobody() -> None:
    world = World(catalogue(BOTH))
    await world.receive(did("e1", "A", learner="one"), did("e2", "B", learner="two"))

    await world.merges.announced([merged("one", "two"), merged("two", "one"), merged("one", "one")])
    await world.sweep_up(GRACE)

    assert {**await world.held("one"), **await world.held("two")}.keys() == {"both:once"}


async def test_the_first_word_about_an_account_stays_and_repeats_change_nothing() -> None:
    world = World(catalogue(A))
    await world.receive(did("e1", "A", learner="old"))
    await merge(world)

    await merge(world, into="eve")

    assert set(await world.held("ada")) == {"a:once"}
    assert await world.held("eve") == {}


async def test_a_merge_survives_a_restart() -> None:
    world = World(catalogue(BOTH))
    await world.receive(did("e1", "A", learner="old"), did("e2", "B", learner="ada"))
    await world.merges.announced([merged("old", "ada")])

    world.restarted()
    await world.sweep_up(GRACE)

    assert set(await world.held("ada")) == {"both:once"}


async def test_a_withdrawn_award_of_the_given_up_account_is_revived_under_its_own_id() -> None:
    late = live("late", {"completed": {"course": "A"}}, issue_after="P1D")
    world = World(catalogue(late))
    world.now = DAY
    await world.receive(did("e1", "A", learner="old", version=DAY))
    await world.receive(did("e1", "A", learner="old", version=NOW, withdrawn=True, content="gone"))
    await world.sweep_up(timedelta(days=1))
    before = (await world.held("old"))["late:once"]

    await merge(world)
    await world.receive(decided("d1", Verb.GRANTED, "late", at=DAY))
    await world.sweep_up(timedelta(days=2))

    after = await world.held("ada")
    assert before.state is AwardState.WITHDRAWN
    assert (after["late:once"].id, after["late:once"].state) == (before.id, AwardState.EARNED)
    assert len(after) == 1


async def test_what_becomes_of_the_old_accounts_credential_touches_the_others_badges() -> None:
    world = World(catalogue(A, live("next", {"all": [{"holds": "a"}, {"completed": {"course": "B"}}]})))
    await world.receive(did("e1", "A", learner="old"))
    award = (await world.held("old"))["a:once"]
    change = CredentialStatusChanged(
        award_id=award.id, tenant=TENANT, learner="old", achievement="a", state=CredentialState.SUSPENDED,
        reason="…", since=NOW, facts=1,
    )  # fmt: skip
    await world.evaluator.status_changed([change])
    await merge(world)
    await world.receive(did("e2", "B", learner="ada"))
    suspended = world.told()

    await world.evaluator.status_changed([change.model_copy(update={"state": CredentialState.ACTIVE, "facts": 2})])

    assert (suspended, world.told()) == ({"a"}, {"a", "next"})


@pytest.mark.parametrize("kept", ["old", "ada"])
async def test_a_withdrawn_award_of_one_account_is_not_revived_beside_the_badge_of_the_other(kept: str) -> None:
    lost = {"old": "ada", "ada": "old"}[kept]
    world = World(catalogue(live("late", {"completed": {"course": "A"}}, issue_after="P1D")))
    world.now = DAY
    await world.receive(did("e1", "A", learner=kept), did("e2", "A", learner=lost, version=DAY))
    await world.receive(did("e2", "A", learner=lost, version=NOW, withdrawn=True, content="gone"))
    await world.sweep_up(timedelta(days=1))

    await merge(world)
    await world.receive(did("e3", "A", learner="ada"))
    await world.sweep_up(timedelta(days=2))

    awards = world.awards.awards.values()  # type: ignore[attr-defined]
    assert sorted(each.state for each in awards) == [AwardState.EARNED, AwardState.WITHDRAWN]
    assert {each.award_id for each in world.published} == {each.id for each in awards if each.is_earned}
