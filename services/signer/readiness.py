"""Ready means: a document was really signed and verified a moment ago, with an issuer's own keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from services.signer.keyring import KeyPair, KeyRing
from services.signer.ports import LiveCatalogue
from services.signer.securing import Securing
from shared.contracts.documents import KeyPurpose
from shared.errors import Unavailable
from shared.openbadges.status_list import encode, status_list_credential

_EMPTY = encode(())


class Readiness:
    """One issuer whose keys work is enough: another's missing key is that issuer's trouble. Without issuers, ready."""

    def __init__(
        self, catalogue: LiveCatalogue, keyring: KeyRing, securing: Securing, now: Callable[[], datetime]
    ) -> None:
        self._catalogue = catalogue
        self._keyring = keyring
        self._securing = securing
        self._now = now

    async def check(self) -> None:
        """Raises Unavailable or InvalidProof."""
        tenants = self._catalogue.current.tenants
        if not tenants:
            return
        for purpose in KeyPurpose:
            pairs = await self._keyring.pairs(tenants, purpose)
            if not pairs:
                dependency = f"every issuer's {purpose.value} key (make and publish them with `laurel keys`)"
                raise Unavailable(dependency)
            name, pair = min(pairs.items())
            await asyncio.to_thread(self._prove, name, pair)

    def _prove(self, tenant: str, pair: KeyPair) -> None:
        found = self._catalogue.current.tenant(tenant)
        if found is not None:
            now = self._now()
            self._securing.prove(status_list_credential(found.issuer.id, 0, _EMPTY, now), pair, now)
