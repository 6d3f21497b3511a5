"""Signing keys and what an issuer publishes about them: `kid`, JWK, Multikey, DID document, key set."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from shared.errors import Rejected
from shared.openbadges.multibase import base58btc, from_base58btc

Algorithm = Literal["ES256", "RS256", "Ed25519"]
JWT_ALGORITHMS = ("ES256", "RS256")
"""What VC-JWTs may be signed with: 1EdTech's validator takes no other."""

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey

_MULTICODEC_ED25519 = b"\xed\x01"
_RSA_BITS = 2048


class MalformedKey(Rejected):
    """These bytes are no key that badges can be signed or verified with."""

    code = "malformed_key"


@dataclass(frozen=True)
class VerificationMethod:
    """A public key as an issuer publishes it: `jwk` for JWTs, `multibase` for Data Integrity."""

    kid: str
    alg: str
    jwk: dict[str, str] | None = None
    multibase: str | None = None
    purpose: str | None = None
    """credential | status-list where that is known; a key for the one never vouches for the other"""

    @property
    def controller(self) -> str:
        """The issuer whose key it is."""
        return self.kid.partition("#")[0]

    @property
    def key(self) -> PublicKey:
        """The key, ready to verify with. Its kind agrees with `alg`."""
        try:
            return _public(self.alg, None if self.jwk is None else json.dumps(self.jwk), self.multibase)
        except (ValueError, TypeError, UnsupportedAlgorithm, InvalidKeyError) as error:
            msg = f"{self.kid} isn't published as a usable {self.alg} key"
            raise MalformedKey(msg) from error


@dataclass(frozen=True)
class SigningKey:
    """A private key and the name under which its public half is published."""

    kid: str
    alg: Algorithm
    private: PrivateKey

    def public(self) -> VerificationMethod:
        """What may be published of it."""
        public = self.private.public_key()
        if isinstance(public, ed25519.Ed25519PublicKey):
            return VerificationMethod(self.kid, self.alg, multibase=_multikey(public))
        return VerificationMethod(self.kid, self.alg, jwk=_jwk(public))

    def __repr__(self) -> str:
        return f"SigningKey({self.kid})"


def generate(alg: str) -> bytes:
    """A new private key as PKCS#8 PEM, from the operating system's randomness."""
    key: PrivateKey
    match alg:
        case "ES256":
            key = ec.generate_private_key(ec.SECP256R1())
        case "RS256":
            key = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
        case "Ed25519":
            key = ed25519.Ed25519PrivateKey.generate()
        case _:
            msg = f"{alg} is not one of {', '.join(get_args(Algorithm))}"
            raise MalformedKey(msg)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def file_name(purpose: str, alg: str) -> str:
    """The name of a private key's file in a tenant's folder."""
    return f"{purpose}-{alg.lower()}.pem"


def signing_key(issuer_did: str, pem: bytes) -> SigningKey:
    """The key in a PEM file. Parsed once and kept: parsing costs a hundred times as much as signing."""
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        msg = f"a private key of {issuer_did} is no unencrypted PKCS#8 PEM"
        raise MalformedKey(msg) from error
    match private:
        case ec.EllipticCurvePrivateKey() if isinstance(private.curve, ec.SECP256R1):
            return SigningKey(kid(issuer_did, "ES256", private.public_key()), "ES256", private)
        case rsa.RSAPrivateKey() if private.key_size >= _RSA_BITS:
            return SigningKey(kid(issuer_did, "RS256", private.public_key()), "RS256", private)
        case ed25519.Ed25519PrivateKey():
            return SigningKey(kid(issuer_did, "Ed25519", private.public_key()), "Ed25519", private)
        case _:
            msg = f"a private key of {issuer_did} is neither P-256 nor RSA of {_RSA_BITS} bits or more nor Ed25519"
            raise MalformedKey(msg)


def kid(issuer_did: str, alg: str, public: PublicKey) -> str:
    """A key's name: a DID URL derived from the key itself, so that no two keys ever share one."""
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"{issuer_did}#{alg.lower()}-{hashlib.sha256(der).hexdigest()[:8]}"


def did_document(issuer_did: str, methods: Iterable[VerificationMethod]) -> dict[str, Any]:
    """The issuer's `did.json`. `assertionMethod` holds strings: verifiers look keys up by name there."""
    published = tuple(methods)
    return {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/jwk/v1",
            "https://w3id.org/security/multikey/v1",
        ],
        "id": issuer_did,
        "verificationMethod": [_published(issuer_did, method) for method in published],
        "assertionMethod": [method.kid for method in published],
    }


def jwks(issuer_did: str, methods: Iterable[VerificationMethod]) -> dict[str, Any]:
    """The issuer's JSON Web Key Set; `iss` tells issuers apart where several share a host."""
    return {
        "keys": [
            {**method.jwk, "kid": method.kid, "alg": method.alg, "use": "sig", "iss": issuer_did}
            for method in methods
            if method.jwk is not None
        ]
    }


def _published(issuer_did: str, method: VerificationMethod) -> dict[str, Any]:
    if method.jwk is None:
        material: dict[str, Any] = {"type": "Multikey", "publicKeyMultibase": method.multibase}
    else:
        material = {"type": "JsonWebKey", "publicKeyJwk": {**method.jwk, "kid": method.kid, "alg": method.alg}}
    return {"id": method.kid, "controller": issuer_did, **material}


def _jwk(public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> dict[str, str]:
    if isinstance(public, rsa.RSAPublicKey):
        full = json.loads(RSAAlgorithm.to_jwk(public))
        return {name: full[name] for name in ("kty", "n", "e")}
    full = json.loads(ECAlgorithm.to_jwk(public))
    return {name: full[name] for name in ("kty", "crv", "x", "y")}


def _multikey(public: ed25519.Ed25519PublicKey) -> str:
    return base58btc(_MULTICODEC_ED25519 + public.public_bytes(Encoding.Raw, PublicFormat.Raw))


@lru_cache(maxsize=1024)
def _public(alg: str, jwk: str | None, multibase: str | None) -> PublicKey:
    """Parsed once: parsing costs as much as verifying."""
    match alg:
        case "ES256" if jwk is not None:
            return _public_half(ECAlgorithm.from_jwk(jwk), ec.EllipticCurvePublicKey)
        case "RS256" if jwk is not None:
            return _public_half(RSAAlgorithm.from_jwk(jwk), rsa.RSAPublicKey)
        case "Ed25519" if multibase is not None:
            raw = from_base58btc(multibase)
            if raw[:2] == _MULTICODEC_ED25519:
                return ed25519.Ed25519PublicKey.from_public_bytes(raw[2:])
    msg = "no material for its algorithm"
    raise ValueError(msg)


def _public_half(key: object, kind: type[ec.EllipticCurvePublicKey] | type[rsa.RSAPublicKey]) -> PublicKey:
    match key:
        case ec.EllipticCurvePublicKey(curve=ec.SECP256R1()) if kind is ec.EllipticCurvePublicKey:
            return key
        case rsa.RSAPublicKey(key_size=bits) if kind is rsa.RSAPublicKey and bits >= _RSA_BITS:
            return key
        case _:
            msg = "a private, a weak or another kind of key was published"
            raise ValueError(msg)
