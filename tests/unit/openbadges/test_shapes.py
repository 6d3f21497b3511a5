"""Canonical N-Quads are pyld's, byte for byte, and nothing is left out of them without a refusal."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyld import jsonld

from shared.openbadges.contexts import CREDENTIALS_V2, UnknownContext, document_loader
from shared.openbadges.nquads import is_iri, is_signable
from shared.openbadges.shapes import NotSupported, Shapes
from shared.openbadges.skeleton import Uncovered
from shared.openbadges.vocabulary import Alignment, Evidence, Recognition

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(is_signable)
urls = st.from_regex(
    r"https?://[a-z0-9]{1,8}\.example(/[A-Za-z0-9._~!$&'()*+,;=:@-]{0,8}){0,2}(\?[a-z=&]{1,6})?", fullmatch=True
)
maybe_texts = st.none() | texts
alignments = st.builds(Alignment, texts, urls, maybe_texts, st.none() | st.just("ext:Skill"), maybe_texts, maybe_texts)
evidence = st.builds(Evidence, texts, texts)
moments = st.integers(0, 7_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


@pytest.fixture(scope="module")
def seen() -> Shapes:
    return Shapes()


def by_pyld(document: dict[str, Any]) -> str:
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": document_loader}
    canonical: str = jsonld.normalize(copy.deepcopy(document), options)
    return canonical


def at(document: dict[str, Any], *path: Any) -> Any:
    node: Any = document
    for step in path:
        node = node[step]
    return node


def test_a_credential_with_everything_is_canonicalised_as_pyld_does_it(parts: Any, seen: Shapes) -> None:
    document = parts.build()

    canonical = seen.canonical(document)

    assert canonical == by_pyld(document)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_credential_is_canonicalised_byte_for_byte_as_pyld_does_it(parts: Any, seen: Shapes, data: Any) -> None:
    award = parts.award._replace(
        valid_from=data.draw(moments),
        valid_until=data.draw(st.none() | moments),
        why=data.draw(texts),
        evidence=tuple(data.draw(st.lists(evidence, max_size=3))),
        score=data.draw(st.none() | st.floats(0, 1)),
    )
    achievement = replace(
        parts.achievement,
        name=data.draw(texts),
        description=data.draw(texts),
        criteria=data.draw(texts),
        image=data.draw(st.none() | urls),
        previous_version=data.draw(st.none() | urls),
        tags=tuple(data.draw(st.lists(texts, max_size=4))),
        alignments=tuple(data.draw(st.lists(alignments, max_size=3))),
        credits=data.draw(st.none() | st.floats(0, 1000)),
    )
    issuer = replace(
        parts.issuer,
        name=data.draw(texts),
        url=data.draw(urls),
        description=data.draw(maybe_texts),
        recognised_by=tuple(data.draw(st.lists(st.builds(Recognition, texts, st.none() | urls), max_size=3))),
    )
    document = replace(parts, award=award, achievement=achievement, issuer=issuer).build()

    canonical = seen.canonical(document)

    assert canonical == by_pyld(document)


def test_twins_among_nameless_objects_are_told_apart_as_pyld_does_it(parts: Any, seen: Shapes) -> None:
    twin = Evidence("the same", "twice")
    skill = Alignment("x", "https://a.example/x")
    document = replace(
        parts,
        award=parts.award._replace(evidence=(twin, twin, twin)),
        achievement=replace(parts.achievement, alignments=(skill, skill), tags=("a", "a")),
    ).build()

    canonical = seen.canonical(document)

    assert canonical == by_pyld(document)


def test_one_address_in_two_places_is_one_node(parts: Any, seen: Shapes) -> None:
    parts = parts.with_achievement(id="did:web:badges.example.edu", image="did:web:badges.example.edu")
    document = parts.build()

    canonical = seen.canonical(document)

    assert canonical == by_pyld(document)


def test_a_document_that_knows_the_placeholders_gains_nothing(parts: Any, seen: Shapes) -> None:
    document = parts.build()
    document["name"] = "urn:laurel:slot:0:"
    document["issuer"]["id"] = "urn:laurel:slot:0:"
    document["issuer"]["name"] = '"urn:laurel:slot:1:" %s %%'

    canonical = seen.canonical(document)

    assert canonical == by_pyld(document)


@pytest.mark.parametrize(
    ("path", "member", "value"),
    [
        ((), "nickname", "unknown to every context"),
        ((), "nickname", 5),
        (("issuer",), "targetName", "known, but not of a profile"),
        (("credentialSubject",), "nickname", [{"type": ["Achievement"]}]),
        (("issuer",), "https://evil.example/term", "x"),
        (("issuer",), "_:b0", 5),
        (("issuer",), "foo:b ar", 5),
        (("issuer",), "", "x"),
        (("issuer",), "@index", "x"),
        (("issuer",), "@reverse", {"name": "x"}),
        (("issuer",), "nickname", None),
        (("issuer",), "description", None),
        (("issuer",), "description", []),
        (("issuer",), "description", {}),
        (("issuer",), "type", ["Profile", "Saint"]),
        (("issuer",), "type", []),
        (("issuer",), "type", "https://evil.example/Saint"),
        (("issuer",), "id", "did:web:badges.example.edu other"),
        (("issuer",), "id", "badges.example.edu"),
        (("issuer",), "id", "_:b0"),
        (("issuer",), "id", 5),
        (("issuer",), "id", "xsd:x"),
        (("issuer", "image"), "id", "https://a.example/ü"),
        (("issuer", "image"), "id", "https://a.example/%zz"),
        (("issuer",), "name", "null\0byte"),
        (("issuer",), "name", "bell\x07"),
        (("issuer",), "name", "half a character \ud800"),
        (("credentialSubject", "achievement"), "creditsAvailable", float("inf")),
        (("credentialSubject", "achievement"), "creditsAvailable", 10**400),
        ((), "@context", CREDENTIALS_V2),
        ((), "@context", [{"@vocab": "https://evil.example/"}]),
        ((), "@context", None),
        ((), "@context", 7),
    ],
)
def test_what_a_signature_would_not_cover_is_refused(
    parts: Any, seen: Shapes, path: tuple[Any, ...], member: str, value: Any
) -> None:
    document = parts.build()
    at(document, *path)[member] = value

    with pytest.raises(Uncovered):
        seen.canonical(document)


def test_a_context_that_is_not_pinned_is_never_fetched(parts: Any, seen: Shapes) -> None:
    document = parts.build()
    document["@context"].append("https://evil.example/context.json")

    with pytest.raises(UnknownContext):
        seen.canonical(document)


def test_many_entwined_nameless_objects_are_refused_before_they_cost_anything(parts: Any, seen: Shapes) -> None:
    document = parts.build()
    levels = [{"type": ["Alignment"], "targetName": "x"} for _ in range(12)]
    document["credentialSubject"]["result"] = [{"type": ["Result"], "alignment": levels} for _ in range(2)]

    with pytest.raises(NotSupported):
        seen.canonical(document)


def test_an_ordered_list_is_not_supported_rather_than_wrong(parts: Any, seen: Shapes) -> None:
    document = parts.build()
    document["credentialSubject"]["achievement"]["resultDescription"][0]["allowedValue"] = ["A", "B"]

    with pytest.raises(NotSupported):
        seen.canonical(document)


def test_a_deep_document_is_refused_before_it_costs_anything(parts: Any, seen: Shapes) -> None:
    document = parts.build()
    node: dict[str, Any] = {"type": ["Alignment"], "targetName": "x"}
    for _ in range(500):
        node = {"type": ["Alignment"], "targetName": "x", "alignment": [node]}
    document["credentialSubject"]["result"] = [node]

    with pytest.raises(Uncovered):
        seen.canonical(document)


def test_true_and_one_are_different_shapes(parts: Any) -> None:
    one, two = parts.build(), parts.build()
    two["credentialSubject"]["identifier"][0]["hashed"] = 1
    shapes = Shapes()

    canonical = [shapes.canonical(one), shapes.canonical(two)]

    assert canonical == [by_pyld(one), by_pyld(two)]
    assert canonical[0] != canonical[1]


def test_no_more_shapes_are_kept_than_asked_for(parts: Any) -> None:
    shapes = Shapes(most=2)

    for number in range(5):
        tags = tuple(str(each) for each in range(number + 1))
        shapes.canonical(parts.with_achievement(tags=tags).build())

    assert len(shapes._known) == 2


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example",
        "https://a.example/#x",
        "urn:uuid:1",
        "did:web:a.example%3A80",
        "https://a.example:8443/x?y=z",
    ],
)
def test_addresses_that_may_be_signed(text: str) -> None:
    assert is_iri(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", "/a", "https://", "https://a b", "ftp://x", "https://a.example/#x#y", "urn:", "https://a.example/<x>"],
)
def test_addresses_that_may_not_be_signed(text: str) -> None:
    assert not is_iri(text)


def test_the_order_of_members_and_of_keys_does_not_matter(parts: Any, seen: Shapes) -> None:
    document = parts.build()
    turned = json.loads(json.dumps(document, sort_keys=True))

    assert seen.canonical(turned) == seen.canonical(document)
