"""Bitstring Status Lists: one bit a credential, published for everyone, so that nobody asks about one badge alone."""

from __future__ import annotations

import binascii
import gzip
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from shared.errors import Rejected
from shared.openbadges.contexts import CREDENTIALS_V2
from shared.openbadges.dates import timestamp
from shared.openbadges.did import status_list_url
from shared.openbadges.multibase import base64url, from_base64url

STATUS_LIST_BITS = 131_072
"""The least that the recommendation allows: with fewer, a list would give away who is on it."""
REVOCATION = "revocation"

_MAX_BYTES = 2 * 1024 * 1024
_MAX_CHARACTERS = 4 * 1024 * 1024
_GZIP_OR_ZLIB = 31


class InvalidStatusList(Rejected):
    """A status list can't be read, so nothing can be said about the credentials on it."""

    code = "invalid_status_list"


def encode(indices: Iterable[int]) -> str:
    """The list in which these bits are set; index 0 is the left-most. The same bits always give the same text."""
    bits = bytearray(STATUS_LIST_BITS // 8)
    for index in indices:
        if not 0 <= index < STATUS_LIST_BITS:
            msg = f"a status list has positions 0 to {STATUS_LIST_BITS - 1}, and {index} is none of them"
            raise InvalidStatusList(msg)
        bits[index // 8] |= 0x80 >> index % 8
    return "u" + base64url(gzip.compress(bytes(bits), compresslevel=6, mtime=0))


def decode(encoded: str) -> bytes:
    """The bits. Bounded: a list that unpacks to more than is reasonable is refused, not unpacked."""
    if not encoded.startswith("u") or len(encoded) > _MAX_CHARACTERS:
        msg = "the encoded list must be 'u' and base64url"
        raise InvalidStatusList(msg)
    inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        bits = inflate.decompress(from_base64url(encoded[1:]), _MAX_BYTES)
    except (ValueError, binascii.Error, zlib.error) as error:
        msg = "the encoded list must be base64url of gzip"
        raise InvalidStatusList(msg) from error
    if not inflate.eof or len(bits) * 8 < STATUS_LIST_BITS:
        msg = f"the list must hold {STATUS_LIST_BITS} entries or more, within {_MAX_BYTES} bytes"
        raise InvalidStatusList(msg)
    return bits


def is_set(bits: bytes, index: int) -> bool:
    """Whether that position is set; a position outside the list is an error, never "not revoked"."""
    if not 0 <= index < len(bits) * 8:
        msg = "the credential names a position that its status list doesn't have"
        raise InvalidStatusList(msg)
    return bool(bits[index // 8] & 0x80 >> index % 8)


def status_list_credential(issuer_did: str, number: int, encoded_list: str, drawn_at: datetime) -> dict[str, Any]:
    """The list as an unsigned credential of its issuer, valid from the moment at which it was drawn."""
    url = status_list_url(issuer_did, number)
    return {
        "@context": [CREDENTIALS_V2],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer_did,
        "validFrom": timestamp(drawn_at),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": REVOCATION,
            "encodedList": encoded_list,
        },
    }
