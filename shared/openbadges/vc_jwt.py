"""VC-JWT as Open Badges 3.0 section 8.2 has it: the credential itself as payload, the header `alg`, `kid`, `typ`."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from jwt.algorithms import Algorithm, ECAlgorithm, RSAAlgorithm

from shared.openbadges.dates import parse_timestamp
from shared.openbadges.keys import JWT_ALGORITHMS, SigningKey, VerificationMethod
from shared.openbadges.multibase import base64url, from_base64url
from shared.openbadges.proof import InvalidProof

CLAIMS = ("iss", "jti", "sub", "nbf", "exp")
MAX_CHARACTERS = 1024 * 1024
_HEADER_MEMBERS = {"alg", "kid", "jwk", "typ"}
_P256_BYTES = 32
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_DETERMINISTIC = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


class ClaimsDisagree(InvalidProof):
    """The signature holds, but the token says one thing and the credential in it another."""

    code = "claims_disagree"


class DeterministicECAlgorithm(ECAlgorithm):
    """ECDSA by RFC 6979: one credential has one signature, and no randomness can be got wrong."""

    def sign(self, msg: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
        """The raw signature, r and s."""
        r, s = decode_dss_signature(key.sign(msg, _DETERMINISTIC))
        return r.to_bytes(_P256_BYTES, "big") + s.to_bytes(_P256_BYTES, "big")


_ALGORITHMS: dict[str, Algorithm] = {
    "ES256": DeterministicECAlgorithm(ECAlgorithm.SHA256, ec.SECP256R1),
    "RS256": RSAAlgorithm(RSAAlgorithm.SHA256),
}


def sign(credential: Mapping[str, Any], key: SigningKey) -> str:
    """The credential as a compact JWS. The same credential and key always give the same bytes."""
    if key.alg not in JWT_ALGORITHMS:
        msg = f"{key.kid} can't sign a JWT: validators of Open Badges take {' and '.join(JWT_ALGORITHMS)} alone"
        raise InvalidProof(msg)
    payload = orjson.dumps({**credential, **claims(credential)})
    signing_input = b"%s.%s" % (_header(key.alg, key.kid), _base64url(payload))
    signature = _base64url(_ALGORITHMS[key.alg].sign(signing_input, key.private))
    return (b"%s.%s" % (signing_input, signature)).decode("ascii")


def claims(credential: Mapping[str, Any]) -> dict[str, Any]:
    """The registered claims that repeat what the credential says (8.2.4.1). Raises InvalidProof where it can't."""
    try:
        issuer = credential["issuer"]
        repeated: dict[str, Any] = {
            "iss": issuer if isinstance(issuer, str) else issuer["id"],
            "jti": credential["id"],
            "sub": credential["credentialSubject"]["id"],
            "nbf": int(parse_timestamp(credential["validFrom"]).timestamp()),
        }
        if "validUntil" in credential:
            repeated["exp"] = int(parse_timestamp(credential["validUntil"]).timestamp())
    except (KeyError, TypeError, ValueError) as error:
        msg = "a JWT needs issuer, id, subject id and dates with their zone, and one of them isn't there"
        raise InvalidProof(msg) from error
    return repeated


def kid_of(token: str) -> str:
    """The key that the token says it is signed with. Nothing is verified yet."""
    return _parts(token)[1]


def verify(token: str, method: VerificationMethod) -> dict[str, Any]:
    """The credential, if this key signed it and the claims repeat it (8.2.6.1). Dates aren't judged here."""
    alg, kid, payload, signature = _parts(token)
    if kid != method.kid or alg != method.alg or alg not in JWT_ALGORITHMS:
        msg = "the token wasn't signed with this key and its algorithm"
        raise InvalidProof(msg)
    if not _ALGORITHMS[alg].verify(token.rpartition(".")[0].encode(), method.key, signature):
        msg = "the signature doesn't fit the token"
        raise InvalidProof(msg)
    credential = _object(payload)
    claimed = {name: credential.pop(name) for name in CLAIMS if name in credential}
    if claimed != claims(credential):
        msg = "the token's claims say something else than its credential"
        raise ClaimsDisagree(msg)
    return credential


def unverified(token: str) -> dict[str, Any]:
    """What the token says, whoever made it."""
    said = _object(_parts(token)[2])
    return {name: value for name, value in said.items() if name not in CLAIMS}


def _base64url(content: bytes) -> bytes:
    """One pass over the bytes: half of what a token costs beside its signature."""
    return b2a_base64(content, newline=False).translate(_URL_SAFE, b"=")


@lru_cache(maxsize=256)
def _header(alg: str, kid: str) -> bytes:
    return base64url(orjson.dumps({"alg": alg, "kid": kid, "typ": "JWT"})).encode()


def _parts(token: str) -> tuple[str, str, bytes, bytes]:
    if len(token) > MAX_CHARACTERS:
        msg = "the token is too large"
        raise InvalidProof(msg)
    try:
        header, payload, signature = (from_base64url(part) for part in token.split("."))
    except ValueError as error:
        msg = "not three base64url parts with dots between them"
        raise InvalidProof(msg) from error
    said = _object(header)
    match said:
        case {"alg": str() as alg, "kid": str() as kid} if (
            said.keys() <= _HEADER_MEMBERS and said.get("typ", "JWT") == "JWT"
        ):
            return alg, kid, payload, signature
        case _:
            msg = "the header must have alg and kid, may have typ JWT, and nothing else"
            raise InvalidProof(msg)


def _object(text: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        msg = "a part of the token isn't JSON"
        raise InvalidProof(msg) from error
    if not isinstance(said, dict):
        msg = "a part of the token isn't a JSON object"
        raise InvalidProof(msg)
    return said
