"""Verifiers that share no code with Laurel accept what it signs and refuse what was changed."""

from __future__ import annotations

import copy
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from openbadgeslib.ob3.contexts import document_loader
from openbadgeslib.ob3.ldp import OB3LdpVerifier
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier
from pyld import jsonld

from shared.openbadges import data_integrity, keys, vc_jwt
from shared.openbadges.shapes import Shapes
from shared.openbadges.status_list import encode, status_list_credential

DID = "did:web:badges.example.edu"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


@pytest.fixture
def lasting(parts: Any) -> dict[str, Any]:
    """Valid whenever the test runs."""
    document: dict[str, Any] = parts.with_award(
        valid_from=datetime(2024, 1, 1, tzinfo=UTC), valid_until=datetime(2999, 1, 1, tzinfo=UTC)
    ).build()
    return document


def pem(key: Any) -> bytes:
    public: bytes = key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public


def from_base58(text: str) -> bytes:
    number = 0
    for character in text:
        number = number * 58 + BASE58.index(character)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def written_out(document: dict[str, Any]) -> bytes:
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": document_loader()}
    return hashlib.sha256(jsonld.normalize(document, options).encode()).digest()


def verify_by_the_book(document: dict[str, Any], did_document: dict[str, Any]) -> None:
    """vc-di-eddsa 3.2, with pyld and cryptography alone."""
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    [proof] = document["proof"]
    options = {"@context": document["@context"]} | {k: v for k, v in proof.items() if k != "proofValue"}
    [method] = [each for each in did_document["verificationMethod"] if each["id"] == proof["verificationMethod"]]
    assert method["id"] in did_document["assertionMethod"]
    assert method["controller"] == (
        document["issuer"] if isinstance(document["issuer"], str) else document["issuer"]["id"]
    )
    raw = from_base58(method["publicKeyMultibase"][1:])
    assert raw[:2] == b"\xed\x01"
    signature = from_base58(proof["proofValue"][1:]).rjust(64, b"\0")
    Ed25519PublicKey.from_public_bytes(raw[2:]).verify(signature, written_out(options) + written_out(unsecured))


@pytest.mark.parametrize("alg", ["es256", "rs256"])
def test_openbadgeslib_accepts_the_token(lasting: dict[str, Any], issuer: Any, alg: str) -> None:
    key = getattr(issuer, alg)
    token = vc_jwt.sign(lasting, key)

    found = OB3Verifier(pem(key), DID).verify(token)

    assert found.id == lasting["id"]


def test_openbadgeslib_accepts_the_proof(lasting: dict[str, Any], issuer: Any) -> None:
    proven = data_integrity.sign(lasting, issuer.ed25519, datetime(2024, 1, 1, tzinfo=UTC), Shapes())

    found = OB3LdpVerifier(pem(issuer.ed25519)).verify(json.dumps(proven))

    assert found.id == lasting["id"]


def test_the_proof_holds_by_the_book(lasting: dict[str, Any], issuer: Any) -> None:
    proven = data_integrity.sign(lasting, issuer.ed25519, datetime(2024, 1, 1, tzinfo=UTC), Shapes())

    verify_by_the_book(proven, keys.did_document(DID, [issuer.ed25519.public()]))


def test_a_status_lists_proof_holds_by_the_book(issuer: Any) -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    unsigned = status_list_credential(DID, 1, encode([7]), moment)
    proven = data_integrity.sign(unsigned, issuer.list_ed25519, moment, Shapes())

    verify_by_the_book(proven, keys.did_document(DID, [issuer.list_ed25519.public()]))


def test_a_changed_word_breaks_the_proof_by_the_book(lasting: dict[str, Any], issuer: Any) -> None:
    proven = data_integrity.sign(lasting, issuer.ed25519, datetime(2024, 1, 1, tzinfo=UTC), Shapes())
    changed = copy.deepcopy(proven)
    changed["credentialSubject"]["achievement"]["name"] = "Event-driven systemz"

    with pytest.raises(InvalidSignature):
        verify_by_the_book(changed, keys.did_document(DID, [issuer.ed25519.public()]))
    with pytest.raises(OB3VerificationError):
        OB3LdpVerifier(pem(issuer.ed25519)).verify(json.dumps(changed))


def test_a_changed_byte_breaks_the_token_elsewhere_too(lasting: dict[str, Any], issuer: Any) -> None:
    token = vc_jwt.sign(lasting, issuer.es256)
    middle = len(token) // 2
    changed = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]

    with pytest.raises(OB3VerificationError):
        OB3Verifier(pem(issuer.es256), DID).verify(changed)


def test_the_published_key_set_verifies_the_token(lasting: dict[str, Any], issuer: Any) -> None:
    token = vc_jwt.sign(lasting, issuer.es256)
    published = jwt.PyJWKSet.from_dict(keys.jwks(DID, [issuer.es256.public(), issuer.rs256.public()]))

    claims = jwt.decode(token, published[issuer.es256.kid].key, algorithms=["ES256"])

    assert claims["iss"] == DID
