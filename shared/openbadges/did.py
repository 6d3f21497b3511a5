"""did:web issuers and the addresses below them (W3C did:web method, section 3)."""

from __future__ import annotations

from urllib.parse import unquote


def base_url(did: str) -> str:
    """Where an issuer lives: `did:web:a.org` → `https://a.org`, `did:web:a.org:x:y` → `https://a.org/x/y`.

    Raises ValueError for anything that is not a did:web.
    """
    host, *path = _parts(did)
    return "/".join([f"https://{unquote(host)}", *path])


def document_url(did: str) -> str:
    """Where its DID document is fetched."""
    _, *path = _parts(did)
    return f"{base_url(did)}/did.json" if path else f"{base_url(did)}/.well-known/did.json"


def site_path(did: str) -> str:
    """Host and path without a scheme, `a.org/x/y`: how the portal tells issuers apart."""
    return base_url(did).removeprefix("https://")


def credential_url(did: str, award_id: str) -> str:
    """The credential's id, which is also its address."""
    return f"{base_url(did)}/credentials/{award_id}"


def achievement_url(did: str, slug: str, version: int) -> str:
    """The achievement's id, one per version: an awarded version is immutable."""
    return f"{base_url(did)}/achievements/{slug}/{version}"


def status_list_url(did: str, number: int) -> str:
    """The status list credential's id and address; an entry's id is this + `#<index>`."""
    return f"{base_url(did)}/status/{number}"


def _parts(did: str) -> list[str]:
    parts = did.split(":")
    if parts[:2] != ["did", "web"] or len(parts) < 3 or not all(parts[2:]):
        msg = f"{did!r} is not a did:web identifier such as did:web:badges.example.org"
        raise ValueError(msg)
    return parts[2:]
