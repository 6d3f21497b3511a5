"""The learner directory in MongoDB: the collection `learners`, which only intake writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING

from services.intake.clocked import Change, Words, as_fields, changes, newest, news, of_document, with_clocks, write
from services.intake.ports import Known
from shared.contracts.documents import LEARNERS, WAITING, Learner
from shared.runtime import mongo
from shared.runtime.mongo import Database, find_among, insert_new, portions, translated

_PROFILE = ("email", "name", "locale")
"""Each has a clock of its own: an event that doesn't name one says nothing about it."""
_KNOWN = (*with_clocks(_PROFILE), "merged_into", "untold")
_MERGES = 10
"""accounts in a row that are followed: two merges at one moment can leave a chain of two"""


async def create_indexes(database: Database) -> None:
    """What merges and what waits are looked up by. Raises Unavailable."""
    with translated("indexes"):
        await database[LEARNERS].create_index([("merged_into", ASCENDING)], sparse=True)
        await database[WAITING].create_index([("aliases", ASCENDING)])
        await database[WAITING].create_index([("source", ASCENDING)])


class MongoLearnerDirectory:
    """See `LearnerDirectory`. Every write names in its filter what it may replace, so writers may race."""

    def __init__(self, database: Database) -> None:
        self._learners: mongo.Collection = database[LEARNERS]

    async def remember(self, learners: Sequence[Learner]) -> Mapping[str, Known]:
        """One read for a batch, and writes only for what is new: most events say nothing new about anybody."""
        if not learners:
            return {}
        known = await self._with_merges({each.id for each in learners})
        accounts = {id_: _last(id_, known) for id_ in {each.id for each in learners}}
        said: dict[str, list[Learner]] = {}
        for each in learners:
            said.setdefault(accounts[each.id], []).append(each)
        words = {id_: _words(facts) for id_, facts in said.items()}
        fresh = [_document(facts, words[id_]) for id_, facts in said.items() if id_ not in known]
        # whoever another process inserted first is brought up to date like everybody else
        raced = await insert_new(self._learners, fresh) if fresh else set()
        there = [id_ for id_ in said if id_ in known or id_ in raced]
        new = {id_: news(words[id_], of_document(known.get(id_, {}), _PROFILE)) for id_ in there}
        await self._write([change for id_ in there for change in _changes(id_, new[id_], known.get(id_, {}))])
        return {id_: _told(account, words, new, known.get(account, {})) for id_, account in accounts.items()}

    async def told(self, learners: Collection[str]) -> None:
        """Rare: once in a learner's life."""
        with translated(LEARNERS):
            for some in portions(learners):
                await self._learners.update_many({"_id": {"$in": some}}, {"$unset": {"untold": ""}})

    async def find(self, ids: Collection[str]) -> Mapping[str, Learner]:
        """By id."""
        return {each["_id"]: Learner.from_store(each) for each in await find_among(self._learners, "_id", ids)}

    async def merge(self, learner: str, into: str) -> None:
        """The account first, so that from then on everything is said of the other one; then what it knew."""
        with translated(LEARNERS):
            await self._learners.update_one({"_id": learner}, {"$set": {"merged_into": into}})
            # where another merge crosses this one, that account is merged into the first one
            others = {"merged_into": learner, "_id": {"$ne": into}}
            await self._learners.update_many(others, {"$set": {"merged_into": into}})
            given_up = await self._learners.find_one({"_id": learner})
            kept = await self._learners.find_one({"_id": into})
        if given_up is not None and kept is not None:
            words = of_document(given_up, _PROFILE)
            await self._write(list(_changes(into, news(words, of_document(kept, _PROFILE)), kept)))

    async def unmerge(self, learner: str, into: str) -> None:
        """Only if nobody has merged it into a third one meanwhile."""
        with translated(LEARNERS):
            await self._learners.update_one({"_id": learner, "merged_into": into}, {"$unset": {"merged_into": ""}})

    async def merged_into(self, into: str) -> Collection[str]:
        """By the index."""
        with translated(LEARNERS):
            return [each["_id"] async for each in self._learners.find({"merged_into": into}, ("_id",))]

    async def _with_merges(self, ids: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        """These, and the accounts that they were merged into."""
        known: dict[str, Mapping[str, Any]] = {}
        asked = set(ids)
        for _ in range(_MERGES):
            known |= {each["_id"]: each for each in await find_among(self._learners, "_id", asked, _KNOWN)}
            asked = {each["merged_into"] for each in known.values() if each.get("merged_into")} - known.keys()
            if not asked:
                break
        return known

    async def _write(self, said: list[Change]) -> None:
        with translated(LEARNERS):
            await write(self._learners, said)


def _last(id_: str, known: Mapping[str, Mapping[str, Any]]) -> str:
    """The account that this one is in the end."""
    for _ in range(_MERGES):
        following = known.get(id_, {}).get("merged_into")
        if not following or following not in known:
            break
        id_ = following
    return id_


def _words(facts: Iterable[Learner]) -> Words:
    """What several facts together say about one learner: the newest word on each field counts."""
    return newest((field, each.as_of, getattr(each, field)) for each in facts for field in _PROFILE)


def _document(facts: Iterable[Learner], words: Words) -> dict[str, Any]:
    """As a learner is inserted. What isn't merged has no such field, so that it isn't in the index either."""
    document = max(facts, key=_age).to_store()
    del document["merged_into"]
    return document | as_fields(words)


def _age(learner: Learner) -> tuple[bool, datetime | None]:
    return (learner.as_of is not None, learner.as_of)


def _changes(id_: str, words: Words, known: Mapping[str, Any]) -> Iterable[Change]:
    """The mark outlives a crash between writing an address and telling of it: the event comes again and finds it."""
    return changes(id_, words, marks={} if known.get("email") else {"email": {"untold": True}})


def _told(account: str, words: Mapping[str, Words], new: Mapping[str, Words], known: Mapping[str, Any]) -> Known:
    is_first = "email" in new.get(account, {}) and not known.get("email")
    reachable = bool(known.get("email")) or "email" in words[account]
    return Known(account, reachable, untold=bool(known.get("untold")) or is_first)
