"""Activities in MongoDB."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from pymongo import ASCENDING, UpdateOne
from pymongo.read_concern import ReadConcern

from services.evaluator.ports import Learner, Outcome
from services.evaluator.touches import adopted, handed_over, tag_of, version_tag
from shared.contracts import documents
from shared.runtime.mongo import Database, find_among, insert_new, translated

SWEEPS = "award_sweeps"
"""how far the sweep has looked through the awards, and under which revision all activities are tagged; its own"""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_SLOT = ("status_list", "status_index")


async def create_indexes(database: Database) -> None:
    """What judging looks activities up by."""
    with translated("indexes"):
        activities = database[documents.ACTIVITIES]
        await activities.create_index([("learner", ASCENDING)])
        await activities.create_index([("parked", ASCENDING)], sparse=True)
        await activities.create_index([("touches", ASCENDING)])
        await activities.create_index([("judged_under", ASCENDING)])


async def tag_older(database: Database) -> None:
    """Once: activities of a Laurel that didn't tag them count as tagged under no revision."""
    with translated(documents.ACTIVITIES):
        if await database[SWEEPS].find_one({"_id": documents.ACTIVITIES}) is None:
            untagged = {"touches": {"$exists": False}, "parked": {"$exists": False}}
            await database[documents.ACTIVITIES].update_many(untagged, {"$set": {"touches": [], "judged_under": 0}})
    await MongoActivities(database).all_tagged(0)


class MongoActivities:
    """`activities`, written and read with majority concern: of two evaluators, one at least sees both facts."""

    def __init__(self, database: Database) -> None:
        self._activities = database.get_collection(documents.ACTIVITIES, read_concern=ReadConcern("majority"))
        self._sweeps = database.get_collection(SWEEPS, read_concern=ReadConcern("majority"))

    async def insert(self, activities: Sequence[Mapping[str, Any]]) -> Outcome:
        """One bulk insert; contents are compared only where an id was there."""
        first: dict[str, dict[str, Any]] = {}
        for each in activities:
            first.setdefault(each["_id"], dict(each))
        existed = await insert_new(self._activities, list(first.values()))
        contents = {key: each["content"] for key, each in first.items()} | await self._contents(existed)
        twins = [each for key, each in first.items() if key in existed and contents[key] == each["content"]]
        await self.tag([each for each in twins if "judged_under" in each])  # a parked void isn't tagged
        conflicts = frozenset(at for at, each in enumerate(activities) if contents[each["_id"]] != each["content"])
        return Outcome(conflicts, len(activities) - (len(first) - len(existed)) - len(conflicts))

    async def of_learners(self, learners: Collection[Learner]) -> dict[Learner, list[Mapping[str, Any]]]:
        """A learner's id is a tenant's: one look-up serves all."""
        found: dict[Learner, list[Mapping[str, Any]]] = {}
        for each in await find_among(self._activities, "learner", [learner for _, learner in learners]):
            found.setdefault((each["tenant"], each["learner"]), []).append(each)
        return found

    async def touching(self, achievements: Mapping[Learner, Collection[str]]) -> dict[Learner, list[Mapping[str, Any]]]:
        """One look-up of tags; another one where facts have versions."""
        tags = [tag_of(learner, each) for (_, learner), some in achievements.items() for each in some]
        by_id = {each["_id"]: each for each in await find_among(self._activities, "touches", tags)}
        versions = [version_tag(each["fact"]) for each in by_id.values() if each.get("fact")]
        by_id |= {each["_id"]: each for each in await find_among(self._activities, "touches", versions)}
        found: dict[Learner, list[Mapping[str, Any]]] = {}
        for each in by_id.values():
            if (learner := (each["tenant"], each["learner"])) in achievements:
                found.setdefault(learner, []).append(each)
        return found

    async def tag(self, activities: Sequence[Mapping[str, Any]]) -> None:
        """Only forward."""
        changes = [
            UpdateOne(
                {"_id": each["_id"], "learner": each["learner"], "judged_under": {"$lt": each["judged_under"]}},
                {"$set": {"touches": each["touches"], "judged_under": each["judged_under"]}},
            )
            for each in activities
        ]
        if changes:
            with translated(documents.ACTIVITIES):
                await self._activities.bulk_write(changes, ordered=False)

    async def any_under(self, revision: int) -> bool:
        """The first one is enough."""
        with translated(documents.ACTIVITIES):
            return await self._activities.find_one({"judged_under": {"$lt": revision}}, {"_id": 1}) is not None

    async def tagged_under(self) -> int:
        """Before anybody looked: under none."""
        with translated(SWEEPS):
            mark = await self._sweeps.find_one({"_id": documents.ACTIVITIES})
            return 0 if mark is None else cast("int", mark["revision"])

    async def all_tagged(self, revision: int) -> None:
        """Another evaluator may be further."""
        with translated(SWEEPS):
            change = {"$max": {"revision": revision}}
            await self._sweeps.update_one({"_id": documents.ACTIVITIES}, change, upsert=True)

    async def find(self, ids: Collection[str]) -> list[Mapping[str, Any]]:
        """Whole, by id."""
        return [*await find_among(self._activities, "_id", ids)]

    async def adopt(self, voided: Sequence[Mapping[str, Any]]) -> None:
        """Looked up by an index of those that are parked."""
        owners = {each["_id"]: adopted(each) for each in voided}
        found = await find_among(self._activities, "parked", owners, ("parked",))
        if found:
            changes = [
                UpdateOne(
                    {"_id": each["_id"], "learner": ""}, {"$set": owners[each["parked"]], "$unset": {"parked": ""}}
                )
                for each in found
            ]
            with translated(documents.ACTIVITIES):
                await self._activities.bulk_write(changes, ordered=False)

    async def move(self, tenant: str, learner: str, into: str) -> None:
        """Whatever is still the first one's."""
        with translated(documents.ACTIVITIES):
            found = self._activities.find({"learner": learner, "tenant": tenant}, ("touches",))
            changes = [
                UpdateOne({"_id": each["_id"], "learner": learner}, {"$set": handed_over(each, learner, into)})
                async for each in found
            ]
            if changes:
                await self._activities.bulk_write(changes, ordered=False)

    async def _contents(self, ids: Collection[str]) -> dict[str, str]:
        return {each["_id"]: each["content"] for each in await find_among(self._activities, "_id", ids, ("content",))}
