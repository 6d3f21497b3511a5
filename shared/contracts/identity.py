"""Identities derived from what they identify, so that a repeat of anything is recognisable as a repeat.

Learner ids and everything secret-looking in a credential are HMACs under the deployment's secret: nobody without it
can test an address against an id, and the same deployment always derives the same one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from datetime import UTC, datetime
from uuid import UUID, uuid5

LAUREL = UUID("6d0b5b0e-8f0c-5a52-9a3e-1f6f0c5d2b7a")

_AGAIN = "|again|"

STATUS_LIST_BITS = 131_072
"""Entries of one status list; the least that Bitstring Status List v1.0 allows."""


def activity_id(tenant: str, source: str, event_id: str) -> str:
    """The identity of a fact: two deliveries of one LMS event share it."""
    return _name(["activity", tenant, source, event_id])


def version_id(tenant: str, source: str, event_id: str, version: datetime) -> str:
    """The identity of one version of a fact whose LMS corrects it: two deliveries of one version share it."""
    return _name(["version", tenant, source, event_id, version.astimezone(UTC).isoformat(timespec="milliseconds")])


def award_id(tenant: str, achievement: str, learner: str, award_key: str) -> str:
    """The identity of an award; the achievement's version is no part of it, so an edit never awards twice."""
    return _name([tenant, achievement, learner, award_key])


def award_key_after(award_key: str, ended_by: str) -> str:
    """What an award is for that was earned again, after what ended the one before: a revocation, or a decline."""
    return f"{first_award_key(award_key)}{_AGAIN}{ended_by}"


def first_award_key(award_key: str) -> str:
    """The business fact alone: "once", or the course run."""
    return award_key.partition(_AGAIN)[0]


def correction_id(award: str, number: int) -> str:
    """The identity of the n-th change that corrections ask for an award: a repeat asks for the same one."""
    return _name(["correction", award, str(number)])


def learner_id(secret: bytes, tenant: str, directory: str, external_id: str) -> str:
    """Laurel's own id of a learner: an opaque UUID that can't be guessed from the LMS's id or an address."""
    return str(_uuid8(keyed(secret, "learner", tenant, directory, external_id)))


def subject_id(secret: bytes, tenant: str, learner: str) -> str:
    """`credentialSubject.id`: an opaque `urn:uuid`, the same for every badge of a learner at one issuer."""
    return f"urn:uuid:{_uuid8(keyed(secret, 'subject', tenant, learner))}"


def salt(secret: bytes, tenant: str, award: str) -> str:
    """The salt of the recipient's hashed address: one per award, 32 hexadecimal digits."""
    return keyed(secret, "salt", tenant, award)[:16].hex()


def status_index(secret: bytes, tenant: str, award: str, attempt: int) -> int:
    """A status-list position, unguessable from order; `attempt` counts from 0 and probes on when one is taken."""
    digest = keyed(secret, "status", tenant, award, str(attempt))
    return int.from_bytes(digest[:8], "big") % STATUS_LIST_BITS


def keyed(secret: bytes, purpose: str, *parts: str) -> bytes:
    """HMAC-SHA-256 over an unambiguous encoding of (purpose, parts)."""
    return hmac.new(secret, _encoded([purpose, *parts]), hashlib.sha256).digest()


def normal_address(address: str) -> str:
    """An e-mail address as it is hashed and compared: trimmed, lower-cased, NFC."""
    return unicodedata.normalize("NFC", address.strip().lower())


def content_hash(content: object) -> str:
    """A digest of JSON-like content, independent of key order: tells a repeat from a conflict."""
    encoded = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(encoded.encode()).hexdigest()


def _uuid8(digest: bytes) -> UUID:
    """The first 16 bytes as a UUID of version 8 (RFC 9562): older Pythons refuse to set a version above 5."""
    number = bytearray(digest[:16])
    number[6] = number[6] & 0x0F | 0x80
    number[8] = number[8] & 0x3F | 0x80
    return UUID(bytes=bytes(number))


def _name(parts: list[str]) -> str:
    return str(uuid5(LAUREL, _encoded(parts).decode()))


def _encoded(parts: list[str]) -> bytes:
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=True).encode()
