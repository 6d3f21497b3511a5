"""Published keys as verifiers take them."""

from __future__ import annotations

from collections.abc import Iterable

from shared.contracts.documents import KeyState, PublicKey
from shared.openbadges.keys import VerificationMethod


def method_of(key: PublicKey) -> VerificationMethod:
    """The key, whatever its state."""
    return VerificationMethod(key.id, key.alg, jwk=key.jwk, multibase=key.multibase, purpose=key.purpose.value)


def trusted(keys: Iterable[PublicKey]) -> dict[str, VerificationMethod]:
    """By kid; we don't vouch for a compromised one, while a retired one still verifies what it signed."""
    return {key.id: method_of(key) for key in keys if key.state is not KeyState.COMPROMISED}
