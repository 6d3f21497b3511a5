"""What a presented credential says of itself, whoever made it: shown as text, trusted in nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The few words that a reader compares with what they were told. Each may be missing."""

    name: str | None
    issuer: str | None
    issuer_id: str | None
    issued: str | None
    expires: str | None


def excerpt(credential: Mapping[str, Any]) -> Excerpt:
    """Never fails: a stranger's document may have anything anywhere."""
    issuer = credential.get("issuer")
    return Excerpt(
        name=_text(credential, "credentialSubject", "achievement", "name") or _text(credential, "name"),
        issuer=_text(credential, "issuer", "name"),
        issuer_id=_text(credential, "issuer", "id") or (_cut(issuer) if isinstance(issuer, str) else None),
        issued=_text(credential, "validFrom"),
        expires=_text(credential, "validUntil"),
    )


def _text(value: Any, *path: str) -> str | None:
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return _cut(value) if isinstance(value, str) else None


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
