"""The issuers' private keys: loaded when first needed, used only while their public halves are published as active."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog

from services.signer.ports import PublishedKeys, ReadKey, Tally
from shared.catalogue.model import Tenant
from shared.contracts.documents import KeyPurpose, KeyState, PublicKey
from shared.errors import LaurelError
from shared.openbadges import keys
from shared.openbadges.keys import SigningKey

logger = structlog.get_logger()

PROOF_ALG = "Ed25519"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """What one document is signed with: once as a token, once with a proof."""

    token: SigningKey
    proof: SigningKey

    @property
    def kids(self) -> tuple[str, str]:
        """Their names."""
        return self.token.kid, self.proof.kid


class UnpublishedKey(LaurelError):
    """The private key is there, but verifiers wouldn't find its public half."""


class KeyRing:
    """One issuer's missing key is that issuer's trouble: asking for it answers nothing, and others go on."""

    def __init__(self, read: ReadKey, published: PublishedKeys, jwt_alg: str, tally: Tally) -> None:
        self._read = read
        self._published = published
        self._jwt_alg = jwt_alg
        self._tally = tally
        self._pairs: dict[tuple[str, KeyPurpose], KeyPair] = {}
        self._troubles: dict[tuple[str, KeyPurpose], str] = {}

    async def forget(self) -> None:
        """Sees at the next use what was published, retired, compromised or replaced meanwhile."""
        self._pairs = {}

    async def pairs(self, tenants: Iterable[Tenant], purpose: KeyPurpose) -> dict[str, KeyPair]:
        """Usable pairs by tenant. A tenant without one is left out. Raises Unavailable."""
        known = self._pairs
        wanted = {each.issuer.tenant: each for each in tenants}
        usable = {name: known[name, purpose] for name in wanted if (name, purpose) in known}
        missing = [tenant for name, tenant in wanted.items() if name not in usable]
        if missing:
            published = await self._published.of({each.issuer.tenant for each in missing})
            found = await asyncio.to_thread(lambda: [self._found(each, purpose, published) for each in missing])
            for tenant, pair in zip(missing, found, strict=True):
                if pair is not None:
                    usable[tenant.issuer.tenant] = known[tenant.issuer.tenant, purpose] = pair
        return usable

    def _found(self, tenant: Tenant, purpose: KeyPurpose, published: Mapping[str, PublicKey]) -> KeyPair | None:
        name = tenant.issuer.tenant
        try:
            pair = KeyPair(self._load(tenant, purpose, self._jwt_alg), self._load(tenant, purpose, PROOF_ALG))
            for kid in pair.kids:
                _require_published(published.get(kid), kid, purpose)
        except LaurelError as error:
            self._complain(name, purpose, str(error))
            return None
        self._troubles.pop((name, purpose), None)
        for kid in pair.kids:
            self._tally.key_loaded(kid, purpose.value)
        return pair

    def _complain(self, name: str, purpose: KeyPurpose, trouble: str) -> None:
        """Once for each trouble: it is looked at again at every use."""
        if self._troubles.get((name, purpose)) != trouble:
            self._troubles[name, purpose] = trouble
            logger.warning("key_unusable", tenant=name, purpose=purpose.value, reason=trouble)

    def _load(self, tenant: Tenant, purpose: KeyPurpose, alg: str) -> SigningKey:
        pem = self._read(tenant.issuer.tenant, keys.file_name(purpose.value, alg))
        key = keys.signing_key(tenant.issuer.id, pem)
        if key.alg != alg:
            msg = f"the key in {keys.file_name(purpose.value, alg)} is one for {key.alg}"
            raise keys.MalformedKey(msg)
        return key


def _require_published(key: PublicKey | None, kid: str, purpose: KeyPurpose) -> None:
    """A signature by a key that nobody can look up would be refused, and hold up everyone behind it."""
    if key is None or key.state is not KeyState.ACTIVE or key.purpose is not purpose:
        msg = f"{kid} isn't published as an active key for {purpose.value}"
        raise UnpublishedKey(msg)
