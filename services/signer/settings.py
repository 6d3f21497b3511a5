"""What only the signer needs to know."""

from __future__ import annotations

from typing import Literal

from shared.runtime.settings import Settings


class SignerSettings(Settings):
    """The private keys lie in `<secrets>/keys/<tenant>/`."""

    jwt_alg: Literal["ES256", "RS256"] = "ES256"
    """RS256 is what 1EdTech's certification asks for; ES256 is smaller and eight times as fast"""
