"""What a signed document must say before it is stored: exactly what was awarded, twice the same, under a fit key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from services.registry.domain import AwardWithdrawn, DoesNotMatchAward, Intent, UnfitKey
from shared.contracts.documents import KeyPurpose, KeyState, PublicKey
from shared.contracts.events import CredentialSigned, StatusListSigned, whole_seconds
from shared.contracts.published_keys import method_of
from shared.openbadges import data_integrity, did, status_list, vc_jwt
from shared.openbadges.dates import timestamp
from shared.openbadges.keys import VerificationMethod
from shared.openbadges.proof import InvalidProof
from shared.openbadges.shapes import Shapes

PROOF = "proof"


@dataclass(frozen=True, slots=True)
class Secured:
    """One document in both securings, parsed; nothing is verified yet."""

    jwt: str
    data_integrity: Mapping[str, Any]
    kids: tuple[str, str]
    """the keys that they say they were signed with: the token's, the proof's"""


def secured(signed: CredentialSigned | StatusListSigned) -> Secured:
    """What can be told before keys are at hand. Raises InvalidProof for what is no secured document."""
    try:
        document = orjson.loads(signed.data_integrity)
    except orjson.JSONDecodeError as error:
        msg = "the document with the Data Integrity proof isn't JSON"
        raise InvalidProof(msg) from error
    if not isinstance(document, dict):
        msg = "the document with the Data Integrity proof isn't a JSON object"
        raise InvalidProof(msg)
    return Secured(signed.jwt, document, (vc_jwt.kid_of(signed.jwt), data_integrity.kid_of(document)))


def check_issuer(kids: tuple[str, str], issuer: str) -> None:
    """Another issuer's key can never become a right one, however often keys are read again. Raises UnfitKey."""
    for kid in kids:
        if kid.partition("#")[0] != issuer:
            msg = f"{kid} isn't a key of {issuer}"
            raise UnfitKey(msg)


def proven(document: Secured, keys: Mapping[str, PublicKey], purpose: KeyPurpose, shapes: Shapes) -> dict[str, Any]:
    """The document, if both securings hold and secure the same. Raises InvalidProof or UnfitKey."""
    token_key, proof_key = (_method(keys[kid], purpose) for kid in document.kids)
    said = vc_jwt.verify(document.jwt, token_key)
    data_integrity.verify(document.data_integrity, proof_key, shapes)
    if _without_proof(said) != _without_proof(document.data_integrity):
        msg = "the token and the document with the proof don't say the same"
        raise InvalidProof(msg)
    return said


def check_event(signed: CredentialSigned, intent: Intent) -> None:
    """The message names the award as it is stored. Raises DoesNotMatchAward or AwardWithdrawn."""
    if intent.withdrawn:
        msg = f"award {intent.id} was withdrawn: it no longer held when it was due"
        raise AwardWithdrawn(msg)
    _agree(
        intent,
        tenant=(signed.tenant, intent.tenant),
        achievement=(signed.achievement, intent.achievement),
        version=(signed.version, intent.version),
        learner=(signed.learner, intent.learner),
        valid_from=(signed.valid_from, whole_seconds(intent.valid_from)),
        status_list=(signed.status_list, intent.status_list),
        status_index=(signed.status_index, intent.status_index),
    )


def check_credential(
    said: Mapping[str, Any], signed: CredentialSigned, intent: Intent, issuer: str, subject: str
) -> None:
    """The credential says what was awarded, to whom, and where its status stands. Raises DoesNotMatchAward."""
    about = _object(said, "credentialSubject")
    achievement = _object(about, "achievement")
    entry = _object(said, "credentialStatus")
    status_url = did.status_list_url(issuer, intent.status_list)
    url = did.credential_url(issuer, intent.id)
    _agree(
        intent,
        id=(said.get("id"), url),
        credential_id=(signed.credential_id, url),
        issuer=(_issuer(said), issuer),
        subject=(about.get("id"), subject),
        achievement=(achievement.get("id"), did.achievement_url(issuer, intent.achievement, intent.version)),
        status_type=(entry.get("type"), "BitstringStatusListEntry"),
        status_purpose=(entry.get("statusPurpose"), status_list.REVOCATION),
        status_list=(entry.get("statusListCredential"), status_url),
        status_index=(entry.get("statusListIndex"), str(intent.status_index)),
        valid_from=(said.get("validFrom"), timestamp(intent.valid_from)),
        valid_until=(said.get("validUntil"), _timestamp(signed.valid_until)),
    )


def check_list(said: Mapping[str, Any], signed: StatusListSigned, issuer: str) -> None:
    """The list is the one that the message names, and can be read. Raises InvalidProof or InvalidStatusList."""
    url = did.status_list_url(issuer, signed.list_number)
    bits = _object(said, "credentialSubject")
    expected = {
        "id": (said.get("id"), url),
        "issuer": (_issuer(said), issuer),
        "type": ("BitstringStatusListCredential" in said.get("type", ()), True),
        "subject type": (bits.get("type"), "BitstringStatusList"),
        "purpose": (bits.get("statusPurpose"), status_list.REVOCATION),
        "validFrom": (said.get("validFrom"), timestamp(signed.drawn_at)),
    }
    wrong = [name for name, (is_, should) in expected.items() if is_ != should]
    if wrong:
        msg = f"the signed list isn't list {signed.list_number} of {signed.tenant}: {', '.join(wrong)}"
        raise InvalidProof(msg)
    status_list.decode(str(bits.get("encodedList")))


def _method(key: PublicKey, purpose: KeyPurpose) -> VerificationMethod:
    if key.purpose is not purpose or key.state is KeyState.COMPROMISED:
        msg = f"{key.id} is a {key.state.value} key for {key.purpose.value}: it can't vouch for a {purpose.value}"
        raise UnfitKey(msg)
    return method_of(key)


def _agree(intent: Intent, **pairs: tuple[object, object]) -> None:
    """Names what differs, never the values: some of them are about a person."""
    wrong = [name for name, (said, awarded) in pairs.items() if said != awarded]
    if wrong:
        msg = f"the credential of award {intent.id} doesn't say what was awarded: {', '.join(wrong)}"
        raise DoesNotMatchAward(msg)


def _issuer(said: Mapping[str, Any]) -> object:
    issuer = said.get("issuer")
    return issuer.get("id") if isinstance(issuer, dict) else issuer


def _object(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = said.get(name)
    return value if isinstance(value, dict) else {}


def _timestamp(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)


def _without_proof(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != PROOF}
