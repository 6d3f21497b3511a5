"""The learner directory, the published keys and the key files as the signer reads them. It writes nothing."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from pymongo.read_concern import ReadConcern

from shared.contracts import documents
from shared.contracts.documents import Learner, PublicKey
from shared.runtime.mongo import Database, find_among
from shared.runtime.secrets import read_secret

_IDENTITY = ("tenant", "directory", "external_id", "identity_type", "email")
"""What a credential's identity is hashed from; names stay where they are."""


class MongoLearners:
    """A batch of awards is one read."""

    def __init__(self, database: Database) -> None:
        self._learners = database.get_collection(documents.LEARNERS, read_concern=ReadConcern("majority"))

    async def find(self, ids: Collection[str]) -> dict[str, Learner]:
        """Those that exist, by id."""
        found = await find_among(self._learners, "_id", ids, _IDENTITY)
        return {each["_id"]: Learner.from_store(each) for each in found}


class MongoPublishedKeys:
    """`keys`, owned by the operator's command."""

    def __init__(self, database: Database) -> None:
        self._keys = database[documents.KEYS]

    async def of(self, tenants: Collection[str]) -> dict[str, PublicKey]:
        """By kid."""
        found = await find_among(self._keys, "tenant", tenants)
        return {each["_id"]: PublicKey.from_store(each) for each in found}


class KeyFiles:
    """`<secrets>/keys/<tenant>/<purpose>-<alg>.pem`, 0600 each."""

    def __init__(self, secrets: Path) -> None:
        self._folder = secrets / "keys"

    def __call__(self, tenant: str, name: str) -> bytes:
        """Raises MissingSecret or InsecureSecret."""
        return read_secret(self._folder / tenant / name)
