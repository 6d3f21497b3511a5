"""Embedded proofs cover all of a document, and only the issuer's key makes them."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import Rejected
from shared.openbadges import data_integrity, keys
from shared.openbadges.proof import InvalidProof
from shared.openbadges.shapes import Shapes


def test_signing_twice_gives_the_same_proof(parts: Any, issuer: Any) -> None:
    moment = datetime(2026, 11, 1, tzinfo=UTC)

    once, twice = (data_integrity.sign(parts.build(), issuer.ed25519, moment, Shapes()) for _ in range(2))

    assert once == twice


def test_the_proof_is_as_the_suite_has_it(proven: dict[str, Any], issuer: Any) -> None:
    [proof] = proven["proof"]

    value = proof.pop("proofValue")

    assert value.startswith("z")
    assert proof == {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2026-11-01T09:30:00Z",
        "verificationMethod": issuer.ed25519.kid,
        "proofPurpose": "assertionMethod",
    }


def test_a_proven_document_verifies(proven: dict[str, Any], issuer: Any, shapes: Shapes) -> None:
    data_integrity.verify(proven, issuer.ed25519.public(), shapes)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_byte_of_a_document_can_be_changed(proven: dict[str, Any], issuer: Any, shapes: Shapes, data: Any) -> None:
    text = orjson.dumps(proven).decode()
    position = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda each: each != text[position]))
    changed = text[:position] + other + text[position + 1 :]

    with pytest.raises((Rejected, ValueError)):
        data_integrity.verify(json.loads(changed), issuer.ed25519.public(), shapes)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "Ed25519Signature2020"},
        {"cryptosuite": "eddsa-jcs-2022"},
        {"proofPurpose": "authentication"},
        {"created": "2026-11-01"},
        {"created": "2026-11-01T09:30:01Z"},
        {"verificationMethod": "did:web:badges.example.edu#other"},
        {"proofValue": "z" + "1" * 64},
        {"proofValue": "u" + "A" * 86},
        {"proofValue": "z" * 100_000},
        {"expires": "2026-11-01T09:30:00Z"},
        {"nonce": "x"},
        {"id": "urn:uuid:1"},
        {"created": 7},
    ],
)
def test_a_changed_proof_is_refused(
    proven: dict[str, Any], issuer: Any, shapes: Shapes, changes: dict[str, Any]
) -> None:
    changed = copy.deepcopy(proven)
    changed["proof"][0].update(changes)

    with pytest.raises(InvalidProof):
        data_integrity.verify(changed, issuer.ed25519.public(), shapes)


@pytest.mark.parametrize("proof", [None, [], {}, "z", [{}], [[]], 7])
def test_without_a_proof_nothing_verifies(proven: dict[str, Any], issuer: Any, shapes: Shapes, proof: Any) -> None:
    with pytest.raises(InvalidProof):
        data_integrity.verify({**proven, "proof": proof}, issuer.ed25519.public(), shapes)


def test_two_proofs_are_refused_since_one_would_go_unseen(proven: dict[str, Any], issuer: Any, shapes: Shapes) -> None:
    with pytest.raises(InvalidProof):
        data_integrity.verify({**proven, "proof": proven["proof"] * 2}, issuer.ed25519.public(), shapes)


def test_another_issuers_key_vouches_for_nothing(parts: Any, shapes: Shapes) -> None:
    other = keys.signing_key("did:web:evil.example", keys.generate("Ed25519"))
    forged = data_integrity.sign(parts.build(), other, datetime(2026, 11, 1, tzinfo=UTC), shapes)

    with pytest.raises(InvalidProof):
        data_integrity.verify(forged, other.public(), shapes)


def test_only_ed25519_keys_make_proofs(parts: Any, issuer: Any, shapes: Shapes) -> None:
    with pytest.raises(InvalidProof):
        data_integrity.sign(parts.build(), issuer.es256, datetime(2026, 11, 1, tzinfo=UTC), shapes)


def test_what_is_proven_already_is_not_proven_again(proven: dict[str, Any], issuer: Any, shapes: Shapes) -> None:
    with pytest.raises(InvalidProof):
        data_integrity.sign(proven, issuer.ed25519, datetime(2026, 11, 1, tzinfo=UTC), shapes)
