"""The credential follows the rules that the published schema doesn't enforce, and repeats itself to the byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from shared.openbadges import rules
from shared.openbadges.contexts import CREDENTIALS_V2, EXTENSIONS, OPEN_BADGES
from shared.openbadges.credential import identity_hash, percent
from shared.openbadges.rules import BreaksRules
from shared.openbadges.texts import UnsignableText, address, cleaned
from shared.openbadges.vocabulary import Alignment, Recipient

MANY = {
    "OpenBadgeCredential": {"evidence"},
    "Profile": {"otherIdentifier"},
    "AchievementSubject": {"identifier", "result"},
    "Achievement": {"alignment", "tag", "resultDescription", "related"},
}


def objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from objects(value)


def members(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield name, value
            yield from members(value)
    elif isinstance(node, list):
        for value in node:
            yield from members(value)


def test_the_same_award_is_the_same_bytes(parts: Any) -> None:
    assert orjson.dumps(parts.build()) == orjson.dumps(parts.build())


def test_it_keeps_every_rule_that_is_looked_at_before_signing(parts: Any) -> None:
    rules.check(parts.build())


def test_contexts_and_types_come_in_the_order_that_validators_ask_for(parts: Any) -> None:
    document = parts.build()

    assert document["@context"] == [CREDENTIALS_V2, OPEN_BADGES, EXTENSIONS]
    assert document["type"] == ["VerifiableCredential", "OpenBadgeCredential"]


def test_what_may_be_many_is_an_array_even_for_one(parts: Any) -> None:
    found = {
        (kind, member): each.get(member)
        for each in objects(parts.build())
        for kind, many in MANY.items()
        if kind in each.get("type", ())
        for member in many
    }

    assert {kind for kind, _ in found} == MANY.keys()
    assert all(isinstance(value, list) for value in found.values())


def test_what_is_empty_is_left_out(parts: Any) -> None:
    bare = replace(
        parts.with_award(evidence=(), score=None, valid_until=None, why="").with_achievement(
            tags=(), alignments=(), credits=None, image=None, previous_version=None
        ),
        issuer=replace(parts.issuer, email=None, description="", image=None, recognised_by=()),
    ).build()

    assert all(value not in (None, [], {}, "") for _, value in members(bare))
    rules.check(bare)


def test_the_recipient_is_hashed_and_nowhere_in_clear(parts: Any) -> None:
    document = parts.build()
    [identity] = document["credentialSubject"]["identifier"]

    assert identity == {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": "sha256$" + hashlib.sha256(b"ada@example.edu0011aabb").hexdigest(),
        "identityType": "emailAddress",
        "salt": "0011aabb",
    }
    assert b"ada@" not in orjson.dumps(document)


def test_hashing_is_as_the_specification_shows_it() -> None:
    known = "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"

    assert identity_hash("a@example.com", "Kosher") == known


def test_a_learner_without_an_address_has_another_identity(parts: Any) -> None:
    document = replace(parts, recipient=Recipient("urn:uuid:1", "s-42", "sisSourcedId", "00")).build()

    [identity] = document["credentialSubject"]["identifier"]
    assert identity["identityType"] == "sisSourcedId"


def test_the_status_entry_names_one_position_for_revocation(parts: Any) -> None:
    assert parts.build()["credentialStatus"] == {
        "id": "https://badges.example.edu/status/1#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": "https://badges.example.edu/status/1",
    }


def test_a_score_is_a_result_that_the_achievement_describes(parts: Any) -> None:
    subject = parts.build()["credentialSubject"]

    [described] = subject["achievement"]["resultDescription"]
    [result] = subject["result"]
    assert result == {"type": ["Result"], "resultDescription": described["id"], "value": "92.5"}
    assert described["resultType"] == "Percent"


def test_credits_are_available_and_earned(parts: Any) -> None:
    subject = parts.build()["credentialSubject"]

    assert (subject["creditsEarned"], subject["achievement"]["creditsAvailable"]) == (2.5, 2.5)


def test_whole_credits_are_whole_numbers_as_every_json_reader_writes_them(parts: Any) -> None:
    subject = parts.with_achievement(credits=3.0).build()["credentialSubject"]

    assert orjson.dumps(subject["creditsEarned"]) == b"3"


@pytest.mark.parametrize(
    ("score", "text"), [(0, "0"), (1, "100"), (0.92, "92"), (0.925, "92.5"), (1 / 3, "33.33"), (0.1 + 0.2, "30")]
)
def test_scores_are_percentages(score: float, text: str) -> None:
    assert percent(score) == text


@pytest.mark.parametrize(
    ("written", "signed"),
    [
        ("https://a.example/ü b", "https://a.example/%C3%BC%20b"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        (" https://a.example/%20 ", "https://a.example/%20"),
        ("https://a.example/?q=ö#ß", "https://a.example/?q=%C3%B6#%C3%9F"),
        ("urn:uuid:1", "urn:uuid:1"),
        ("did:web:a.example", "did:web:a.example"),
    ],
)
def test_addresses_are_percent_encoded(written: str, signed: str) -> None:
    assert address(written, "x") == signed


@pytest.mark.parametrize(
    "written", ["", "page", "/page", "//a.example", "javascript:alert(1)", "https://", "http://[x"]
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(UnsignableText):
        address(written, "x")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "bell\x07"},
        {"description": "null\0"},
        {"criteria": "vertical\x0btab"},
        {"tags": ("del\x7f",)},
        {"type": "Nonsense"},
        {"alignments": (Alignment("x", "not an address"),)},
        {"alignments": (Alignment("x", "https://a.example", type="Nonsense"),)},
    ],
)
def test_a_designers_slip_is_refused_with_a_reason(parts: Any, change: dict[str, Any]) -> None:
    with pytest.raises(UnsignableText):
        parts.with_achievement(**change).build()


def test_a_learning_systems_slip_costs_no_badge() -> None:
    assert cleaned("EDS\x00101\ttab") == "EDS 101\ttab"


def broken(document: dict[str, Any], *path: str, value: Any = None) -> dict[str, Any]:
    copied: dict[str, Any] = orjson.loads(orjson.dumps(document))
    node = copied
    for step in path[:-1]:
        node = node[step]
    if value is None:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return copied


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("id",), None),
        (("type",), ["VerifiableCredential"]),
        (("issuer",), "did:web:badges.example.edu"),
        (("issuer", "type"), ["Person"]),
        (("credentialSubject", "id"), None),
        (("credentialSubject", "achievement"), None),
        (("credentialSubject", "achievement", "criteria"), None),
        (("credentialSubject", "achievement", "tag"), "kafka"),
        (("credentialSubject", "achievement", "tag"), []),
        (("credentialSubject", "result"), [{"type": ["Result"], "resultDescription": "urn:uuid:other", "value": "1"}]),
        (("credentialSubject", "identifier"), [{"type": "IdentityObject", "hashed": False}]),
        (("credentialStatus", "statusListIndex"), "7"),
        (("credentialStatus",), None),
        (("validFrom",), "2026-11-01"),
        (("validUntil",), "2020-01-01T00:00:00Z"),
        (("name",), ""),
    ],
)
def test_what_breaks_a_rule_is_not_signed(parts: Any, path: tuple[str, ...], value: Any) -> None:
    document = broken(parts.build(), *path, value=value)

    with pytest.raises(BreaksRules):
        rules.check(document)
