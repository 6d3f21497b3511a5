"""One set of promises, kept by the registry's stores in memory and in MongoDB alike."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.registry import store
from services.registry.domain import Fact, Intent, ListState, Note
from services.registry.ports import Credentials, Facts, Intents, Lists, Notes
from shared.contracts.documents import (
    AWARDS,
    CREDENTIALS,
    KEYS,
    STATUS_LISTS,
    Award,
    AwardState,
    Credential,
    KeyPurpose,
    PublicKey,
    StatusList,
)
from shared.contracts.events import Change, StatusListSigned
from tests.unit.registry import memory

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NORTH = ("north", 1)


@dataclass
class Stores:
    intents: Intents
    credentials: Credentials
    notes: Notes
    facts: Facts
    lists: Lists
    database: Any = None

    async def award(self, name: str, *, index: int = 0, state: AwardState = AwardState.EARNED) -> None:
        if isinstance(self.intents, memory.MemoryIntents):
            withdrawn = state is AwardState.WITHDRAWN
            self.intents.awards[name] = Intent(name, "north", "x", 1, "ada", NOW, 1, index, withdrawn)
            return
        award = Award(
            id=name, tenant="north", achievement="x", version=1, learner="ada", award_key="once", earned_at=NOW,
            due_at=NOW, state=state, why="…", status_list=1, status_index=index, received_at=NOW,
        )  # fmt: skip
        await self.database[AWARDS].insert_one(award.to_store())


@pytest.fixture
async def mongo(database: Any) -> Any:
    await store.create_indexes(database)
    return database


@pytest.fixture(params=["memory", "mongo"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        steps = memory.Steps()
        return Stores(
            memory.MemoryIntents(steps), memory.MemoryCredentials(steps), memory.MemoryNotes(steps),
            memory.MemoryFacts(steps), memory.MemoryLists(steps),
        )  # fmt: skip
    database = request.getfixturevalue("mongo")
    return Stores(
        store.MongoIntents(database), store.MongoCredentials(database), store.MongoNotes(database),
        store.MongoFacts(database), store.MongoLists(database), database,
    )  # fmt: skip


def credential(name: str, *, tenant: str = "north", number: int = 1, minute: int = 0, jwt: str = "jwt") -> Credential:
    return Credential(
        id=name, credential_id=f"https://x/{name}", tenant=tenant, achievement="x", version=1, learner="ada",
        valid_from=NOW, status_list=number, status_index=0, jwt=jwt, data_integrity="{}",
        stored_at=NOW + timedelta(minutes=minute), received_at=NOW,
    )  # fmt: skip


def fact(name: str, award: str, *, tenant: str = "north", minute: int = 0) -> Fact:
    return Fact(
        id=name, tenant=tenant, award_id=award, change=Change.REVOKE, cause="operator", reason="…",
        requested_by="operator", at=NOW, stored_at=NOW + timedelta(minutes=minute),
    )  # fmt: skip


def a_list(version: int, jwt: str = "jwt") -> StatusListSigned:
    return StatusListSigned(
        tenant="north", list_number=1, version=version, jwt=jwt, data_integrity="{}", drawn_at=NOW
    )  # fmt: skip


async def test_awards_are_found_by_id_as_far_as_they_exist(stores: Stores) -> None:
    await stores.award("a", index=5)
    await stores.award("b", index=6, state=AwardState.WITHDRAWN)

    found = await stores.intents.find({"a", "b", "c"})

    assert found == {
        "a": Intent("a", "north", "x", 1, "ada", NOW, 1, 5),
        "b": Intent("b", "north", "x", 1, "ada", NOW, 1, 6, withdrawn=True),
    }
    assert await stores.intents.find(set()) == {}


async def test_positions_are_counted_below_an_index(stores: Stores) -> None:
    for index in (0, 3, 4, 9):
        await stores.award(f"a{index}", index=index)

    assert await stores.intents.taken_below(NORTH, 4) == 2
    assert await stores.intents.taken_below(("south", 1), 4) == 0


async def test_a_credential_is_inserted_once_and_the_first_stays(stores: Stores) -> None:
    assert await stores.credentials.insert([credential("a")]) == set()

    assert await stores.credentials.insert([credential("a", minute=1), credential("b")]) == {"a"}

    found = {each.id: each.stored_at for each in await stores.credentials.find({"a", "b", "c"})}
    assert found == {"a": NOW, "b": NOW}


async def test_unannounced_credentials_come_oldest_first_and_only_from_the_lists_asked_for(stores: Stores) -> None:
    await stores.credentials.insert(
        [credential("late", minute=3), credential("b", minute=2), credential("a", minute=1), credential("done")]
    )
    await stores.credentials.insert([credential("south", tenant="south"), credential("second", number=2)])
    await stores.credentials.mark_announced(["done"], NOW)
    before = NOW + timedelta(minutes=2)

    everywhere = await stores.credentials.unannounced(before=before, limit=9)
    on = await stores.credentials.unannounced(before=before, limit=9, on=[NORTH])
    off = await stores.credentials.unannounced(before=before, limit=9, off=[NORTH, ("south", 1)])
    first = await stores.credentials.unannounced(before=before, limit=1, on=[NORTH])

    assert {each.id for each in everywhere} == {"a", "b", "south", "second"}
    assert [each.id for each in on] == ["a", "b"]
    assert [each.id for each in off] == ["second"]
    assert [each.id for each in first] == ["a"]


async def test_the_first_mark_of_an_announcement_stays(stores: Stores) -> None:
    await stores.credentials.insert([credential("a")])

    await stores.credentials.mark_announced(["a"], NOW)
    await stores.credentials.mark_announced(["a"], NOW + timedelta(minutes=1))

    assert [each.announced_at for each in await stores.credentials.find({"a"})] == [NOW]


async def test_more_ids_than_fit_one_question_are_all_found_and_marked(stores: Stores) -> None:
    names = [f"a{index}" for index in range(250)]
    await stores.credentials.insert([credential(name) for name in names])

    await stores.credentials.mark_announced(names, NOW)

    found = await stores.credentials.find(names)
    assert {each.id for each in found if each.announced_at == NOW} == set(names)


async def test_a_note_is_kept_until_it_is_removed(stores: Stores) -> None:
    note = Note("n", ("a", "b"), NOW)
    await stores.notes.add(note)
    await stores.notes.add(note)
    await stores.notes.add(Note("later", ("c",), NOW + timedelta(minutes=1)))

    left = await stores.notes.left(before=NOW)
    await stores.notes.remove("n")
    await stores.notes.remove("n")

    assert left == [note]
    assert await stores.notes.left(before=NOW) == []


async def test_facts_are_inserted_once_and_found_by_id_and_by_award(stores: Stores) -> None:
    assert await stores.facts.insert([fact("1", "a"), fact("2", "a"), fact("3", "b")]) == set()

    assert await stores.facts.insert([fact("1", "b")]) == {"1"}

    assert [each.award_id for each in await stores.facts.find({"1"})] == ["a"]
    assert {each.id for each in await stores.facts.of_awards(["a"])} == {"1", "2"}


async def test_facts_get_the_place_of_their_tenants_award(stores: Stores) -> None:
    await stores.facts.insert([fact("1", "a"), fact("2", "a", tenant="south"), fact("3", "b")])

    await stores.facts.place([Intent("a", "north", "x", 1, "ada", NOW, 1, 77)])

    assert [(each.id, each.status_index) for each in await stores.facts.of_list(NORTH)] == [("1", 77)]
    assert await stores.facts.of_list(("south", 1)) == []


async def test_unsettled_facts_come_oldest_first(stores: Stores) -> None:
    await stores.facts.insert(
        [fact("3", "a", minute=3), fact("2", "a", minute=2), fact("1", "a", minute=1), fact("0", "a")]
    )
    await stores.facts.settle(["0"], NOW)
    before = NOW + timedelta(minutes=2)

    assert [each.id for each in await stores.facts.unsettled(before=before, limit=9)] == ["1", "2"]
    assert [each.id for each in await stores.facts.unsettled(before=before, limit=1)] == ["1"]


async def test_a_list_is_opened_once_and_is_dirty_and_not_fetchable(stores: Stores) -> None:
    assert await stores.lists.open(NORTH)
    assert not await stores.lists.open(NORTH)

    assert await stores.lists.find([NORTH, ("north", 2)]) == {NORTH: ListState("north", 1, dirty=1, published=0)}
    assert not (await stores.lists.all())[0].fetchable


async def test_everybody_who_raises_a_list_raises_it(stores: Stores) -> None:
    await stores.lists.open(NORTH)
    await stores.lists.open(("south", 1))

    await asyncio.gather(*(stores.lists.raise_dirty([NORTH]) for _ in range(20)))

    assert [each.dirty for each in await stores.lists.all()] == [21, 1]


async def test_of_two_who_refresh_a_list_one_does(stores: Stores) -> None:
    await stores.lists.open(NORTH)
    (seen,) = await stores.lists.all()

    await asyncio.gather(stores.lists.refresh(seen), stores.lists.refresh(seen))

    assert [each.dirty for each in await stores.lists.all()] == [2]


async def test_a_draft_under_way_is_remembered(stores: Stores) -> None:
    await stores.lists.open(NORTH)

    await stores.lists.mark_drafted(NORTH, 1, NOW)

    assert [(each.drafted, each.drafted_at) for each in await stores.lists.all()] == [(1, NOW)]


async def test_a_list_is_published_only_forward(stores: Stores) -> None:
    await stores.lists.open(NORTH)

    assert await stores.lists.publish([a_list(2)]) == {NORTH}
    assert await stores.lists.publish([a_list(1)]) == set()
    assert await stores.lists.publish([a_list(2)]) == set()
    assert await stores.lists.publish([a_list(3)]) == {NORTH}

    assert [(each.published, each.drawn_at) for each in await stores.lists.all()] == [(3, NOW)]


async def test_of_two_lists_published_at_once_the_newer_one_stays_with_both_its_securings(mongo: Any) -> None:
    lists = store.MongoLists(mongo)
    await lists.open(NORTH)

    await asyncio.gather(*(lists.publish([a_list(version, f"jwt-{version}")]) for version in (3, 1, 5, 2, 4)))

    stored = StatusList.from_store(await mongo[STATUS_LISTS].find_one({"_id": "north/1"}))
    assert (stored.published, stored.jwt, stored.data_integrity) == (5, "jwt-5", "{}")


async def test_a_stored_credential_reads_as_everyone_else_reads_it(mongo: Any) -> None:
    written = credential("a")

    await store.MongoCredentials(mongo).insert([written])

    assert Credential.from_store(await mongo[CREDENTIALS].find_one({"_id": "a"})) == written


async def test_published_keys_are_read(mongo: Any) -> None:
    key = PublicKey(
        id="did:web:x#es256-1", tenant="north", purpose=KeyPurpose.CREDENTIAL, alg="ES256", jwk={}, created_at=NOW
    )  # fmt: skip
    await mongo[KEYS].insert_one(key.to_store())

    assert await store.read_keys(mongo) == [key]
