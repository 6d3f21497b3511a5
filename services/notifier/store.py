"""The notifier's MongoDB adapter: its own deliveries, and what it reads of others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.notifier.domain import DIGEST, ISSUED, MOST_BADGES, REVOKED, OwedDelivery, Step, delivery_id
from services.notifier.ports import Papers
from shared.contracts.documents import (
    AWARDS,
    CREDENTIALS,
    DELIVERIES,
    LEARNERS,
    Credential,
    DeliveryState,
    Learner,
)
from shared.runtime.mongo import Database, insert_new, translated

_UNSENT = (DeliveryState.QUEUED.value, DeliveryState.WAITING.value)
_OPEN = (*_UNSENT, DeliveryState.SENDING.value)


class MongoDeliveries:
    """Claims are compare-and-set on what was read; times are the server's ($$NOW, and `hello` for what is due)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._collection: Any = database[DELIVERIES]

    async def prepare(self) -> None:
        """The indexes. Repeatable."""
        with translated(DELIVERIES):
            await self._collection.create_index([("state", 1), ("next_attempt_at", 1)])
            await self._collection.create_index([("state", 1), ("created_at", 1)])
            await self._collection.create_index("awards", partialFilterExpression={"template": DIGEST})

    async def insert(self, deliveries: Sequence[OwedDelivery]) -> set[str]:
        """One bulk write."""
        return await insert_new(self._collection, [each.to_store() for each in deliveries]) if deliveries else set()

    async def suppress(self, ids: Collection[str], error_code: str) -> int:
        """One write for all."""
        fields = {
            "state": {"$literal": DeliveryState.SUPPRESSED.value},
            "error_code": {"$literal": error_code},
            "claim": None,
        }
        return await self._change(ids, {"state": {"$in": list(_UNSENT)}}, fields)

    async def gather(self, digest: OwedDelivery) -> OwedDelivery:
        """One write for the first badge of a digest and two for each further one."""
        if await insert_new(self._collection, [digest.to_store()]):
            open_one = {
                "_id": digest.id,
                "state": {"$in": list(_UNSENT)},
                "claim": None,
                "doubts": 0,
                "awards": {"$nin": list(digest.awards)},
                f"awards.{MOST_BADGES - 1}": {"$exists": False},
            }
            change = {
                "$addToSet": {"awards": {"$each": list(digest.awards)}},
                "$max": {"next_attempt_at": digest.next_attempt_at, "held_until": digest.held_until},
            }
            with translated(DELIVERIES):
                await self._collection.update_one(open_one, change)
        [stored] = await self._find([digest.id], {})
        return OwedDelivery.from_store(stored)

    async def leave_out(self, awards: Collection[str]) -> None:
        """One write; the index holds digests only. A claim's lease is what the next attempt waits for."""
        query = {"template": DIGEST, "awards": {"$in": list(awards)}, "state": {"$in": list(_UNSENT)}}
        if awards:
            with translated(DELIVERIES):
                await self._collection.update_many(
                    query, {"$pull": {"awards": {"$in": list(awards)}}, "$set": {"claim": None}}
                )

    async def due(self, limit: int) -> list[OwedDelivery]:
        """Served by the index on (state, next_attempt_at)."""
        query = {"state": {"$in": list(_OPEN)}, "next_attempt_at": {"$lte": await self._now()}}
        with translated(DELIVERIES):
            found = await self._collection.find(query).sort("next_attempt_at", 1).limit(limit).to_list(None)
        return [OwedDelivery.from_store(each) for each in found]

    async def claim(self, deliveries: Sequence[OwedDelivery], claim: str, lease: timedelta) -> list[OwedDelivery]:
        """Whoever claims moves `next_attempt_at` beyond what was due, so a twin's comparison fails."""
        ids = [each.id for each in deliveries]
        expected = {
            "state": {"$in": list(_UNSENT)},
            "next_attempt_at": {"$lte": max(each.next_attempt_at for each in deliveries)},
        }
        if not await self._change(ids, expected, {**_leased(claim, lease), "attempts": {"$add": ["$attempts", 1]}}):
            return []
        return [OwedDelivery.from_store(each) for each in await self._find(ids, {"claim": claim})]

    async def release(self, ids: Collection[str], claim: str) -> int:
        """The attempts aren't counted: an outage must not use up a delivery's patience."""
        fields = {
            "claim": None,
            "lease_until": None,
            "next_attempt_at": "$$NOW",
            "attempts": {"$subtract": ["$attempts", 1]},
        }
        return await self._change(ids, {"claim": claim, "state": {"$in": list(_UNSENT)}}, fields)

    async def begin(self, ids: Collection[str], claim: str, lease: timedelta) -> set[str]:
        """Refused where the claim was lost or a revocation came in between: only then it is asked which those are."""
        expected = {"claim": claim, "state": {"$in": list(_UNSENT)}}
        sending = {"state": {"$literal": DeliveryState.SENDING.value}}
        begun = await self._change(ids, expected, {**_leased(claim, lease), **sending})
        if begun in {0, len(ids)}:
            return set(ids) if begun else set()
        return {each["_id"] for each in await self._find(ids, {"claim": claim, "state": DeliveryState.SENDING.value})}

    async def settle(self, ids: Collection[str], claim: str | None, step: Step) -> int:
        """In one write, whatever the step is."""
        fields: dict[str, Any] = {
            "state": {"$literal": step.state.value},
            "error_code": {"$literal": step.error_code},
            "doubts": step.doubts,
            "claim": None,
            "lease_until": None,
            "next_attempt_at": _from_now(step.after),
        }
        if step.state is DeliveryState.SENT:
            fields["sent_at"] = "$$NOW"
        return await self._change(ids, {"claim": claim, "state": {"$in": list(_OPEN)}}, fields)

    async def waiting(self, after: str, limit: int) -> list[OwedDelivery]:
        """A page in the order of ids, so that a sweep gets round however many wait."""
        query = {"_id": {"$gt": after}, "state": DeliveryState.WAITING.value}
        with translated(DELIVERIES):
            found = await self._collection.find(query).sort("_id", 1).limit(limit).to_list(None)
        return [OwedDelivery.from_store(each) for each in found]

    async def address_found(self, ids: Collection[str]) -> int:
        """They begin afresh: the hourly looks for an address were no attempts to send."""
        fields = {
            "state": {"$literal": DeliveryState.QUEUED.value},
            "next_attempt_at": "$$NOW",
            "addressed_at": "$$NOW",
            "attempts": 0,
            "error_code": None,
        }
        return await self._change(ids, {"state": DeliveryState.WAITING.value}, fields)

    async def oldest_pending(self) -> datetime | None:
        """Without those that wait for an address: nothing here can hurry them."""
        query = {"state": {"$in": [DeliveryState.QUEUED.value, DeliveryState.SENDING.value]}}
        with translated(DELIVERIES):
            found = await self._collection.find(query, {"created_at": 1}).sort("created_at", 1).limit(1).to_list(None)
        return found[0]["created_at"] if found else None

    async def _now(self) -> datetime:
        with translated(DELIVERIES):
            answer = await self._database.command("hello")
        now: datetime = answer["localTime"]
        return now if now.tzinfo else now.replace(tzinfo=UTC)

    async def _find(self, ids: Collection[str], expected: dict[str, Any]) -> list[dict[str, Any]]:
        with translated(DELIVERIES):
            found: list[dict[str, Any]] = await self._collection.find(_among(ids, expected)).to_list(None)
        return found

    async def _change(self, ids: Collection[str], expected: dict[str, Any], fields: dict[str, Any]) -> int:
        if not ids:
            return 0
        with translated(DELIVERIES):
            result = await self._collection.update_many(_among(ids, expected), [{"$set": fields}])
        return int(result.modified_count)


class MongoArchive:
    """Read only, a page at a time."""

    def __init__(self, database: Database) -> None:
        self._learners: Any = database[LEARNERS]
        self._credentials: Any = database[CREDENTIALS]
        self._awards: Any = database[AWARDS]
        self._deliveries: Any = database[DELIVERIES]

    async def papers(self, deliveries: Sequence[OwedDelivery]) -> Papers:
        """Three reads for a page of letters, and one more where there are digests."""
        told = [award for each in deliveries for award in each.awards]
        awards = [*(each.award_id for each in deliveries), *told]
        learners = await _by_id(self._learners, {each.learner for each in deliveries})
        credentials = await _by_id(self._credentials, awards)
        reasons = await _by_id(self._awards, awards, {"why": 1, "quiet": 1, "digest": 1})
        singles = await _by_id(self._deliveries, [delivery_id(each, ISSUED) for each in told])
        return Papers(
            learners={key: Learner.from_store(found) for key, found in learners.items()},
            credentials={key: Credential.from_store(found) for key, found in credentials.items()},
            reasons={key: found["why"] for key, found in reasons.items()},
            quiet=frozenset(key for key, found in reasons.items() if found.get("quiet")),
            digests={key: found["digest"] for key, found in reasons.items() if found.get("digest")},
            revoked=frozenset(each["award_id"] for each in singles.values() if each["error_code"] == REVOKED),
        )

    async def addressed(self, learners: Collection[str]) -> set[str]:
        """Ids alone: no address leaves the directory for this."""
        found = await _by_id(self._learners, learners, {"email": 1})
        return {key for key, learner in found.items() if learner.get("email")}


async def _by_id(
    collection: Any, ids: Collection[str], fields: dict[str, int] | None = None
) -> dict[str, dict[str, Any]]:
    if not ids:
        return {}
    with translated(collection.name):
        found = await collection.find({"_id": {"$in": list(ids)}}, fields).to_list(None)
    return {each["_id"]: each for each in found}


def _among(ids: Collection[str], expected: dict[str, Any]) -> dict[str, Any]:
    return {"_id": {"$in": list(ids)}, **expected}


def _leased(claim: str, lease: timedelta) -> dict[str, Any]:
    return {"claim": {"$literal": claim}, "lease_until": _from_now(lease), "next_attempt_at": _from_now(lease)}


def _from_now(pause: timedelta) -> dict[str, Any]:
    return {"$add": ["$$NOW", int(pause.total_seconds() * 1000)]}
