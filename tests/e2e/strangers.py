"""Verifiers that share no code with Laurel: openbadgeslib's, and one written here on pyld and cryptography alone."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3.contexts import document_loader
from openbadgeslib.ob3.ldp import OB3LdpVerifier
from openbadgeslib.ob3.status import check_credential_status
from openbadgeslib.ob3.verifier import OB3Verifier
from pyld import jsonld

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
REFUSALS = (LibOpenBadgesException, InvalidSignature, jwt.InvalidTokenError, ValueError, KeyError)

Pages = Mapping[str, bytes]
"""What was fetched, by address: DID documents, and status lists as JWT."""


class Refused(Exception):
    """A stranger does not accept it."""


def accept(token: bytes, document: bytes, pages: Pages) -> None:
    """Both securings, by both strangers, status included. Raises Refused."""
    accept_token(token, pages)
    accept_document(document, pages)


def accept_token(token: bytes, pages: Pages) -> None:
    """Raises Refused."""
    text = token.decode().strip()
    try:
        did = str(jwt.get_unverified_header(text)["kid"]).partition("#")[0]
        verifier = OB3Verifier.for_issuer_did(did, download=pages.__getitem__)
        check_credential_status(verifier.verify(text), download=pages.__getitem__, verify_list=True)
        said = token_by_the_book(text, did_document(did, pages))
        assert said["issuer"]["id"] == did
    except REFUSALS as error:
        raise Refused(str(error)) from error


def accept_document(document: bytes, pages: Pages) -> None:
    """Raises Refused."""
    try:
        did = json.loads(document)["issuer"]["id"]
        OB3LdpVerifier.for_issuer_did(did, download=pages.__getitem__).verify(
            document, check_status=True, download=pages.__getitem__
        )
        proof_by_the_book(json.loads(document), did_document(did, pages))
    except REFUSALS as error:
        raise Refused(str(error)) from error


def token_by_the_book(token: str, issuer: dict[str, Any]) -> dict[str, Any]:
    """The claims, if the key that the header names is the issuer's and signed them."""
    header = jwt.get_unverified_header(token)
    assert set(header) == {"alg", "kid", "typ"}
    method = _method(issuer, header["kid"])
    said: dict[str, Any] = jwt.decode(token, jwt.PyJWK(method["publicKeyJwk"]).key, algorithms=["ES256"])
    return said


def proof_by_the_book(document: dict[str, Any], issuer: dict[str, Any]) -> None:
    """vc-di-eddsa 3.2: two digests of canonical N-Quads, one signature."""
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    proof = document["proof"][0] if isinstance(document["proof"], list) else document["proof"]
    assert (proof["type"], proof["cryptosuite"]) == ("DataIntegrityProof", "eddsa-rdfc-2022")
    options = {"@context": document["@context"]} | {k: v for k, v in proof.items() if k != "proofValue"}
    raw = _from_base58(_method(issuer, proof["verificationMethod"])["publicKeyMultibase"][1:])
    assert raw[:2] == b"\xed\x01"
    signature = _from_base58(proof["proofValue"][1:]).rjust(64, b"\0")
    Ed25519PublicKey.from_public_bytes(raw[2:]).verify(signature, _digest(options) + _digest(unsecured))


def bit(status_list: bytes, index: int) -> bool:
    """One entry of a status list in its JSON form (Bitstring Status List v1.0, 3.2)."""
    encoded = json.loads(status_list)["credentialSubject"]["encodedList"]
    assert encoded[0] == "u"
    bits = gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4)))
    assert len(bits) == 131_072 // 8
    return bool(bits[index // 8] >> (7 - index % 8) & 1)


def did_document(did: str, pages: Pages) -> dict[str, Any]:
    """Where did:web says that it is."""
    loaded: dict[str, Any] = json.loads(pages[document_address(did)])
    assert loaded["id"] == did
    return loaded


def document_address(did: str) -> str:
    """did:web, section 3.2."""
    host, *path = did.removeprefix("did:web:").split(":")
    return f"https://{'/'.join([host, *path])}/did.json" if path else f"https://{host}/.well-known/did.json"


def changed_token(token: bytes) -> bytes:
    """One letter of what it says is another one."""
    header, payload, signature = token.decode().strip().split(".")
    said = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    other = base64.urlsafe_b64encode(_one_digit(said)).rstrip(b"=").decode()
    return f"{header}.{other}.{signature}".encode()


def changed_document(document: bytes) -> bytes:
    """One digit of the date from which it is valid."""
    return _one_digit(document)


def _one_digit(content: bytes) -> bytes:
    at = content.index(b"20", content.index(b'"validFrom"')) + 3
    return content[:at] + (b"1" if content[at : at + 1] != b"1" else b"2") + content[at + 1 :]


def _method(issuer: dict[str, Any], kid: str) -> dict[str, Any]:
    assert kid in issuer["assertionMethod"]
    [method] = [each for each in issuer["verificationMethod"] if each["id"] == kid]
    assert method["controller"] == issuer["id"]
    found: dict[str, Any] = method
    return found


def _digest(document: dict[str, Any]) -> bytes:
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": document_loader()}
    return hashlib.sha256(jsonld.normalize(document, options).encode()).digest()


def _from_base58(text: str) -> bytes:
    number = 0
    for character in text:
        number = number * 58 + BASE58.index(character)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
