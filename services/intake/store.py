"""The learner directory in MongoDB: the collection `learners`, which only intake writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pymongo import UpdateOne

from shared.contracts.documents import LEARNERS, Learner, whole_milliseconds
from shared.runtime.mongo import Collection, Database, find_among, insert_new, translated

_PROFILE = ("email", "name", "locale")
"""Each has a clock of its own, `<field>_as_of`: an event that doesn't name one says nothing about it."""
_KNOWN = tuple(name for field in _PROFILE for name in (field, f"{field}_as_of"))


class MongoLearnerDirectory:
    """See `LearnerDirectory`. Every write names in its filter what it may replace, so writers may race."""

    def __init__(self, database: Database) -> None:
        self._learners: Collection = database[LEARNERS]

    async def remember(self, learners: Sequence[Learner]) -> None:
        """One read for a batch, and writes only for what is new: most events say nothing new about anybody."""
        if not learners:
            return
        said = _by_learner(learners)
        known = {each["_id"]: each for each in await find_among(self._learners, "_id", said, _KNOWN)}
        fresh = [_merged(facts) for id_, facts in said.items() if id_ not in known]
        # whoever another process inserted first is brought up to date like everybody else
        raced = await insert_new(self._learners, fresh) if fresh else set()
        changes = [
            change
            for id_, facts in said.items()
            if id_ in known or id_ in raced
            for change in _changes(_merged(facts), known.get(id_, {}))
        ]
        if changes:
            with translated(LEARNERS):
                await self._learners.bulk_write(changes, ordered=False)


def _by_learner(learners: Iterable[Learner]) -> dict[str, list[Learner]]:
    said: dict[str, list[Learner]] = {}
    for each in learners:
        said.setdefault(each.id, []).append(each)
    return said


def _merged(facts: list[Learner]) -> dict[str, Any]:
    """What several facts together say about one learner, as it is inserted: the newest word on each field counts."""
    document = max(facts, key=_age).to_store()
    for field in _PROFILE:
        words = [
            (whole_milliseconds(each.as_of), getattr(each, field))
            for each in facts
            if each.as_of and getattr(each, field)
        ]
        if words:
            document[f"{field}_as_of"], document[field] = max(words)
    return document


def _age(learner: Learner) -> tuple[bool, datetime | None]:
    return (learner.as_of is not None, learner.as_of)


def _changes(new: dict[str, Any], known: dict[str, Any]) -> Iterable[UpdateOne]:
    for field in _PROFILE:
        clock = f"{field}_as_of"
        if clock not in new or not _is_newer(new[clock], new[field], known.get(clock), known.get(field)):
            continue
        may_replace = [
            {clock: {"$exists": False}},
            {clock: {"$lt": new[clock]}},
            # of two words of one moment the same one wins whichever comes first
            {clock: new[clock], field: {"$lt": new[field]}},
        ]
        yield UpdateOne(
            {"_id": new["_id"], "$or": may_replace},
            {"$set": {field: new[field], clock: new[clock]}, "$max": {"as_of": new[clock]}},
        )


def _is_newer(at: datetime, word: str, known_at: datetime | None, known_word: str | None) -> bool:
    return known_at is None or at > known_at or (at == known_at and word > (known_word or ""))
