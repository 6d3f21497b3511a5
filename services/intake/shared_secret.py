"""The secret itself as proof, for LMSs that can't sign: in a header, or in a field of the JSON body."""

from __future__ import annotations

import hmac
import re

import orjson

from services.intake.signature import UnusableSecret

SHORTEST = 16
"""characters: a shorter one could be guessed over the network"""
_BEARER = re.compile(r"^bearer +", re.IGNORECASE)


def is_in_header(secrets: str, value: str | None) -> bool:
    """Whether a header's value is one of the secrets, with or without `Bearer`. Raises UnusableSecret."""
    return _is_one_of(secrets, _BEARER.sub("", value or "").encode("latin-1", "replace"))


def without_secret(secrets: str, field: str, body: bytes) -> bytes | None:
    """The event that is left when the secret is taken out of its field, written anew, so that the secret goes no
    further; None unless the body is a JSON object, nested less than 250 deep, that holds one of the secrets there.
    Raises UnusableSecret.
    """
    try:
        event = orjson.loads(body)
        said = event.pop(field, None) if isinstance(event, dict) else None
        if not _is_one_of(secrets, said.encode() if isinstance(said, str) else b""):
            return None
        return orjson.dumps(event)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        _usable(secrets)
        return None


def _is_one_of(secrets: str, said: bytes) -> bool:
    """Compares with all of them, whichever it is, in a time that doesn't tell how much was right."""
    return sum(hmac.compare_digest(each, said) for each in _usable(secrets)) > 0


def _usable(secrets: str) -> list[bytes]:
    found = [each.encode() for each in secrets.split()]
    if not found or min(map(len, found)) < SHORTEST:
        raise UnusableSecret
    return found
