"""Status lists hold the bits that were set, in the place where verifiers look."""

from __future__ import annotations

import base64
import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openbadgeslib.ob3.status import decode_encoded_list, set_indices

from shared.contracts import identity
from shared.openbadges.status_list import (
    STATUS_LIST_BITS,
    InvalidStatusList,
    decode,
    encode,
    is_set,
    status_list_credential,
)

indices = st.sets(st.integers(0, STATUS_LIST_BITS - 1), max_size=50)


@settings(max_examples=10, deadline=None)
@given(indices)
def test_the_bits_that_were_set_are_set_and_no_others(chosen: set[int]) -> None:
    bits = decode(encode(chosen))

    assert {index for index in range(STATUS_LIST_BITS) if is_set(bits, index)} == chosen


@settings(max_examples=20, deadline=None)
@given(indices)
def test_a_verifier_that_shares_no_code_reads_the_same_bits(chosen: set[int]) -> None:
    encoded = encode(chosen)

    assert set_indices(decode_encoded_list(encoded)) == chosen


def test_index_zero_is_the_leftmost_bit() -> None:
    assert decode(encode([0]))[0] == 0b1000_0000


def test_the_same_bits_always_give_the_same_text() -> None:
    compressed = base64.urlsafe_b64decode(encode([5, 1])[1:] + "==")

    assert encode([5, 1]) == encode([1, 5, 5])
    assert compressed[4:8] == b"\0\0\0\0", "gzip writes the time into its header, unless it is told not to"


def test_it_has_as_many_positions_as_awards_are_given() -> None:
    assert identity.STATUS_LIST_BITS == STATUS_LIST_BITS


@pytest.mark.parametrize("index", [-1, STATUS_LIST_BITS])
def test_a_position_outside_the_list_is_an_error(index: int) -> None:
    with pytest.raises(InvalidStatusList):
        encode([index])
    with pytest.raises(InvalidStatusList):
        is_set(decode(encode([])), index)


def packed(data: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(gzip.compress(data, mtime=0)).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "u",
        "z123",
        encode([1])[1:],
        encode([1])[:-8],
        "u!!!",
        "uAAAA",
        "ué",
        packed(b"\0" * 100),
        packed(b"\0" * 3_000_000),
    ],
)
def test_what_is_no_whole_list_is_refused(encoded: str) -> None:
    with pytest.raises(InvalidStatusList):
        decode(encoded)


def test_a_list_is_a_credential_of_its_issuer_valid_from_when_it_was_drawn() -> None:
    drawn_at = datetime(2026, 11, 1, 9, 30, 0, 999_999, tzinfo=UTC)

    document = status_list_credential("did:web:a.example:north", 3, encode([]), drawn_at)

    assert document["id"] == "https://a.example/north/status/3"
    assert document["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert document["issuer"] == "did:web:a.example:north"
    assert document["validFrom"] == "2026-11-01T09:30:00Z"
    assert document["credentialSubject"]["statusPurpose"] == "revocation"
