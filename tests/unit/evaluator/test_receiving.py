"""What becomes of a batch: stored once, judged always, told as stored."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.evaluator.arriving import ConflictingActivity
from shared.contracts.documents import AwardState
from shared.contracts.events import CredentialState, CredentialStatusChanged
from tests.unit.evaluator.world import DAY, NOW, TENANT, World, catalogue, did, live

INTRO = live("intro", {"completed": {"course": "EDS101"}}, name="The introduction")
STACK = live("stack", {"all": [{"holds": "intro"}, {"completed": {"course": "EDS102"}}]})


async def test_a_completed_course_earns_its_badge_and_says_why() -> None:
    world = World(catalogue(INTRO))

    await world.receive(did("e1", "EDS101", score=0.92))

    (told,) = world.published
    assert told.achievement == "intro"
    assert told.why == "Completed EDS101 with 92 % on 2026-03-01"
    assert told.earned_at == DAY
    assert told.valid_from == DAY
    assert [each.event_id for each in told.evidence] == ["e1"]
    assert told.received_at == DAY + timedelta(seconds=1)


async def test_a_redelivery_is_counted_and_earns_nothing_new() -> None:
    world = World(catalogue(INTRO))
    await world.receive(did("e1", "EDS101"))

    await world.receive(did("e1", "EDS101"), did("e1", "EDS101"))

    assert len(await world.held()) == 1
    assert len(world.published) == 1
    assert world.tally.counts["accepted"] == 1
    assert world.tally.counts["duplicate"] == 2
    assert world.tally.counts["awards"] == 1


async def test_twins_in_one_batch_are_one_fact() -> None:
    world = World(catalogue(INTRO))

    verdicts = await world.receive(did("e1", "EDS101"), did("e1", "EDS101"))

    assert verdicts == [None, None]
    assert (world.tally.counts["accepted"], world.tally.counts["duplicate"]) == (1, 1)


async def test_the_same_id_with_other_content_is_refused_and_the_first_stays() -> None:
    world = World(catalogue(INTRO))
    await world.receive(did("e1", "EDS101", content="a"))

    verdicts = await world.receive(did("e2", "EDS102"), did("e1", "EDS101", content="b"))

    assert verdicts[0] is None
    assert isinstance(verdicts[1], ConflictingActivity)
    assert verdicts[1].code == "conflict"
    assert world.tally.counts["conflict"] == 1


async def test_an_event_that_no_rule_knows_costs_no_look_at_the_learner() -> None:
    world = World(catalogue(INTRO))

    await world.receive(did("e1", "OTHER"))

    assert world.tally.counts["met"] + world.tally.counts["unmet"] == 0


async def test_a_badge_earned_in_the_same_batch_counts_at_once() -> None:
    world = World(catalogue(STACK, INTRO))

    await world.receive(did("e1", "EDS102"), did("e2", "EDS101"))

    assert world.told() == {"intro", "stack"}
    why = {each.achievement: each.why for each in world.published}
    assert why["stack"] == "Completed EDS102 on 2026-03-01; holds “The introduction”"


async def test_a_suspended_badge_is_not_held_until_it_is_reinstated() -> None:
    world = World(catalogue(STACK, INTRO))
    await world.receive(did("e1", "EDS101"))
    award = (await world.held())["intro:once"]

    def changed(state: CredentialState, facts: int) -> CredentialStatusChanged:
        return CredentialStatusChanged(
            award_id=award.id, tenant=TENANT, learner="ada", achievement="intro", state=state, reason="…",
            since=NOW, facts=facts,
        )  # fmt: skip

    await world.evaluator.status_changed([changed(CredentialState.SUSPENDED, 1)])
    await world.receive(did("e2", "EDS102"))
    while_suspended = world.told()
    await world.evaluator.status_changed([changed(CredentialState.ACTIVE, 2)])
    await world.evaluator.status_changed([changed(CredentialState.SUSPENDED, 1)])

    assert while_suspended == {"intro"}
    assert world.told() == {"intro", "stack"}
    assert (await world.held())["intro:once"].credential_state is CredentialState.ACTIVE


async def test_an_award_that_waits_is_told_when_it_is_due_and_then_counts_for_others() -> None:
    world = World(catalogue(live("intro", {"completed": {"course": "EDS101"}}, issue_after="P2D"), STACK))
    world.now = DAY
    await world.receive(did("e1", "EDS101"), did("e2", "EDS102"))
    at_once = list(world.published)

    await world.sweep_up(timedelta(days=2) - timedelta(seconds=1))
    too_early = list(world.published)
    await world.sweep_up(timedelta(seconds=1))

    assert at_once == too_early == []
    assert {each.achievement: each.valid_from for each in world.published} == {
        "intro": DAY + timedelta(days=2),
        "stack": DAY + timedelta(days=2),
    }


async def test_what_no_longer_holds_when_it_is_due_is_withdrawn_and_never_told() -> None:
    rule = {"all": [{"completed": {"course": "A"}}, {"not": {"completed": {"course": "B"}}}]}
    world = World(catalogue(live("clean", rule, issue_after="P2D")))
    world.now = DAY
    await world.receive(did("e1", "A"))
    await world.receive(did("e2", "B"))

    await world.sweep_up(timedelta(days=3))
    await world.receive(did("e1", "A"))
    await world.sweep_up(timedelta(days=3))

    assert (await world.held())["clean:once"].state is AwardState.WITHDRAWN
    assert world.published == []


async def test_an_award_withdrawn_for_a_suspended_badge_is_earned_once_that_is_reinstated() -> None:
    world = World(
        catalogue(INTRO, live("late", {"all": [{"holds": "intro"}, {"completed": {"course": "X"}}]}, issue_after="P1D"))
    )
    world.now = DAY
    await world.receive(did("e1", "EDS101"), did("e2", "X"))
    intro, place = (await world.held())["intro:once"], (await world.held())["late:once"].status_index
    change = CredentialStatusChanged(
        award_id=intro.id, tenant=TENANT, learner="ada", achievement="intro", state=CredentialState.SUSPENDED,
        reason="…", since=NOW, facts=1,
    )  # fmt: skip
    await world.evaluator.status_changed([change])
    await world.sweep_up(timedelta(days=2))
    withdrawn = (await world.held())["late:once"].state

    await world.evaluator.status_changed([change.model_copy(update={"state": CredentialState.ACTIVE, "facts": 2})])

    assert withdrawn is AwardState.WITHDRAWN
    assert world.told() == {"intro", "late"}
    assert (await world.held())["late:once"].status_index == place


async def test_an_event_of_the_future_is_told_when_its_time_has_come() -> None:
    world = World(catalogue(INTRO))
    await world.receive(did("e1", "EDS101", at=NOW + timedelta(minutes=2)))
    at_once = list(world.published)

    await world.sweep_up(timedelta(minutes=2))

    assert at_once == []
    assert world.told() == {"intro"}


async def test_an_award_without_a_credential_is_told_again_ever_more_rarely_until_there_is_one() -> None:
    world = World(catalogue(INTRO))
    await world.receive(did("e1", "EDS101"))
    tellings = []

    for seconds in (14, 1, 29, 1, 3600, 3600):
        await world.sweep_up(timedelta(seconds=seconds))
        tellings.append(len(world.published))
    world.issued.ids = {each.award_id for each in world.published}
    await world.sweep_up(timedelta(hours=1))
    await world.sweep_up(timedelta(hours=1))

    assert tellings == [1, 2, 3, 3, 4, 5]
    assert len(world.published) == 5
    assert (await world.held())["intro:once"].look_at is None


async def test_an_award_that_is_refused_each_time_it_is_told_leaves_few_dead_letters() -> None:
    world = World(catalogue(INTRO))
    await world.receive(did("e1", "EDS101", at=NOW))

    for _ in range(24 * 60):
        await world.sweep_up(timedelta(minutes=1))

    assert len(world.published) < 20


async def test_an_award_of_which_a_credential_came_is_never_written_to_again() -> None:
    world = World(catalogue(INTRO))
    await world.receive(did("e1", "EDS101"))
    before = await world.held()
    world.issued.ids = {each.award_id for each in world.published}

    await world.sweep_up(timedelta(minutes=1))
    world.restarted()
    await world.receive(did("e1", "EDS101"))

    assert await world.held() == before
    assert len(world.published) == 1


async def test_an_award_without_a_credential_is_told_again_with_each_redelivery_to_a_new_process() -> None:
    world = World(catalogue(INTRO))
    await world.receive(did("e1", "EDS101"))

    world.restarted()
    await world.receive(did("e1", "EDS101"))

    assert len(world.published) == 2
    assert len({each.award_id for each in world.published}) == 1


async def test_a_new_version_never_awards_again() -> None:
    world = World(catalogue(INTRO))
    await world.receive(did("e1", "EDS101"))

    world.catalogue = catalogue(INTRO, live("intro", {"completed": {"course": "EDS*"}}, version=2), revision=2)
    await world.receive(did("e2", "EDS102"))

    assert [each.version for each in world.published] == [1]


async def test_a_repeatable_badge_is_earned_once_a_run() -> None:
    rule = {"all": [{"completed": {"course": "FIRST*"}}, {"score": {"course": "FIRST*", "at_least": "60%"}}]}
    world = World(catalogue(live("aid", rule, repeatable=True)))

    await world.receive(
        did("e1", "FIRST-AID", run="2025"),
        did("e2", "FIRST-AID", run="2026", score=0.7),
        did("e3", "FIRST-AID", run="2026", score=0.9),
        did("e4", "FIRST-AID", run="2025", score=0.5),
        did("e5", "FIRST-AID", run="2027", score=0.6),
    )

    assert set(await world.held()) == {"aid:2026", "aid:2027"}


async def test_a_retired_badge_is_earned_by_what_happened_before_alone_whenever_it_arrives() -> None:
    world = World(
        catalogue(live("old", {"completed": {"course": "A"}}, retire_on="2026-03-02"), timezone="Europe/Amsterdam")
    )
    # midnight of 2 March in Amsterdam is 23:00 of 1 March in UTC
    retired = DAY.replace(hour=23)

    await world.receive(did("e1", "A", at=retired))
    after = await world.held()
    await world.receive(did("e2", "A", at=retired - timedelta(seconds=1)))

    assert after == {}
    assert (await world.held())["old:once"].earned_at == retired - timedelta(seconds=1)


async def test_an_expired_badge_is_not_held_but_was_while_it_was() -> None:
    world = World(catalogue(live("intro", {"completed": {"course": "EDS101"}}, valid_for="P1M"), STACK))
    await world.receive(did("e1", "EDS101"), did("e2", "EDS102", at=DAY + timedelta(days=31)))
    expired = world.told()

    await world.receive(did("e3", "EDS102", at=DAY + timedelta(days=30)))

    assert expired == {"intro"}
    assert world.told() == {"intro", "stack"}


@pytest.mark.parametrize("size", [1, 2, 4])
async def test_batching_is_never_visible_even_to_rules_with_not(size: int) -> None:
    activities = [did("e1", "A"), did("e2", "INTRO"), did("e3", "B"), did("e4", "A")]
    achievements = (
        live("clean", {"all": [{"completed": {"course": "A"}}, {"not": {"completed": {"course": "B"}}}]}),
        live("intro", {"completed": {"course": "INTRO"}}),
        live("first", {"all": [{"completed": {"course": "A"}}, {"not": {"holds": "intro"}}]}),
    )
    world = World(catalogue(*achievements))

    for start in range(0, len(activities), size):
        await world.receive(*activities[start : start + size])

    assert world.told() == {"clean", "intro", "first"}


async def test_criteria_of_a_newer_laurel_spoil_nothing() -> None:
    world = World(catalogue(INTRO, live("odd", {"transmogrified": {"course": "A"}})))

    await world.receive(did("e1", "EDS101"))

    assert world.told() == {"intro"}
    assert (await world.live()).rules.broken == ("north/odd/1",)
