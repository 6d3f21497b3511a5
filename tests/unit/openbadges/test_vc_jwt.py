"""VC-JWTs are as section 8.2 has them, to the byte."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.openbadges import vc_jwt
from shared.openbadges.multibase import base64url
from shared.openbadges.proof import InvalidProof


def decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def forged(token: str, issuer: Any, header: dict[str, Any] | None = None, /, **changes: Any) -> str:
    """Really signed by the issuer, with other contents."""
    said, payload, _ = token.split(".")
    claims = {**decoded(payload), **changes}
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.PyJWS().encode(
        json.dumps(kept).encode(), issuer.es256.private, "ES256", headers={**decoded(said), **(header or {})}
    )


def test_the_header_is_exactly_alg_kid_and_typ(token: str, issuer: Any) -> None:
    header = decoded(token.split(".")[0])

    assert header == {"alg": "ES256", "kid": issuer.es256.kid, "typ": "JWT"}


def test_the_payload_is_the_credential_and_the_claims_that_repeat_it(token: str, parts: Any) -> None:
    credential = parts.build()

    payload = decoded(token.split(".")[1])

    assert payload == credential | {
        "iss": "did:web:badges.example.edu",
        "jti": credential["id"],
        "sub": credential["credentialSubject"]["id"],
        "nbf": 1793525400,
        "exp": 1888219800,
    }


def test_a_credential_without_an_end_has_no_exp(parts: Any, issuer: Any) -> None:
    token = vc_jwt.sign(parts.with_award(valid_until=None).build(), issuer.es256)

    assert "exp" not in decoded(token.split(".")[1])


@pytest.mark.parametrize("alg", ["es256", "rs256"])
def test_signing_twice_gives_the_same_bytes_and_they_verify(parts: Any, issuer: Any, alg: str) -> None:
    key = getattr(issuer, alg)

    once, twice = (vc_jwt.sign(parts.build(), key) for _ in range(2))

    assert once == twice
    assert vc_jwt.verify(once, key.public()) == parts.build()


def test_an_ed25519_key_signs_no_token(parts: Any, issuer: Any) -> None:
    with pytest.raises(InvalidProof):
        vc_jwt.sign(parts.build(), issuer.ed25519)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_byte_of_a_token_can_be_changed(token: str, issuer: Any, data: Any) -> None:
    position = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(min_codepoint=32, max_codepoint=126).filter(lambda each: each != token[position]))
    changed = token[:position] + other + token[position + 1 :]

    with pytest.raises(InvalidProof):
        vc_jwt.verify(changed, issuer.es256.public())


def test_not_even_the_bits_that_base64_leaves_over_can_be_changed(token: str, issuer: Any) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same_bytes = token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]

    with pytest.raises(InvalidProof):
        vc_jwt.verify(same_bytes, issuer.es256.public())


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "vc+jwt"},
        {"cty": "vc"},
        {"crit": ["x"]},
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "EdDSA"},
        {"alg": 1},
    ],
)
def test_any_other_header_is_refused(token: str, issuer: Any, header: dict[str, Any]) -> None:
    said = decoded(token.split(".")[0]) | header
    changed = ".".join([base64url(json.dumps(said).encode()), *token.split(".")[1:]])

    with pytest.raises(InvalidProof):
        vc_jwt.verify(changed, issuer.es256.public())


def test_the_algorithm_is_the_keys_and_never_the_tokens(parts: Any, issuer: Any) -> None:
    public = issuer.es256.public()
    header = base64url(json.dumps({"alg": "HS256", "kid": public.kid}).encode())
    signing_input = f"{header}.{base64url(b'{}')}"
    signature = hmac.digest(json.dumps(public.jwk).encode(), signing_input.encode(), "sha256")
    token = f"{signing_input}.{base64url(signature)}"

    with pytest.raises(InvalidProof):
        vc_jwt.verify(token, public)


def test_an_extra_header_is_refused_though_its_signature_holds(token: str, issuer: Any) -> None:
    with pytest.raises(InvalidProof):
        vc_jwt.verify(forged(token, issuer, {"cty": "vc"}), issuer.es256.public())


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "did:web:evil.example"},
        {"sub": "urn:uuid:0"},
        {"jti": "urn:uuid:0"},
        {"nbf": 1},
        {"nbf": None},
        {"exp": 1},
        {"exp": None},
        {"validUntil": None},
        {"validFrom": "2026-11-01T09:30:00"},
        {"issuer": "did:web:evil.example"},
        {"issuer": 7},
        {"credentialSubject": []},
    ],
)
def test_claims_that_say_something_else_are_refused_though_the_signature_holds(
    token: str, issuer: Any, changes: dict[str, Any]
) -> None:
    assert vc_jwt.verify(forged(token, issuer), issuer.es256.public())

    with pytest.raises(InvalidProof):
        vc_jwt.verify(forged(token, issuer, **changes), issuer.es256.public())


def test_another_key_of_the_same_kind_does_not_verify(token: str, issuer: Any) -> None:
    other = issuer.list_es256.public()

    with pytest.raises(InvalidProof):
        vc_jwt.verify(token, other)


@pytest.mark.parametrize("token", ["", ".", "a.b", "a.b.c.d", "é.é.é", "e30.e30.", "W10.e30.e30", "A" * 3_000_000])
def test_what_is_no_token_is_refused(token: str, issuer: Any) -> None:
    with pytest.raises(InvalidProof):
        vc_jwt.verify(token, issuer.es256.public())
