"""Verifying in threads, with the issuers' published keys at hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from services.registry import checks
from services.registry.checks import Secured
from services.registry.domain import Intent, UnknownIssuer
from shared.contracts import identity
from shared.contracts.documents import KeyPurpose, PublicKey
from shared.contracts.events import CredentialSigned, StatusListSigned
from shared.errors import Rejected, Unavailable
from shared.openbadges.shapes import Shapes

S = TypeVar("S", CredentialSigned, StatusListSigned)


class KeyRing:
    """The published keys as last read. A name that isn't among them is read again, for keys are made while we run."""

    def __init__(self, read: Callable[[], Awaitable[list[PublicKey]]]) -> None:
        self._read = read
        self._keys: Mapping[str, PublicKey] = {}

    async def refresh(self) -> None:
        """Sees what was retired or compromised meanwhile."""
        self._keys = {key.id: key for key in await self._read()}

    async def holding(self, kids: Iterable[str]) -> Mapping[str, PublicKey]:
        """Keys with all of these among them.

        One that nobody published is never a reason to refuse: its publication may be a moment behind its first use.
        Raises Unavailable.
        """
        wanted = set(kids)
        if not wanted <= self._keys.keys():
            await self.refresh()
        missing = sorted(wanted - self._keys.keys())
        if missing:
            msg = f"the public half of {missing[0]}"
            raise Unavailable(msg)
        return self._keys


class SignedProofs:
    """Every check that stands between what a signer said and what is stored."""

    def __init__(
        self,
        keys: KeyRing,
        issuer_of: Callable[[str], Awaitable[str | None]],
        secret: bytes,
        shapes: Shapes,
    ) -> None:
        self._keys = keys
        self._issuer_of = issuer_of
        self._secret = secret
        self._shapes = shapes

    async def credentials(self, signed: Sequence[tuple[CredentialSigned, Intent]]) -> list[Rejected | None]:
        """A verdict for each credential, beside its award."""
        issuers = await self._issuers(intent.tenant for _, intent in signed)
        parsed = await asyncio.to_thread(_parsed, [each for each, _ in signed], issuers)
        keys = await self._keys.holding(_kids(parsed))

        def verdict(each: CredentialSigned, intent: Intent, document: Secured | Rejected) -> Rejected | None:
            try:
                checks.check_event(each, intent)
                if isinstance(document, Rejected):
                    return document
                said = checks.proven(document, keys, KeyPurpose.CREDENTIAL, self._shapes)
                subject = identity.subject_id(self._secret, intent.tenant, intent.learner)
                checks.check_credential(said, each, intent, _issuer(issuers, intent.tenant), subject)
            except Rejected as refused:
                return refused
            return None

        return await asyncio.to_thread(
            lambda: [verdict(*pair, document) for pair, document in zip(signed, parsed, strict=True)]
        )

    async def lists(self, signed: Sequence[StatusListSigned]) -> list[Rejected | None]:
        """A verdict for each list."""
        issuers = await self._issuers(each.tenant for each in signed)
        parsed = await asyncio.to_thread(_parsed, signed, issuers)
        keys = await self._keys.holding(_kids(parsed))

        def verdict(each: StatusListSigned, document: Secured | Rejected) -> Rejected | None:
            if isinstance(document, Rejected):
                return document
            try:
                said = checks.proven(document, keys, KeyPurpose.STATUS_LIST, self._shapes)
                checks.check_list(said, each, _issuer(issuers, each.tenant))
            except Rejected as refused:
                return refused
            return None

        return await asyncio.to_thread(lambda: list(map(verdict, signed, parsed)))

    async def _issuers(self, tenants: Iterable[str]) -> dict[str, str | None]:
        return {tenant: await self._issuer_of(tenant) for tenant in set(tenants)}


def _parsed(signed: Sequence[S], issuers: Mapping[str, str | None]) -> list[Secured | Rejected]:
    def parse(each: S) -> Secured | Rejected:
        try:
            document = checks.secured(each)
            checks.check_issuer(document.kids, _issuer(issuers, each.tenant))
        except Rejected as refused:
            return refused
        return document

    return [parse(each) for each in signed]


def _kids(parsed: Iterable[Secured | Rejected]) -> set[str]:
    return {kid for document in parsed if isinstance(document, Secured) for kid in document.kids}


def _issuer(issuers: Mapping[str, str | None], tenant: str) -> str:
    issuer = issuers.get(tenant)
    if issuer is None:
        msg = f"tenant {tenant} isn't in the catalogue: apply it, then replay"
        raise UnknownIssuer(msg)
    return issuer
