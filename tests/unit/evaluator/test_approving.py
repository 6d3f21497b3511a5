"""`approval: required`: an award waits until a registrar decided about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.evaluator.approving import UnknownAward
from shared.contracts.documents import AwardState
from shared.contracts.events import AwardDecisionRequested, Decision, Verb
from tests.unit.evaluator.world import DAY, NOW, TENANT, World, catalogue, decided, did, live

HOUR = timedelta(hours=1)
DAYS = timedelta(days=1)


def signed_off(**fields: Any) -> Any:
    return live("signed-off", {"completed": {"course": "A"}}, approval="required", **fields)


async def pending(*others: Any, address_wait: str = "PT0S", **fields: Any) -> tuple[World, str]:
    world = World(catalogue(signed_off(**fields), *others, address_wait=address_wait))
    await world.receive(did("e1", "A"))
    return world, (await world.held())["signed-off:once"].id


async def test_it_waits_however_long_and_counts_for_nothing_meanwhile() -> None:
    world, _ = await pending(live("top", {"holds": "signed-off"}))

    await world.sweep_up(400 * DAYS)
    await world.approvals.count()

    assert world.told() == set()
    assert set(await world.held()) == {"signed-off:once"}
    assert world.tally.pending == {TENANT: 1}


async def test_approved_it_is_told_as_of_the_day_that_it_was_due_and_counts() -> None:
    world, award = await pending(live("top", {"holds": "signed-off"}))

    verdicts = await world.decide(Decision.APPROVE, award)

    assert verdicts == [None]
    assert world.told() == {"signed-off", "top"}
    assert next(each for each in world.published if each.award_id == award).valid_from == DAY
    assert (await world.held())["signed-off:once"].ruling.by == "registrar"


async def test_declined_it_stays_declined_for_these_facts_and_new_ones_may_be_looked_at() -> None:
    world, award = await pending()
    await world.decide(Decision.DECLINE, award)

    await world.receive(did("e1", "A"), did("e2", "A", at=DAY + HOUR))
    declined = await world.everything()
    await world.receive(did("e3", "A", at=NOW + HOUR))

    assert [(each.state, each.ruling.reason) for each in declined if each.ruling] == [
        (AwardState.DECLINED, "looked at it")
    ]
    assert sorted(each.state for each in await world.everything()) == [AwardState.DECLINED, AwardState.PENDING]
    assert world.told() == set()


async def test_the_first_word_stays() -> None:
    world, award = await pending()

    await world.decide(Decision.DECLINE, award)
    await world.decide(Decision.APPROVE, award, name="d2")

    assert world.told() == set()


async def test_approved_before_it_is_due_it_waits_for_its_day() -> None:
    world = World(catalogue(signed_off(issue_after="P2D")))
    world.now = DAY
    world.directory.addresses.add((TENANT, "ada"))
    await world.receive(did("e1", "A"))
    await world.decide(Decision.APPROVE, (await world.held())["signed-off:once"].id)

    await world.sweep_up(DAYS - HOUR)
    await world.sweep_up(HOUR)
    early = world.told()
    await world.sweep_up(DAYS)

    assert (early, world.told()) == (set(), {"signed-off"})


async def test_approved_after_its_day_it_waits_for_nothing() -> None:
    world = World(catalogue(signed_off(issue_after="P2D")))
    world.now = DAY
    await world.receive(did("e1", "A"))
    await world.sweep_up(9 * DAYS)
    early = world.told()

    await world.decide(Decision.APPROVE, (await world.held())["signed-off:once"].id)

    assert (early, world.told()) == (set(), {"signed-off"})


async def test_approved_it_still_waits_for_an_address() -> None:
    world, award = await pending(address_wait="P1D")
    await world.decide(Decision.APPROVE, award)
    waiting = (await world.held())["signed-off:once"]

    world.directory.addresses.add((TENANT, "ada"))
    await world.settling.reachable([(TENANT, "ada")], await world.live())

    assert (waiting.state, waiting.waits_for) == (AwardState.PENDING, "address")
    assert world.told() == {"signed-off"}


async def test_what_no_longer_holds_when_it_is_approved_is_not_told() -> None:
    world = World(catalogue(signed_off()))
    await world.receive(did("e1", "A", version=DAY))
    award = (await world.held())["signed-off:once"].id
    await world.receive(did("e1", "A", version=DAY + HOUR, withdrawn=True, content="gone"))

    await world.decide(Decision.APPROVE, award)

    assert (await world.held())["signed-off:once"].state is AwardState.WITHDRAWN
    assert world.told() == set()


async def test_what_a_registrar_awards_needs_no_other_word() -> None:
    world = World(catalogue(signed_off()))

    await world.receive(decided("d1", Verb.GRANTED, "signed-off"))

    assert world.told() == {"signed-off"}


async def test_nobody_decides_about_what_is_not_there_or_not_theirs() -> None:
    world, award = await pending()
    foreign = AwardDecisionRequested(
        request_id="r", tenant="south", award_id=award, decision=Decision.APPROVE, reason="", decided_at=NOW
    )

    verdicts = [*await world.decide(Decision.APPROVE, "nothing"), *await world.approvals.decide([foreign])]

    assert [type(each) for each in verdicts] == [UnknownAward, UnknownAward]
    assert world.told() == set()


async def test_a_decision_whose_effect_got_lost_is_carried_out_by_its_redelivery_or_the_sweep() -> None:
    for heal in ("redelivery", "sweep"):
        world, award = await pending()

        async def down(_: object) -> None:
            raise ConnectionError

        healthy, world.broker = world.broker, down
        world.restarted()
        with pytest.raises(ConnectionError):
            await world.decide(Decision.APPROVE, award)
        world.broker = healthy
        world.restarted()
        if heal == "redelivery":
            await world.decide(Decision.APPROVE, award)
        await world.sweep_up(timedelta(seconds=15))

        assert world.told() == {"signed-off"}
