"""Embedded proofs: Data Integrity with the cryptosuite `eddsa-rdfc-2022`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

from shared.openbadges.dates import parse_timestamp, timestamp
from shared.openbadges.keys import SigningKey, VerificationMethod
from shared.openbadges.multibase import base58btc, from_base58btc
from shared.openbadges.proof import InvalidProof
from shared.openbadges.shapes import Shapes

CRYPTOSUITE = "eddsa-rdfc-2022"
_MEMBERS = {"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"}


def sign(document: Mapping[str, Any], key: SigningKey, created: datetime, shapes: Shapes) -> dict[str, Any]:
    """The document with its proof. The same document, key and moment always give the same proof."""
    if not isinstance(key.private, ed25519.Ed25519PrivateKey):
        msg = f"{key.kid} can't make an {CRYPTOSUITE} proof: only Ed25519 can"
        raise InvalidProof(msg)
    if "proof" in document:
        msg = "the document has a proof already"
        raise InvalidProof(msg)
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": CRYPTOSUITE,
        "created": timestamp(created),
        "verificationMethod": key.kid,
        "proofPurpose": "assertionMethod",
    }
    proof["proofValue"] = base58btc(key.private.sign(_digest(document, proof, shapes)))
    return {**document, "proof": [proof]}


def kid_of(document: Mapping[str, Any]) -> str:
    """The key that the proof says it was made with. Nothing is verified yet."""
    kid: str = _proof(document)["verificationMethod"]
    return kid


def verify(document: Mapping[str, Any], method: VerificationMethod, shapes: Shapes) -> None:
    """Raises InvalidProof unless this key, which must be the issuer's, made the proof over all of the document."""
    proof = _proof(document)
    issuer = document.get("issuer")
    if method.controller != (issuer.get("id") if isinstance(issuer, dict) else issuer):
        msg = "the key isn't the issuer's"
        raise InvalidProof(msg)
    public = method.key
    if proof["verificationMethod"] != method.kid or not isinstance(public, ed25519.Ed25519PublicKey):
        msg = "the proof wasn't made with this key"
        raise InvalidProof(msg)
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    try:
        public.verify(from_base58btc(proof["proofValue"]), _digest(unsecured, proof, shapes))
    except (InvalidSignature, ValueError) as error:
        msg = "the proof doesn't fit the document"
        raise InvalidProof(msg) from error


def _proof(document: Mapping[str, Any]) -> dict[str, Any]:
    """The one proof, wholly understood: a member that isn't would stay outside the signature."""
    proof = document.get("proof")
    if isinstance(proof, list) and len(proof) == 1:
        proof = proof[0]
    if not isinstance(proof, dict) or proof.keys() != _MEMBERS or not _is_assertion(proof):
        msg = f"there must be one proof, of the suite {CRYPTOSUITE}, made to assert"
        raise InvalidProof(msg)
    _require_moment(proof["created"])
    return proof


def _is_assertion(proof: dict[str, Any]) -> bool:
    return all(isinstance(value, str) for value in proof.values()) and (
        (proof["type"], proof["cryptosuite"], proof["proofPurpose"])
        == ("DataIntegrityProof", CRYPTOSUITE, "assertionMethod")
    )


def _require_moment(created: str) -> None:
    try:
        parse_timestamp(created)
    except ValueError as error:
        msg = "the proof doesn't say when it was made"
        raise InvalidProof(msg) from error


def _digest(document: Mapping[str, Any], proof: Mapping[str, Any], shapes: Shapes) -> bytes:
    options = {"@context": document.get("@context")} | {k: v for k, v in proof.items() if k != "proofValue"}
    return _sha256(shapes.canonical(options)) + _sha256(shapes.canonical(document))


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
