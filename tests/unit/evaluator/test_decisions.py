"""What a registrar decides counts whatever the criteria say; the newest decision is the one in force."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from services.evaluator.rechecking import still_holds
from shared.contracts.documents import AwardState
from shared.contracts.events import ObjectKind, Verb
from tests.unit.evaluator.world import DAY, TENANT, World, catalogue, decided, did, live

INTRO = live("intro", {"completed": {"course": "A"}}, name="The introduction")
HOUR = timedelta(hours=1)


async def test_what_is_granted_is_earned_then_by_the_decision_and_says_why() -> None:
    world = World(catalogue(INTRO))

    await world.receive(decided("d1", Verb.GRANTED, "intro", because="passed at another school", at=DAY + HOUR))

    (told,) = world.published
    assert (told.achievement, told.earned_at) == ("intro", DAY + HOUR)
    assert told.why == "Awarded by the registrar on 2026-03-01: passed at another school"
    assert [each.event_id for each in told.evidence] == ["d1"]


async def test_what_is_withheld_is_not_earned_whenever_the_course_is_completed() -> None:
    world = World(catalogue(INTRO))
    await world.receive(decided("d1", Verb.WITHHELD, "intro"))

    await world.receive(did("e1", "A", at=DAY - HOUR), did("e2", "A", at=DAY + HOUR))

    assert await world.held() == {}


async def test_what_was_awarded_before_stays_but_no_longer_holds() -> None:
    world = World(catalogue(INTRO))
    await world.receive(did("e1", "A"))

    await world.receive(decided("d1", Verb.WITHHELD, "intro"))

    award = (await world.held())["intro:once"]
    known = (await world.activities.of_learners({(TENANT, "ada")}))[TENANT, "ada"]
    assert award.state is AwardState.EARNED
    assert not still_holds(award, await world.live(), known, [award], world.now)


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_granted_after_withheld_earns_in_any_order(order: tuple[int, ...]) -> None:
    world = World(catalogue(INTRO))
    decisions = [
        decided("d1", Verb.WITHHELD, "intro", at=DAY),
        decided("d2", Verb.GRANTED, "intro", at=DAY + HOUR),
        did("e1", "OTHER"),
    ]

    for number in order:
        await world.receive(decisions[number])

    assert set(await world.held()) == {"intro:once"}


async def test_of_two_decisions_the_one_made_last_counts_though_it_came_first() -> None:
    world = World(catalogue(INTRO))

    await world.receive(
        decided("d2", Verb.WITHHELD, "intro", at=DAY + HOUR), decided("d1", Verb.GRANTED, "intro", at=DAY)
    )

    assert await world.held() == {}


async def test_a_withheld_award_that_waited_for_its_due_date_is_not_told() -> None:
    world = World(catalogue(live("late", {"completed": {"course": "A"}}, issue_after="P2D")))
    world.now = DAY
    await world.receive(did("e1", "A"))
    await world.receive(decided("d1", Verb.WITHHELD, "late", at=DAY + HOUR))

    await world.sweep_up(timedelta(days=3))
    withdrawn = (await world.held())["late:once"].state
    await world.receive(decided("d2", Verb.GRANTED, "late", at=DAY + timedelta(days=3)))
    await world.sweep_up(timedelta(days=3))

    assert withdrawn is AwardState.WITHDRAWN
    assert world.told() == {"late"}


async def test_a_decision_is_about_one_learner_and_one_achievement() -> None:
    world = World(catalogue(INTRO, live("other", {"completed": {"course": "B"}})))

    await world.receive(decided("d1", Verb.GRANTED, "intro"), decided("d2", Verb.GRANTED, "nothing"))

    assert set(await world.held()) == {"intro:once"}
    assert await world.held("bob") == {}


async def test_a_granted_badge_counts_for_those_that_need_it() -> None:
    stack = live("stack", {"all": [{"holds": "intro"}, {"completed": {"course": "B"}}]})
    world = World(catalogue(stack, INTRO))

    await world.receive(did("e1", "B"), decided("d1", Verb.GRANTED, "intro"))

    assert world.told() == {"intro", "stack"}


async def test_a_repeatable_badge_is_granted_once_besides_its_runs_and_withheld_for_all() -> None:
    aid = live("aid", {"completed": {"course": "AID"}}, repeatable=True)
    world = World(catalogue(aid))

    await world.receive(did("e1", "AID", run="2025"))
    await world.receive(decided("d1", Verb.WITHHELD, "aid", at=DAY))
    await world.receive(did("e2", "AID", run="2026"))
    withheld = set(await world.held())
    await world.receive(decided("d2", Verb.GRANTED, "aid", at=DAY + HOUR))
    await world.receive(decided("d3", Verb.GRANTED, "aid", at=DAY + 2 * HOUR))

    assert withheld == {"aid:2025"}
    assert set(await world.held()) == {"aid:2025", "aid:2026", "aid:once"}


async def test_a_retired_badge_can_still_be_granted() -> None:
    world = World(catalogue(live("old", {"completed": {"course": "A"}}, retire_on="2026-01-01")))

    await world.receive(did("e1", "A"), decided("d1", Verb.GRANTED, "old"))

    assert world.published[0].evidence[0].event_id == "d1"


async def test_progress_completes_nothing_though_it_says_that_it_succeeded() -> None:
    world = World(catalogue(INTRO, live("half", {"score": {"course": "A", "at_least": "50%"}})))

    await world.receive(did("e1", "A", verb=Verb.PROGRESSED, succeeded=True, score=0.6))

    assert world.told() == {"half"}


@pytest.mark.parametrize("size", [1, 2, 5])
async def test_batching_is_never_visible_though_somebody_decided(size: int) -> None:
    world = World(catalogue(INTRO))
    activities = [
        decided("d1", Verb.WITHHELD, "intro", at=DAY),
        did("e1", "A"),
        decided("d2", Verb.GRANTED, "intro", at=DAY + HOUR),
        decided("d3", Verb.WITHHELD, "intro", at=DAY + 2 * HOUR),
        did("e2", "A"),
    ]

    for start in range(0, len(activities), size):
        await world.receive(*activities[start : start + size])

    assert [each.evidence[0].event_id for each in world.published] == ["d2"]


async def test_a_grant_gives_no_run_that_was_failed() -> None:
    world = World(catalogue(live("aid", {"completed": {"course": "AID"}}, repeatable=True)))

    await world.receive(did("e1", "AID", run="2025", verb=Verb.FAILED), decided("d1", Verb.GRANTED, "aid"))

    assert set(await world.held()) == {"aid:once"}


async def test_a_grant_that_was_withdrawn_gives_nothing() -> None:
    rule = {"any": [{"completed": {"course": "AID"}}, {"completed": {"module": "M"}}]}
    world = World(catalogue(live("aid", rule, repeatable=True), INTRO))
    for slug in ("aid", "intro"):
        granted = decided(f"d-{slug}", Verb.GRANTED, slug)
        gone = {"activity_id": f"gone-{slug}", "fact": granted.activity_id, "version": DAY, "withdrawn": True}
        await world.receive(granted.model_copy(update=gone), granted)

    await world.receive(did("m", "M", kind=ObjectKind.MODULE))

    assert await world.held() == {}
