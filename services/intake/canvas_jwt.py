"""Canvas' signed Live Events: the body is a JWT, and its claims are the event."""

from __future__ import annotations

import base64
from typing import Any

import jwt

ALGORITHM = "RS256"
"""the only one; what a token says about itself is never asked"""
TOLERANCE_SECONDS = 300
_EXTENSION = "com.instructure.canvas"
_UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, OverflowError)
"""PyJWT has no error of its own for a time that is no number, or infinite"""


class BadToken(Exception):
    """No JWT, not signed with this key, out of date, or another school's. Says which."""


def key_id(token: bytes) -> str:
    """Which key it claims to be signed with. Raises BadToken."""
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except _UNREADABLE:
        raise BadToken("the body is no signed JWT") from None
    if not isinstance(kid, str):
        raise BadToken("the JWT names no key")
    return kid


def event(token: bytes, key: jwt.PyJWK, account: str) -> bytes:
    """The event inside, byte for byte as Canvas wrote it. Raises BadToken.

    All schools' events are signed with the same keys of Instructure's: an event is ours if it is of our account.
    """
    try:
        claims = jwt.decode(
            token, key, algorithms=[ALGORITHM], leeway=TOLERANCE_SECONDS,
            options={"verify_aud": False, "verify_sub": False, "verify_jti": False, "enforce_minimum_key_length": True},
        )  # fmt: skip
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
        raise BadToken("the JWT's time is over, or still to come") from None
    except _UNREADABLE:
        raise BadToken("the JWT isn't signed with the key that it names") from None
    if not _is_of(claims, account):
        raise BadToken("the event is of another Canvas account than the source's auth.account")
    payload = token.split(b".")[1]
    return base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))


def _is_of(claims: dict[str, Any], account: str) -> bool:
    """Whether all that is said, in Canvas' own or in Caliper's format, is said of this root account."""
    if "metadata" in claims:
        return _names(claims["metadata"], account)
    data = claims.get("data")
    return isinstance(data, list) and bool(data) and all(_names(_extension(each), account) for each in data)


def _extension(caliper: object) -> object:
    extensions = caliper.get("extensions") if isinstance(caliper, dict) else None
    return extensions.get(_EXTENSION) if isinstance(extensions, dict) else None


def _names(metadata: object, account: str) -> bool:
    if not isinstance(metadata, dict):
        return False
    return account in {str(metadata.get(name)) for name in ("root_account_uuid", "root_account_id")}
