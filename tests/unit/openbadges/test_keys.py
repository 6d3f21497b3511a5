"""Keys are named by what they are, and published as verifiers look them up."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from openbadgeslib.ob3.did import multikey_from_pem, resolve_did

from shared.openbadges import keys
from shared.openbadges.keys import MalformedKey, VerificationMethod

DID = "did:web:badges.example.edu"


@pytest.mark.parametrize("alg", ["ES256", "RS256", "Ed25519"])
def test_a_key_is_named_by_the_digest_of_its_public_half(alg: str) -> None:
    key = keys.signing_key(DID, keys.generate(alg))
    der = key.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    assert key.kid == f"{DID}#{alg.lower()}-{hashlib.sha256(der).hexdigest()[:8]}"


@pytest.mark.parametrize("alg", ["ES256", "RS256", "Ed25519"])
def test_what_is_published_is_the_public_half(alg: str) -> None:
    key = keys.signing_key(DID, keys.generate(alg))

    published = key.public()

    assert published.key == key.private.public_key()
    assert published.controller == DID
    assert (published.jwk is None) == (alg == "Ed25519") == (published.multibase is not None)
    assert "d" not in (published.jwk or {})


def test_a_multikey_is_written_as_others_write_it(issuer: Any) -> None:
    pem = issuer.ed25519.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    multibase = issuer.ed25519.public().multibase

    assert multibase == multikey_from_pem(pem)
    assert resolve_did(f"did:key:{multibase}").strip() == pem.strip()


def test_the_did_document_lists_its_assertion_methods_as_strings(issuer: Any) -> None:
    methods = list(issuer.published().values())

    document = keys.did_document(DID, methods)

    assert document["id"] == DID
    assert document["assertionMethod"] == [method.kid for method in methods]
    assert {each["id"]: each["type"] for each in document["verificationMethod"]} == {
        method.kid: "JsonWebKey" if method.jwk else "Multikey" for method in methods
    }
    assert {each["controller"] for each in document["verificationMethod"]} == {DID}


def test_the_key_set_holds_the_keys_for_tokens_with_kid_and_issuer(issuer: Any) -> None:
    key_set = keys.jwks(DID, issuer.published().values())

    assert {each["kid"] for each in key_set["keys"]} == {
        issuer.es256.kid, issuer.rs256.kid, issuer.list_es256.kid,
    }  # fmt: skip
    assert {each["iss"] for each in key_set["keys"]} == {DID}


def test_a_private_key_never_shows_itself(issuer: Any) -> None:
    assert repr(issuer.es256) == f"SigningKey({issuer.es256.kid})"


def pem_of(private: Any, password: bool = False) -> bytes:
    pem: bytes = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        pem_of(ec.generate_private_key(ec.SECP384R1())),
        pem_of(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
    ],
)
def test_other_keys_are_refused(pem: bytes) -> None:
    with pytest.raises(MalformedKey):
        keys.signing_key(DID, pem)


def test_an_unknown_algorithm_is_refused() -> None:
    with pytest.raises(MalformedKey):
        keys.generate("HS256")


@pytest.mark.parametrize(
    "change",
    [
        {"jwk": None},
        {"jwk": {"kty": "EC"}},
        {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"alg": "RS256"},
        {"alg": "none"},
        {"alg": "Ed25519", "multibase": "z6Mk"},
        {"alg": "Ed25519", "multibase": "0"},
    ],
)
def test_a_published_key_that_is_none_is_refused_when_it_is_used(issuer: Any, change: dict[str, Any]) -> None:
    method: VerificationMethod = replace(issuer.es256.public(), **change)

    with pytest.raises(MalformedKey):
        _ = method.key
