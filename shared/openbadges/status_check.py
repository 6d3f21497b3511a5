"""Where a credential stands, read from its issuer's signed status list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from shared.errors import Rejected
from shared.openbadges import data_integrity, vc_jwt
from shared.openbadges.dates import CLOCK_SKEW, parse_timestamp
from shared.openbadges.keys import VerificationMethod
from shared.openbadges.presented import Presented, read
from shared.openbadges.shapes import Shapes
from shared.openbadges.status_list import InvalidStatusList, decode, is_set

_PURPOSES = frozenset({"revocation", "suspension"})


class Standing(Enum):
    """Good, not good, or nobody can say."""

    GOOD = auto()
    SUSPENDED = auto()
    REVOKED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class StatusLists:
    """How signed lists are had and checked."""

    resolve_key: Callable[[str], VerificationMethod | None]
    resolve_status_list: Callable[[str], bytes | str | None]
    now: datetime
    shapes: Shapes


def standing(presented: Presented, lists: StatusLists, known_state: str | None) -> tuple[Standing, str]:
    """Where it stands, in a sentence too. `known_state` is what the issuer itself knows, if that is at hand."""
    if known_state == "revoked":
        return Standing.REVOKED, "Its issuer has revoked it."
    if known_state == "suspended":
        return Standing.SUSPENDED, "Its issuer has suspended it for now."
    if not presented.statuses:
        return Standing.GOOD, "Its issuer keeps no list of revoked credentials for it."
    try:
        marks = {_mark(entry, presented, lists) for entry in presented.statuses}
    except _NotAtHand as error:
        return Standing.UNKNOWN, str(error)
    except Rejected:
        return Standing.UNKNOWN, "Its issuer's status list can't be relied on, so whether it still stands isn't known."
    if known_state is not None:
        return Standing.GOOD, "Its issuer says that it stands."
    if "revocation" in marks:
        return Standing.REVOKED, "Its issuer's status list says that it was revoked."
    if "suspension" in marks:
        return Standing.SUSPENDED, "Its issuer's status list says that it is suspended for now."
    return Standing.GOOD, "Its issuer's status list says that it stands."


class _NotAtHand(Rejected):
    """The list can't be had now."""


def _mark(entry: Mapping[str, Any], presented: Presented, lists: StatusLists) -> str | None:
    """The purpose for which its bit is set, if it is."""
    match entry:
        case {
            "type": "BitstringStatusListEntry",
            "statusPurpose": str() as purpose,
            "statusListIndex": str() as index,
            "statusListCredential": str() as url,
        } if purpose in _PURPOSES and index.isascii() and index.isdecimal() and len(index) < 12:
            return purpose if is_set(_bits(url, purpose, presented, lists), int(index)) else None
        case _:
            msg = "It has a status of a kind that isn't understood here."
            raise _NotAtHand(msg)


def _bits(url: str, purpose: str, presented: Presented, lists: StatusLists) -> bytes:
    found = lists.resolve_status_list(url)
    if found is None:
        msg = "Its issuer's status list couldn't be had, so whether it still stands isn't known."
        raise _NotAtHand(msg)
    signed = read(found)
    _require_signed(signed, presented.issuer, lists)
    _require_current(signed.document, lists.now)
    match subject := _object(signed.document.get("credentialSubject")):
        case {"type": "BitstringStatusList", "statusPurpose": str() as said, "encodedList": str() as encoded} if (
            said == purpose
            and signed.document.get("id") == url
            and "BitstringStatusListCredential" in signed.types
            and subject.get("statusSize", 1) == 1
        ):
            return decode(encoded)
        case _:
            msg = "this isn't the list that the credential names"
            raise InvalidStatusList(msg)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _require_signed(signed: Presented, issuer: str | None, lists: StatusLists) -> None:
    method = lists.resolve_key(signed.kid)
    if (
        method is None
        or method.controller != issuer
        or signed.issuer != issuer
        or method.purpose not in {None, "status-list"}
    ):
        msg = "the list isn't signed by the credential's issuer with a key for lists"
        raise InvalidStatusList(msg)
    if signed.token is not None:
        vc_jwt.verify(signed.token, method)
    else:
        data_integrity.verify(signed.document, method, lists.shapes)


def _require_current(document: Mapping[str, Any], now: datetime) -> None:
    try:
        begins = parse_timestamp(document.get("validFrom"))
        ends = parse_timestamp(document["validUntil"]) if "validUntil" in document else None
    except ValueError as error:
        msg = "the list doesn't say when it is valid"
        raise InvalidStatusList(msg) from error
    if now + CLOCK_SKEW < begins or (ends is not None and ends <= now):
        msg = "the list isn't valid now"
        raise InvalidStatusList(msg)
