"""One credential, as everything that is stored about it says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts.documents import (
    AWARDS,
    CREDENTIALS,
    DELIVERIES,
    KEYS,
    STATUS_FACTS,
    STATUS_LISTS,
    KeyState,
    PublicKey,
    StatusFact,
)
from shared.errors import LaurelError
from shared.openbadges import did
from shared.openbadges.baking import unbake_png
from shared.openbadges.keys import VerificationMethod
from shared.openbadges.shapes import Shapes
from shared.openbadges.status import Status, status_of
from shared.openbadges.verification import Report, references, verify
from shared.runtime.mongo import Database, translated

PNG = b"\x89PNG"


class NoSuchCredential(LaurelError):
    """Nothing is known under this id."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is known: an award without a credential is on its way."""

    award: dict[str, Any]
    credential: dict[str, Any] | None
    facts: list[dict[str, Any]]
    deliveries: list[dict[str, Any]]

    @property
    def state(self) -> str:
        """In one word. What was said counts, whether or not everybody has heard of it yet."""
        return str(self.award["state"]) if self.credential is None else self._status.state

    @property
    def said(self) -> str | None:
        """What the facts come to; None where nothing was ever said, so that the signed list alone counts."""
        return self._status.state if self._status.facts else None

    @property
    def _status(self) -> Status:
        of_its_tenant = (each for each in self.facts if each["tenant"] == self.award["tenant"])
        return status_of(StatusFact.from_store(each) for each in of_its_tenant)


def award_of(id_: str) -> str:
    """An award's id, or the one at the end of a credential's address."""
    return id_.rstrip("/").rpartition("/")[2].partition(".")[0]


async def dossier(database: Database, id_: str) -> Dossier:
    """Raises NoSuchCredential, Unavailable."""
    award = award_of(id_)
    with translated("credential"):
        found = await database[AWARDS].find_one({"_id": award})
        credential = await database[CREDENTIALS].find_one({"_id": award})
        facts = await database[STATUS_FACTS].find({"award_id": award}).to_list(None)
        told = {"$or": [{"award_id": award}, {"awards": award, "template": "digest"}]}
        deliveries = await database[DELIVERIES].find(told).to_list(None)
    if found is None:
        msg = f"no award or credential {award}"
        raise NoSuchCredential(msg)
    return Dossier(found, credential, facts, deliveries)


def unwrapped(content: bytes) -> str:
    """The credential in a file: a picture's is baked in. Raises NotBaked, MalformedImage."""
    return unbake_png(content) if content.startswith(PNG) else content.decode("utf-8", "replace").strip()


def id_in(document: str) -> str:
    """Raises NoSuchCredential for what is no credential at all."""
    found = references(document)
    if found is None or not found.credential_id:
        msg = "this is no credential"
        raise NoSuchCredential(msg)
    return found.credential_id


async def verified(
    database: Database, issuer: str, found: Dossier, documents: Iterable[str], now: datetime
) -> list[Report]:
    """Each document, checked against the stored keys and the published list. Raises Unavailable."""
    stored = found.award
    with translated(KEYS):
        keys = [
            PublicKey.from_store(each) for each in await database[KEYS].find({"tenant": stored["tenant"]}).to_list(None)
        ]
        list_ = await database[STATUS_LISTS].find_one({"_id": f"{stored['tenant']}/{stored['status_list']}"})
    methods = {
        key.id: VerificationMethod(key.id, key.alg, key.jwk, key.multibase, key.purpose.value)
        for key in keys
        if key.state is not KeyState.COMPROMISED
    }
    lists = {did.status_list_url(issuer, stored["status_list"]): (list_ or {}).get("jwt")}
    shapes = Shapes()
    return [
        verify(
            document,
            resolve_key=methods.get,
            resolve_status_list=lists.get,
            state_of=lambda _: found.said,
            now=now,
            shapes=shapes,
        )
        for document in documents
    ]
