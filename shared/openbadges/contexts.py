"""The JSON-LD contexts that a proof may rest on: pinned by digest, read from an installed package, never fetched."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from shared.errors import LaurelError, Rejected

CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"

_FOLDER = "openbadgeslib/ob3/contexts"
_PINNED = {
    CREDENTIALS_V2: ("credentials-v2.json", "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"),
    OPEN_BADGES: ("ob-v3p0-context-3.0.3.json", "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84"),
    EXTENSIONS: ("ob-v3p0-extensions.json", "87c06c81bc2317663bf288d740d94fddd2818c4342b186270ff6371dfaa63f93"),
    "https://purl.imsglobal.org/spec/ob/v3p0/context.json": (
        "ob-v3p0-context-3.0.3.json",
        "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84",
    ),
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json": (
        "ob-v3p0-context-3.0.1.json",
        "5f3d9dd6288ef437ff8286cf95ffbff609c748a66f24a1e9450c45ca64be1571",
    ),
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json": (
        "ob-v3p0-context-3.0.2.json",
        "00666ad080ba407687ed1846b7f5e7495f5019042b202a727de47c48a1755c53",
    ),
    "https://w3id.org/security/data-integrity/v2": (
        "security-data-integrity-v2.json",
        "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
    ),
    "https://w3id.org/security/multikey/v1": (
        "security-multikey-v1.json",
        "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
    ),
}
PINNED = frozenset(_PINNED)


class UnknownContext(Rejected):
    """A document names a context that isn't pinned: what it says can't be known without trusting the network."""

    code = "unknown_context"


class AlteredContext(LaurelError):
    """An installed context isn't the one that was pinned: nothing may be signed or verified with it."""


@cache
def load(url: str) -> dict[str, Any]:
    """The pinned context at that address. Shared: callers must not change it."""
    if url not in _PINNED:
        msg = "the document names a JSON-LD context that isn't known here"
        raise UnknownContext(msg)
    name, digest = _PINNED[url]
    text = Path(str(distribution("openbadgeslib").locate_file(f"{_FOLDER}/{name}"))).read_bytes()
    if hashlib.sha256(text).hexdigest() != digest:
        msg = f"the installed {name} isn't the pinned one"
        raise AlteredContext(msg)
    context: dict[str, Any] = json.loads(text)
    return context


def document_loader(url: str, _options: dict[str, Any]) -> dict[str, Any]:
    """For pyld: pinned contexts and nothing else."""
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": load(url)}
