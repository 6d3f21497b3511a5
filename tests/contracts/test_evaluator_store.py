"""One set of promises, kept by the evaluator's stores in memory and in MongoDB alike."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.evaluator import award_store, store
from services.evaluator.awards import OwnAward, placed
from services.evaluator.compiled import compiled
from services.evaluator.ports import Activities, Awards
from shared.contracts.documents import AwardState
from shared.contracts.events import CredentialState, CredentialStatusChanged
from tests.unit.evaluator import memory
from tests.unit.evaluator.world import World, catalogue, did, live

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ADA, BOB = ("north", "ada"), ("north", "bob")


@dataclass
class Stores:
    activities: Activities
    awards: Awards


@pytest.fixture
async def mongo(database: Any) -> Any:
    await store.create_indexes(database)
    await award_store.create_indexes(database)
    return database


@pytest.fixture(params=["memory", "mongo"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        return Stores(memory.MemoryActivities(), memory.MemoryAwards())
    database: Any = request.getfixturevalue("mongo")
    return Stores(store.MongoActivities(database), award_store.MongoAwards(database))


def activity(name: str, content: str = "", learner: str = "ada") -> dict[str, Any]:
    return {
        "_id": name,
        "tenant": "north",
        "learner": learner,
        "content": content or name,
        "origin": {"topic": "t", "partition": 0, "offset": len(name)},
    }


def award(name: str, learner: str = "ada", **fields: Any) -> OwnAward:
    return OwnAward(
        **{
            "id": name, "tenant": "north", "achievement": "x", "version": 1, "learner": learner, "award_key": "once",
            "earned_at": NOW, "due_at": NOW, "state": AwardState.EARNED, "why": "…", "status_list": 1,
            "status_index": 0, "received_at": NOW, "stored_at": NOW, **fields,
        }
    )  # fmt: skip


def by_name(each: OwnAward, attempt: int) -> OwnAward:
    """Everybody wants the same places, in the same order."""
    return each.model_copy(update={"status_list": 1 + attempt // 2, "status_index": attempt % 2})


async def test_an_activity_is_stored_once_and_the_first_stays(stores: Stores) -> None:
    first = await stores.activities.insert([activity("a"), activity("b"), activity("a")])

    again = await stores.activities.insert([activity("a", "other"), activity("c"), activity("b")])

    assert (first.conflicts, first.duplicates) == (frozenset(), 1)
    assert (again.conflicts, again.duplicates) == (frozenset({0}), 1)
    found = (await stores.activities.of_learners({ADA}))[ADA]
    assert {each["_id"]: each["content"] for each in found} == {"a": "a", "b": "b", "c": "c"}


async def test_twins_with_other_content_in_one_batch_conflict(stores: Stores) -> None:
    outcome = await stores.activities.insert([activity("a"), activity("a", "other"), activity("a", "other")])

    assert outcome.conflicts == {1, 2}
    assert outcome.duplicates == 0


async def test_learners_are_told_apart(stores: Stores) -> None:
    await stores.activities.insert([activity("a"), activity("b", learner="bob"), activity("c", learner="eve")])

    found = await stores.activities.of_learners({ADA, BOB})

    assert {learner: [each["_id"] for each in has] for learner, has in found.items()} == {ADA: ["a"], BOB: ["b"]}


async def test_no_two_awards_share_a_place_and_a_full_list_leads_to_the_next(stores: Stores) -> None:
    wanted = [award(name) for name in "abcde"]

    stored, new = await stores.awards.insert(wanted, by_name)

    assert new == set("abcde")
    assert sorted((each.status_list, each.status_index) for each in stored) == [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0)]
    assert await stores.awards.taken("north", 1) == 2


async def test_an_award_that_is_there_stays_as_it_is(stores: Stores) -> None:
    (first,), _ = await stores.awards.insert([award("a", why="first")], by_name)

    stored, new = await stores.awards.insert([award("a", why="second"), award("b")], by_name)

    assert new == {"b"}
    assert next(each for each in stored if each.id == "a") == first


async def test_two_evaluators_at_once_leave_one_award(stores: Stores) -> None:
    both = await asyncio.gather(*(stores.awards.insert([award("a", why=why)], by_name) for why in ("one", "other")))

    ((one,), _), ((other,), _) = both
    assert one == other
    assert sum(len(new) for _, new in both) == 1


async def test_what_is_read_is_what_was_stored(stores: Stores) -> None:
    (stored,), _ = await stores.awards.insert([award("a", origin=("t", 3, 4711), score=0.5)], by_name)

    ((read,),) = (await stores.awards.of_learners({ADA})).values()

    assert read == stored
    assert read.origin == ("t", 3, 4711)


async def test_only_awards_whose_time_has_come_are_looked_at_the_longest_overdue_first(stores: Stores) -> None:
    hour = timedelta(hours=1)
    looks = {"a": NOW, "b": NOW - hour, "c": NOW + hour, "d": None, "e": NOW}
    await stores.awards.insert([award(name, look_at=at) for name, at in looks.items()], by_name)
    await stores.awards.clear({"e": NOW})

    now = [each.id for each in await stores.awards.to_look_at(NOW, 10)]
    first = [each.id for each in await stores.awards.to_look_at(NOW, 1)]

    assert now == ["b", "a"]
    assert first == ["b"]


async def test_each_further_try_is_counted_with_the_time_to_look_again(stores: Stores) -> None:
    await stores.awards.insert([award("a"), award("b")], by_name)

    await stores.awards.postpone({"a": NOW})
    await stores.awards.postpone({"a": NOW + timedelta(seconds=5), "b": NOW})

    found = {each.id: each.tries for each in await stores.awards.find(["a", "b", "z"])}
    assert found == {"a": 2, "b": 1}
    assert [each.id for each in await stores.awards.to_look_at(NOW, 10)] == ["b"]


async def test_awards_are_looked_through_by_time_and_a_moment_is_never_cut(stores: Stores) -> None:
    moments = {name: NOW + timedelta(seconds=second) for name, second in zip("abcdef", (0, 1, 2, 2, 2, 3), strict=True)}
    await stores.awards.insert([award(name, stored_at=at) for name, at in moments.items()], by_name)

    first = await stores.awards.stored_since(NOW, NOW + timedelta(seconds=3), 2)
    rest = await stores.awards.stored_since(first[-1][1], NOW + timedelta(seconds=3), 2)
    none = await stores.awards.stored_since(NOW + timedelta(seconds=2), NOW + timedelta(seconds=2), 2)

    assert sorted(name for name, _ in first) == ["b", "c", "d", "e"]
    assert rest == [("f", moments["f"])]
    assert none == []


async def test_looking_through_only_goes_forward(stores: Stores) -> None:
    begun = await stores.awards.looked_through()

    await stores.awards.look_through(NOW)
    await stores.awards.look_through(NOW - timedelta(hours=1))

    assert begun < datetime(2000, 1, 1, tzinfo=UTC)
    assert await stores.awards.looked_through() == NOW


async def test_a_pending_award_is_settled_once(stores: Stores) -> None:
    await stores.awards.insert([award(name, state=AwardState.PENDING, look_at=NOW) for name in "ab"], by_name)

    await stores.awards.settle(["a"], withdrawn=False)
    await stores.awards.settle(["a", "b"], withdrawn=True)
    await stores.awards.settle(["b"], withdrawn=False)

    found = {each.id: each for each in (await stores.awards.of_learners({ADA}))[ADA]}
    assert (found["a"].state, found["b"].state) == (AwardState.EARNED, AwardState.WITHDRAWN)
    assert (found["a"].look_at, found["b"].look_at) == (NOW, None)


async def test_a_withdrawn_award_is_revived_on_its_old_place_and_no_other_is(stores: Stores) -> None:
    states = {"a": AwardState.WITHDRAWN, "b": AwardState.EARNED}
    before, _ = await stores.awards.insert([award(name, state=state) for name, state in states.items()], by_name)

    found = await stores.awards.revive([award(name, why="again", status_index=99) for name in "ab"])

    after = {each.id: each for each in found}
    assert (after["a"].state, after["a"].why, after["b"].why) == (AwardState.EARNED, "again", "…")
    assert {each.id: each.status_index for each in before} == {each.id: each.status_index for each in found}


async def test_of_what_became_of_a_credential_the_newest_stays(stores: Stores) -> None:
    await stores.awards.insert([award("a")], by_name)

    def change(state: CredentialState, facts: int, award_id: str = "a") -> CredentialStatusChanged:
        return CredentialStatusChanged(
            award_id=award_id, tenant="north", learner="ada", achievement="x", state=state, reason="…", since=NOW,
            facts=facts,
        )  # fmt: skip

    await stores.awards.record_states([change(CredentialState.SUSPENDED, 1), change(CredentialState.ACTIVE, 2)])
    await stores.awards.record_states([change(CredentialState.SUSPENDED, 1), change(CredentialState.REVOKED, 9, "z")])

    ((found,),) = (await stores.awards.of_learners({ADA})).values()
    assert (found.credential_state, found.credential_facts) == (CredentialState.ACTIVE, 2)


async def test_a_void_is_parked_until_what_it_voids_is_there_then_counts_from_its_arrival(stores: Stores) -> None:
    void = {**activity("void", learner=""), "parked": "a"}
    other = {**activity("other", learner=""), "parked": "z"}
    await stores.activities.insert([void, other])
    await stores.activities.insert([activity("a"), activity("b")])

    await stores.activities.adopt([activity("a"), activity("b")])
    await stores.activities.adopt([activity("a", learner="bob")])

    found = {each["_id"]: each for each in await stores.activities.find(["void", "other", "a", "nobody"])}
    assert {name: each["learner"] for name, each in found.items()} == {"void": "ada", "other": "", "a": "ada"}
    assert found["void"]["origin"] == found["a"]["origin"]
    assert ("parked" in found["void"], found["other"]["parked"]) == (False, "z")


async def test_everything_of_one_account_becomes_the_others(stores: Stores) -> None:
    await stores.activities.insert([activity("a"), activity("b", learner="bob"), activity("c", learner="eve")])
    await stores.awards.insert([award("x"), award("y", learner="bob")], by_name)
    place = {each.id: each.status_index for each in await stores.awards.find(["x", "y"])}

    for _ in range(2):
        await stores.activities.move("north", "bob", "ada")
        await stores.activities.move("south", "eve", "ada")
        await stores.awards.move("north", "bob", "ada")

    found = await stores.activities.of_learners({ADA, BOB})
    awards = await stores.awards.of_learners({ADA, BOB})
    assert {learner: sorted(each["_id"] for each in has) for learner, has in found.items()} == {ADA: ["a", "b"]}
    assert {learner: {each.id: each.status_index for each in has} for learner, has in awards.items()} == {ADA: place}


async def test_a_pending_award_waits_for_an_address_and_no_longer_once_it_is_settled(stores: Stores) -> None:
    hour = timedelta(hours=1)
    parked = {"waits_for": "address", "waits_until": NOW + hour, "look_at": NOW}
    pending = [award(name, state=AwardState.PENDING, look_at=NOW) for name in "abc"]
    await stores.awards.insert([*pending, award("d"), award("e", "bob", state=AwardState.PENDING, **parked)], by_name)

    await stores.awards.park([each.model_copy(update=parked) for each in (*pending[:2], award("d"))])
    await stores.awards.postpone({"a": NOW})
    waiting = await stores.awards.waiting_for_address({ADA})
    await stores.awards.settle(["a"], withdrawn=False)
    await stores.awards.settle(["b"], withdrawn=True)

    assert {each.id: each.waits_until for each in waiting} == {"a": NOW + hour, "b": NOW + hour}
    assert await stores.awards.waiting_for_address({ADA}) == []
    after = {each.id: (each.waits_for, each.waits_until, each.tries) for each in await stores.awards.find("abd")}
    assert after == dict.fromkeys("abd", (None, None, 0))


async def test_nothing_asked_is_nothing_done(stores: Stores) -> None:
    assert await stores.activities.of_learners(set()) == {}
    assert (await stores.activities.insert([])).duplicates == 0
    assert await stores.awards.insert([], by_name) == ([], set())
    assert await stores.awards.revive([]) == []
    await stores.awards.record_states([])
    await stores.awards.settle([], withdrawn=True)
    await stores.awards.postpone({})
    await stores.awards.clear({})
    await stores.awards.park([])
    await stores.activities.adopt([])
    assert await stores.activities.find([]) == []


async def test_a_whole_world_over_either_store_comes_to_the_same(stores: Stores) -> None:
    rules = catalogue(
        live("intro", {"completed": {"course": "A"}}),
        live("stack", {"all": [{"holds": "intro"}, {"score": {"course": "B", "at_least": "80%"}}]}),
    )
    world = World(rules, stores.activities, stores.awards)
    at = datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC)

    await world.receive(did("e1", "B", score=0.9, at=at), did("e2", "A"), did("e2", "A"), did("e3", "A", learner="bob"))
    await world.receive(did("e1", "B", score=0.9, at=at))

    held = await world.held()
    assert set(held) == {"intro:once", "stack:once"}
    assert held["stack:once"].earned_at.replace(microsecond=0) == at.replace(microsecond=0)
    assert len(world.published) == 3
    assert world.tally.counts["duplicate"] == 2
    expected = placed(held["intro:once"], b"for tests only", 0, 1)
    assert held["intro:once"].status_index == expected.status_index
    assert compiled(rules).rules.broken == ()
