"""What anybody can read at the portal, which answers for every issuer's host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from tests.stack import Stack

FORMS = {"jwt": "application/vc+jwt", "json": "application/json", "png": "image/png", "html": "text/html"}


@dataclass(frozen=True, slots=True)
class Reader:
    """`address` is always an issuer's own, such as `https://badges.example.org/credentials/…`."""

    http: httpx.AsyncClient
    portal: str

    async def get(self, address: str, form: str = "json") -> bytes:
        """Must be there."""
        answer = await self.http.get(self._here(address), headers={"accept": FORMS[form]})
        assert answer.status_code == httpx.codes.OK, (address, form, answer.status_code, answer.text[:200])
        return answer.content

    async def exists(self, address: str, form: str = "json") -> bool:
        """Whether it can be fetched now."""
        answer = await self.http.get(self._here(address), headers={"accept": FORMS[form]})
        return answer.status_code == httpx.codes.OK

    async def status(self, credential: str) -> str:
        """active | suspended | revoked, at the credential's own status address."""
        answer = await self.http.get(self._here(f"{credential}/status"))
        return str(answer.raise_for_status().json()["status"])

    async def verified(self, document: bytes) -> str:
        """The verdict of POST /verify."""
        answer = await self.http.post(f"{self.portal}/verify", content=document, headers={"accept": FORMS["json"]})
        return str(answer.raise_for_status().json()["result"])

    def _here(self, address: str) -> str:
        return f"{self.portal}/{address.removeprefix('https://')}"


def reader(stack: Stack, http: httpx.AsyncClient) -> Reader:
    """The portal of this stack."""
    return Reader(http, stack.supervisor.addresses.url("portal"))


async def stored(stack: Stack, award: str) -> dict[str, Any]:
    """A credential as the registry keeps it."""
    found: dict[str, Any] | None = await stack.database["credentials"].find_one({"_id": award})
    assert found is not None, f"{award} has no credential"
    return found
