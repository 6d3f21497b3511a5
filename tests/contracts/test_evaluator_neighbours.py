"""What the evaluator reads of its neighbours, and its list of merged accounts: one set of promises for both stores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.evaluator import merge_store, neighbours
from services.evaluator.ports import Directory, Issued, Learner, Merge, MergeStore
from shared.contracts.documents import CREDENTIALS, LEARNERS
from tests.unit.evaluator import memory

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ADA, BOB = ("north", "ada"), ("north", "bob")


@dataclass
class Stores:
    issued: Issued
    directory: Directory
    merges: MergeStore
    database: Any = None

    async def issue(self, award_id: str) -> None:
        if isinstance(self.issued, memory.MemoryIssued):
            self.issued.ids.add(award_id)
        else:
            await self.database[CREDENTIALS].insert_one({"_id": award_id})

    async def meet(self, learner: Learner, address: str | None) -> None:
        if not isinstance(self.directory, memory.MemoryDirectory):
            tenant, name = learner
            await self.database[LEARNERS].insert_one({"_id": name, "tenant": tenant, "email": address})
        elif address:
            self.directory.addresses.add(learner)


@pytest.fixture
async def mongo(database: Any) -> Any:
    await merge_store.create_indexes(database)
    return database


@pytest.fixture(params=["memory", "mongo"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        return Stores(memory.MemoryIssued(), memory.MemoryDirectory(), memory.MemoryMerges())
    database: Any = request.getfixturevalue("mongo")
    issued, directory = neighbours.MongoIssued(database), neighbours.MongoDirectory(database)
    return Stores(issued, directory, merge_store.MongoMerges(database), database)


async def test_who_has_an_address_is_seen(stores: Stores) -> None:
    await stores.meet(ADA, "ada@mail.example")
    await stores.meet(BOB, None)

    assert await stores.directory.reachable({ADA, BOB, ("south", "ada"), ("north", "nobody")}) == {ADA}


async def test_an_account_is_given_up_once(stores: Stores) -> None:
    hour = timedelta(hours=1)

    def merge(learner: str, into: str, stored: datetime = NOW) -> Merge:
        return Merge("north", learner, into, stored_at=stored, look_at=stored + hour)

    await stores.merges.add([merge("a", "x"), merge("a", "y"), merge("c", "x", NOW + hour)])
    await stores.merges.add([merge("a", "z"), merge("b", "x")])

    assert [(each.learner, each.into) for each in await stores.merges.since(NOW)] == [
        ("a", "x"),
        ("b", "x"),
        ("c", "x"),
    ]
    assert [each.learner for each in await stores.merges.since(NOW + hour)] == ["c"]
    assert await stores.merges.to_look_at(NOW) == []
    assert await stores.merges.to_look_at(NOW + hour) == [merge("a", "x"), merge("b", "x")]


async def test_a_merge_is_looked_at_until_there_is_no_next_time(stores: Stores) -> None:
    hour = timedelta(hours=1)
    await stores.merges.add([Merge("north", "a", "x", stored_at=NOW, look_at=NOW)])
    (first,) = await stores.merges.to_look_at(NOW)

    await stores.merges.looked(first, NOW + hour)
    await stores.merges.looked(first, NOW)
    too_early = await stores.merges.to_look_at(NOW)
    (second,) = await stores.merges.to_look_at(NOW + hour)
    await stores.merges.looked(second, None)

    assert (too_early, second.tries) == ([], 1)
    assert await stores.merges.to_look_at(NOW + 9 * hour) == []
    assert len(await stores.merges.since(NOW)) == 1


async def test_issued_credentials_are_seen(stores: Stores) -> None:
    await stores.issue("a")

    assert await stores.issued.which(["a", "b"]) == {"a"}


async def test_nothing_asked_is_nothing_done(stores: Stores) -> None:
    await stores.merges.add([])
    assert await stores.issued.which([]) == set()
    assert await stores.directory.reachable(set()) == set()
