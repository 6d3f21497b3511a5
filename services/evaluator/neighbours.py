"""What the evaluator reads of other services' collections in MongoDB, and never writes."""

from __future__ import annotations

from collections.abc import Collection

from services.evaluator.ports import Learner
from shared.contracts import documents
from shared.runtime.mongo import Database, find_among


class MongoIssued:
    """The registry's `credentials`."""

    def __init__(self, database: Database) -> None:
        self._credentials = database[documents.CREDENTIALS]

    async def which(self, ids: Collection[str]) -> set[str]:
        """Ids alone."""
        return {each["_id"] for each in await find_among(self._credentials, "_id", ids, ("_id",))}


class MongoAsked:
    """The registry's `status_facts`."""

    def __init__(self, database: Database) -> None:
        self._facts = database[documents.STATUS_FACTS]

    async def which(self, ids: Collection[str]) -> set[str]:
        """Ids alone."""
        return {each["_id"] for each in await find_among(self._facts, "_id", ids, ("_id",))}


class MongoDirectory:
    """Intake's `learners`."""

    def __init__(self, database: Database) -> None:
        self._learners = database[documents.LEARNERS]

    async def reachable(self, learners: Collection[Learner]) -> set[Learner]:
        """Whether there is an address, and not which."""
        ids = [learner for _, learner in learners]
        found = await find_among(self._learners, "_id", ids, ("tenant", "email"))
        return {(each["tenant"], each["_id"]) for each in found if each.get("email")}
