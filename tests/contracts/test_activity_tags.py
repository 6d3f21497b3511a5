"""What the stores of activities promise about tags: kept in memory and in MongoDB alike."""

from __future__ import annotations

from typing import Any

import pytest

from services.evaluator import store
from services.evaluator.ports import Activities
from services.evaluator.touches import tag_of, version_tag
from shared.contracts import documents
from tests.unit.evaluator import memory

ADA, BOB = ("north", "ada"), ("north", "bob")


@pytest.fixture
async def mongo(database: Any) -> Any:
    await store.create_indexes(database)
    return database


@pytest.fixture(params=["memory", "mongo"])
def activities(request: pytest.FixtureRequest) -> Activities:
    if request.param == "memory":
        return memory.MemoryActivities()
    database: Any = request.getfixturevalue("mongo")
    return store.MongoActivities(database)


def activity(name: str, *touches: str, learner: str = "ada", under: int = 1, fact: str | None = None) -> dict[str, Any]:
    tags = [tag_of(learner, each) for each in touches] + ([version_tag(fact)] if fact else [])
    return {
        "_id": name, "tenant": "north", "learner": learner, "content": name, "fact": fact,
        "origin": {"topic": "t", "partition": 0, "offset": 0}, "touches": tags, "judged_under": under,
    }  # fmt: skip


async def names(activities: Activities, **wanted: set[str]) -> dict[str, list[str]]:
    found = await activities.touching({("north", learner): slugs for learner, slugs in wanted.items()})
    return {learner: sorted(each["_id"] for each in some) for (_, learner), some in found.items()}


async def test_only_what_touches_is_found_with_every_version_of_the_same_facts(activities: Activities) -> None:
    mine = [activity("1", "x"), activity("2", "y"), activity("3", "x", "y"), activity("4")]
    versions = [activity("5", "x", fact="f"), activity("6", fact="f"), activity("7", fact="g")]
    await activities.insert([*mine, *versions, activity("8", "x", learner="bob")])

    assert await names(activities, ada={"x"}) == {"ada": ["1", "3", "5", "6"]}
    assert await names(activities, ada={"y", "z"}, bob={"x"}) == {"ada": ["2", "3"], "bob": ["8"]}
    assert await names(activities, eve={"x"}) == {}
    assert await activities.touching({}) == {}


async def test_tags_only_go_forward(activities: Activities) -> None:
    await activities.insert([activity("1", "old"), activity("2", "old", under=3)])

    for revision in (2, 1):
        await activities.tag([activity(each, f"new-{revision}", under=revision) for each in "12"])
    await activities.tag([activity("1", "theirs", learner="bob", under=9)])
    await activities.tag([])

    assert await names(activities, ada={"new-2"}) == {"ada": ["1"]}
    assert await names(activities, ada={"old", "new-1"}) == {"ada": ["2"]}


async def test_a_twin_is_tagged_as_the_newer_revision_says_and_a_conflict_is_not(activities: Activities) -> None:
    await activities.insert([activity("1", "old"), activity("2", "old")])

    outcome = await activities.insert(
        [activity("1", "new", under=2), {**activity("2", "new", under=2), "content": "other"}]
    )

    assert outcome.conflicts == {1}
    assert await names(activities, ada={"new"}) == {"ada": ["1"]}
    assert await activities.any_under(2)


async def test_what_is_tagged_under_an_older_revision_is_told_and_parked_voids_are_not(activities: Activities) -> None:
    assert not await activities.any_under(9)

    parked = activity("void", learner="")
    for name in ("touches", "judged_under"):
        del parked[name]
    await activities.insert([{**parked, "parked": "z"}, activity("1", under=2)])

    assert (await activities.any_under(2), await activities.any_under(3)) == (False, True)


async def test_how_far_everything_is_tagged_only_goes_forward(activities: Activities) -> None:
    begun = await activities.tagged_under()
    await activities.all_tagged(4)
    await activities.all_tagged(2)

    assert (begun, await activities.tagged_under()) == (0, 4)


async def test_a_void_is_found_by_the_tags_of_what_it_voids(activities: Activities) -> None:
    parked = activity("void", learner="", fact="1")
    for name in ("touches", "judged_under"):
        del parked[name]
    await activities.insert([{**parked, "parked": "1"}, activity("1", "x", under=5)])

    await activities.adopt([activity("1", "x", under=5)])

    assert await names(activities, ada={"x"}) == {"ada": ["1", "void"]}
    assert not await activities.any_under(5)


async def test_what_becomes_another_learners_is_found_as_theirs(activities: Activities) -> None:
    await activities.insert([activity("1", "x", learner="bob", fact="f"), activity("2", "x")])

    for _ in range(2):
        await activities.move("north", "bob", "ada")

    assert await names(activities, ada={"x"}, bob={"x"}) == {"ada": ["1", "2"]}


async def test_activities_that_nobody_tagged_count_as_tagged_under_no_revision(mongo: Any) -> None:
    untagged = {"_id": "old", "tenant": "north", "learner": "ada", "content": "old", "judged_under": 7}
    await mongo[documents.ACTIVITIES].insert_many([untagged, activity("new", "x", under=7)])
    activities = store.MongoActivities(mongo)

    await store.tag_older(mongo)
    older = await activities.any_under(7)
    await activities.tag([activity("old", "x", under=7)])
    await store.tag_older(mongo)

    assert older
    assert await names(activities, ada={"x"}) == {"ada": ["new", "old"]}
    assert await activities.tagged_under() == 0
