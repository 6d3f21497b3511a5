"""Reads what the other services stored, by id, from MongoDB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.contracts import documents
from shared.contracts.documents import Award, Credential, PublicKey, StatusFact, StatusList
from shared.runtime.mongo import translated


class MongoArchive:
    """An `Archive` over a database. Every value from outside is compared as a string, never as an operator."""

    def __init__(self, database: Any) -> None:
        self._database = database

    async def credential(self, tenant: str, award_id: str) -> Credential | None:
        found = await self._one(documents.CREDENTIALS, {"_id": award_id, "tenant": tenant})
        return Credential.from_store(found) if found else None

    async def award(self, tenant: str, award_id: str) -> Award | None:
        found = await self._one(documents.AWARDS, {"_id": award_id, "tenant": tenant})
        return Award.from_store(found) if found else None

    async def facts(self, tenant: str, award_id: str) -> Sequence[StatusFact]:
        found = await self._all(documents.STATUS_FACTS, {"award_id": award_id, "tenant": tenant})
        return [StatusFact.from_store(each) for each in found]

    async def status_list(self, tenant: str, number: int) -> StatusList | None:
        found = await self._one(documents.STATUS_LISTS, {"_id": f"{tenant}/{number}"})
        status_list = StatusList.from_store(found) if found else None
        return status_list if status_list and status_list.published > 0 else None

    async def keys(self, tenants: Sequence[str]) -> Sequence[PublicKey]:
        found = await self._all(documents.KEYS, {"tenant": {"$in": list(tenants)}})
        return [PublicKey.from_store(each) for each in found]

    async def _one(self, collection: str, query: dict[str, Any]) -> dict[str, Any] | None:
        with translated(collection):
            found: dict[str, Any] | None = await self._database[collection].find_one(query)
            return found

    async def _all(self, collection: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        with translated(collection):
            found: list[dict[str, Any]] = await self._database[collection].find(query).to_list(length=None)
            return found
