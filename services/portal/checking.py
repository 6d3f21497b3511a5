"""Verifies with what Laurel itself holds: nothing is fetched from anywhere on behalf of who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice

from services.portal.domain import Archive
from shared.catalogue.model import Catalogue, Tenant
from shared.contracts.published_keys import trusted
from shared.openbadges import did, verification
from shared.openbadges.keys import VerificationMethod
from shared.openbadges.shapes import Shapes
from shared.openbadges.status import status_of
from shared.openbadges.verification import References, Report

_MOST_LISTS = 8
"""A badge names one status list. Whoever asks decides what is looked up, but not how much."""


class Checker:
    """Says how a presented credential stands. Issuers that aren't here are *not known here*, which is no verdict."""

    def __init__(self, archive: Archive, shapes: Shapes, now: Callable[[], datetime]) -> None:
        self._archive = archive
        self._shapes = shapes
        self._now = now

    async def check(self, presented: bytes | str, catalogue: Catalogue) -> Report:
        """Raises Unavailable where our own store can't be read."""
        mentioned = await asyncio.to_thread(verification.references, presented)
        tenant = _issuer(catalogue, mentioned)
        methods: dict[str, VerificationMethod] = {}
        lists: dict[str, str] = {}
        states: dict[str, str] = {}
        if mentioned and tenant:
            methods = trusted(await self._archive.keys([tenant.issuer.tenant]))
            lists = await self._lists(tenant, mentioned.status_lists)
            states = await self._states(tenant, mentioned)
        return await asyncio.to_thread(
            verification.verify,
            presented,
            resolve_key=methods.get,
            resolve_status_list=lists.get,
            now=self._now(),
            shapes=self._shapes,
            knows_issuer=lambda issuer: tenant is not None and issuer == tenant.issuer.id,
            state_of=states.get,
        )

    async def _lists(self, tenant: Tenant, addresses: Iterable[str]) -> dict[str, str]:
        """Those of the issuer's own lists that can be fetched."""
        beginning = did.status_list_url(tenant.issuer.id, 0).removesuffix("0")
        found: dict[str, str] = {}
        for address in islice(dict.fromkeys(addresses), _MOST_LISTS):
            number = address.removeprefix(beginning)
            if address.startswith(beginning) and number.isascii() and number.isdecimal() and len(number) < 10:
                status_list = await self._archive.status_list(tenant.issuer.tenant, int(number))
                if status_list and status_list.jwt:
                    found[address] = status_list.jwt
        return found

    async def _states(self, tenant: Tenant, mentioned: References) -> dict[str, str]:
        award_id = award_of(tenant, mentioned.credential_id or "")
        if mentioned.credential_id is None or award_id is None:
            return {}
        facts = await self._archive.facts(tenant.issuer.tenant, award_id)
        # where nothing was ever said, the signed list alone counts
        return {mentioned.credential_id: status_of(facts).state} if facts else {}


def award_of(tenant: Tenant, credential_id: str) -> str | None:
    """The award's id in a credential's address at this issuer."""
    beginning = did.credential_url(tenant.issuer.id, "")
    return credential_id.removeprefix(beginning) if credential_id.startswith(beginning) else None


def _issuer(catalogue: Catalogue, mentioned: References | None) -> Tenant | None:
    if mentioned is None:
        return None
    return next((tenant for tenant in catalogue.tenants if tenant.issuer.id == mentioned.issuer), None)
