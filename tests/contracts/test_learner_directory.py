"""Every learner directory: the fake that unit tests use, and MongoDB."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.intake.ports import Known, LearnerDirectory
from services.intake.store import MongoLearnerDirectory
from shared.contracts.documents import LEARNERS, Learner
from tests.unit.intake.memory import InMemoryDirectory

MONDAY = datetime(2026, 11, 23, 12, 0, 0, 917000, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
WEDNESDAY = MONDAY + timedelta(days=2)


class Directory:
    """A directory under test, and how to look into it."""

    def __init__(self, subject: LearnerDirectory, database: Any | None) -> None:
        self.remember, self.told, self.find = subject.remember, subject.told, subject.find
        self.merge, self.unmerge, self.merged_into = subject.merge, subject.unmerge, subject.merged_into
        self._subject = subject
        self._database = database

    async def known(self, id_: str) -> Learner | None:
        if isinstance(self._subject, InMemoryDirectory):
            return self._subject.known(id_)
        assert self._database is not None
        found = await self._database[LEARNERS].find_one({"_id": id_})
        return Learner.from_store(found) if found else None


@pytest.fixture(params=["in memory", "MongoDB"])
def directory(request: pytest.FixtureRequest) -> Directory:
    if request.param == "in memory":
        return Directory(InMemoryDirectory(), None)
    database = request.getfixturevalue("database")
    return Directory(MongoLearnerDirectory(database), database)


def learner(
    as_of: datetime, *, email: str | None = None, name: str | None = None, id_: str = "ada", external_id: str = "39"
) -> Learner:
    return Learner(
        id=id_, tenant="north", directory="lms", external_id=external_id, email=email, name=name, as_of=as_of
    )


async def test_a_learner_is_remembered_with_everything_that_was_said(directory: Directory) -> None:
    said = learner(MONDAY, email="ada@example.org", name="Ada")

    await directory.remember([said])

    assert await directory.known("ada") == said
    assert await directory.known("bob") is None


async def test_nobody_to_remember_is_no_error(directory: Directory) -> None:
    await directory.remember([])

    assert await directory.known("ada") is None


async def test_a_newer_word_replaces_an_older_one(directory: Directory) -> None:
    await directory.remember([learner(MONDAY, email="ada@old.example", name="Ada")])
    await directory.remember([learner(TUESDAY, email="ada@new.example", name="Ada King")])

    known = await directory.known("ada")
    assert known is not None
    assert (known.email, known.name) == ("ada@new.example", "Ada King")


async def test_an_older_word_never_replaces_a_newer_one(directory: Directory) -> None:
    await directory.remember([learner(TUESDAY, email="ada@new.example", name="Ada King")])
    await directory.remember([learner(MONDAY, email="ada@old.example", name="Ada")])

    known = await directory.known("ada")
    assert known is not None
    assert (known.email, known.name) == ("ada@new.example", "Ada King")


async def test_saying_nothing_about_an_address_never_erases_it(directory: Directory) -> None:
    await directory.remember([learner(MONDAY, email="ada@example.org", name="Ada")])
    await directory.remember([learner(TUESDAY)])

    known = await directory.known("ada")
    assert known is not None
    assert (known.email, known.name) == ("ada@example.org", "Ada")


async def test_an_address_that_arrives_late_is_better_than_none(directory: Directory) -> None:
    await directory.remember([learner(TUESDAY, name="Ada King")])
    await directory.remember([learner(MONDAY, email="ada@example.org", name="Ada")])

    known = await directory.known("ada")
    assert known is not None
    assert (known.email, known.name) == ("ada@example.org", "Ada King")


async def test_a_repeat_changes_nothing(directory: Directory) -> None:
    said = learner(MONDAY + timedelta(microseconds=775), email="ada@example.org", name="Ada")
    await directory.remember([said])
    before = await directory.known("ada")

    await directory.remember([said, said])

    assert await directory.known("ada") == before


async def test_many_learners_are_remembered_at_once(directory: Directory) -> None:
    await directory.remember([learner(MONDAY, id_="ada", email="ada@example.org")])

    await directory.remember(
        [
            learner(TUESDAY, id_="ada", email="ada@new.example"),
            learner(MONDAY, id_="bob", email="bob@example.org", external_id="40"),
            learner(WEDNESDAY, id_="ada", name="Ada King"),
        ]
    )

    ada, bob = await directory.known("ada"), await directory.known("bob")
    assert ada is not None
    assert bob is not None
    assert (ada.email, ada.name, bob.email) == ("ada@new.example", "Ada King", "bob@example.org")


WORDS = [
    learner(MONDAY, email="ada@monday.example", name="Ada"),
    learner(TUESDAY, email="ada@tuesday.example"),
    learner(TUESDAY, email="ada@another.example"),
    learner(WEDNESDAY, name="Ada King"),
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(len(WORDS)))), ids=str)
async def test_what_is_known_in_the_end_is_the_same_in_any_order(directory: Directory, order: tuple[int, ...]) -> None:
    for each in order:
        await directory.remember([WORDS[each]])

    known = await directory.known("ada")
    assert known is not None
    assert (known.email, known.name) == ("ada@tuesday.example", "Ada King")


async def test_what_is_known_in_the_end_is_the_same_however_writers_race(directory: Directory) -> None:
    await asyncio.gather(*(directory.remember([each]) for each in [*WORDS, *reversed(WORDS)]))

    known = await directory.known("ada")
    assert known is not None
    assert (known.email, known.name) == ("ada@tuesday.example", "Ada King")


@pytest.mark.parametrize("order", [1, -1], ids=["the newest last", "the newest first"])
async def test_of_several_words_in_one_batch_the_newest_counts(directory: Directory, order: int) -> None:
    await directory.remember(WORDS[:2][::order])
    await directory.remember([learner(MONDAY, id_="bob", name="Bob"), learner(TUESDAY, id_="bob", name="Robert")])

    ada, bob = await directory.known("ada"), await directory.known("bob")
    assert ada is not None
    assert bob is not None
    assert (ada.email, bob.name) == ("ada@tuesday.example", "Robert")


async def test_who_was_known_without_an_address_is_untold_until_it_is_told(directory: Directory) -> None:
    new = await directory.remember([learner(MONDAY, name="Ada")])
    reached = await directory.remember([learner(TUESDAY, email="ada@example.org")])
    still = await directory.remember([learner(TUESDAY, email="ada@example.org")])
    await directory.told(["ada"])
    told = await directory.remember([learner(WEDNESDAY, email="ada@new.example"), learner(MONDAY, id_="bob")])

    assert new == {"ada": Known("ada", reachable=False)}
    assert reached == still == {"ada": Known("ada", reachable=True, untold=True)}
    assert told == {"ada": Known("ada", reachable=True), "bob": Known("bob", reachable=False)}


async def test_who_comes_with_an_address_was_never_without(directory: Directory) -> None:
    found = await directory.remember([learner(MONDAY, email="ada@example.org")])

    assert found == {"ada": Known("ada", reachable=True)}


async def test_what_is_said_of_a_merged_account_is_said_of_the_other(directory: Directory) -> None:
    await directory.remember([learner(MONDAY, email="ada@monday.example", name="Ada"), learner(TUESDAY, id_="kept")])
    await directory.remember([learner(TUESDAY, id_="kept", name="Ada King")])

    await directory.merge("ada", "kept")
    await directory.merge("ada", "kept")
    found = await directory.remember([learner(WEDNESDAY, email="ada@wednesday.example")])

    kept, given_up = await directory.known("kept"), await directory.known("ada")
    assert kept is not None
    assert given_up is not None
    assert (kept.email, kept.name, given_up.merged_into) == ("ada@wednesday.example", "Ada King", "kept")
    assert found == {"ada": Known("kept", reachable=True, untold=True)}


async def test_an_account_may_be_merged_again_and_chains_stay_flat(directory: Directory) -> None:
    await directory.remember([learner(MONDAY, id_=each) for each in ("one", "two", "three", "four")])
    await directory.merge("one", "two")
    await directory.merge("two", "three")
    await directory.unmerge("one", "two")

    found = await directory.remember([learner(TUESDAY, id_="one", name="Ada")])

    assert found["one"].id == "three"
    assert set(await directory.merged_into("three")) == {"one", "two"}
    assert {id_: each.merged_into for id_, each in (await directory.find(["one", "three", "nobody"])).items()} == {
        "one": "three",
        "three": None,
    }


async def test_of_two_merges_that_cross_each_is_taken_back_by_itself(directory: Directory) -> None:
    await directory.remember([learner(MONDAY, id_=each, external_id=each) for each in ("one", "two")])
    await directory.merge("one", "two")
    await directory.merge("two", "one")

    await directory.unmerge("two", "one")

    found = await directory.find(["one", "two"])
    assert {id_: each.merged_into for id_, each in found.items()} == {"one": "two", "two": None}


async def test_a_merge_can_be_taken_back_as_long_as_it_is_that_one(directory: Directory) -> None:
    await directory.remember([learner(MONDAY, id_=each) for each in ("one", "two")])
    await directory.merge("one", "two")

    await directory.unmerge("one", "two")

    assert list(await directory.merged_into("two")) == []
    assert (await directory.remember([learner(MONDAY, id_="one")]))["one"].id == "one"


class _Blind:
    """A database in which reading finds nothing: what another writer did since can't be seen."""

    def __init__(self, database: Any) -> None:
        self._database = database

    def __getitem__(self, name: str) -> Any:
        return _BlindCollection(self._database[name])


class _BlindCollection:
    def __init__(self, collection: Any) -> None:
        self._collection = collection

    def find(self, *_: Any) -> Any:
        return self._collection.find({"_id": "nobody"})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._collection, name)


async def test_whoever_loses_the_race_to_insert_still_has_a_say(database: Any) -> None:
    await MongoLearnerDirectory(database).remember([learner(TUESDAY, name="Ada King")])
    blind: Any = _Blind(database)

    await MongoLearnerDirectory(blind).remember([learner(MONDAY, email="ada@example.org", name="Ada")])

    known = Learner.from_store(await database[LEARNERS].find_one({"_id": "ada"}))
    assert (known.email, known.name) == ("ada@example.org", "Ada King")
