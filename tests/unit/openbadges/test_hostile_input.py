"""Whatever somebody presents gets a verdict, never an exception, and nothing that was tampered with gets a good one."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import Rejected
from shared.openbadges import data_integrity, dates, skeleton, vc_jwt
from shared.openbadges.shapes import Shapes
from shared.openbadges.verification import Report, Result, references


@pytest.mark.parametrize(
    "presented",
    [
        "",
        b"",
        "hello",
        b"\xff\xfe\x00",
        "{}",
        "[]",
        "null",
        "7",
        '{"proof":[]}',
        "[" * 10_000 + "]" * 10_000,
        '{"a":' * 10_000 + "1" + "}" * 10_000,
        "9" * 10_000,
        '{"a":1e999,"proof":{}}',
        '{"a":NaN}',
        "a.b.c",
        "eyJhbGciOiJub25lIn0.e30.",
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 1000,
        "x" * 5_000_000,
        '{"@context":["https://w3id.org/openbadges/v2"],"type":"Assertion","recipient":{},"badge":"x"}',
    ],
)
def test_nonsense_is_invalid_and_never_an_exception(check: Callable[..., Report], presented: Any) -> None:
    report = check(presented)

    assert report.result is Result.INVALID
    assert references(presented) is None


def test_nothing_long_of_a_strangers_document_is_remembered() -> None:
    moment = f"2026-11-01T00:00:00.{'1' * 100_000}Z"

    known_before = (dates._parsed.cache_info().currsize, skeleton._is_word.cache_info().currsize)
    with pytest.raises(ValueError, match="date"):
        dates.parse_timestamp(moment)
    with pytest.raises(Rejected):
        Shapes().canonical({"@context": "https://www.w3.org/ns/credentials/v2", "x" * 100_000: "y"})

    assert (dates._parsed.cache_info().currsize, skeleton._is_word.cache_info().currsize) == known_before


def test_a_picture_with_nothing_in_it_is_invalid_with_a_reason(check: Callable[..., Report], picture: bytes) -> None:
    report = check(picture)

    assert report.result is Result.INVALID
    assert "baked" in report.steps[0].sentence


nonsense: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just({}) | st.just([]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def paths(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(found for step, value in inner for found in paths(value, (*path, step)))]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_anything_anywhere_in_a_document_gives_a_report(
    check: Callable[..., Report], proven: dict[str, Any], parts: Any, issuer: Any, data: Any
) -> None:
    document = copy.deepcopy(proven)
    *way, last = data.draw(st.sampled_from(paths(document)[1:]))
    node: Any = document
    for step in way:
        node = node[step]
    was = node[last]
    value = data.draw(nonsense.filter(lambda each: each != was))
    node[last] = value
    moment = datetime.fromisoformat("2026-11-01T00:00:00Z")
    unsecured = {name: each for name, each in document.items() if name != "proof"}

    assert check(document).result not in {Result.VERIFIED, Result.EXPIRED} or value == [was] or [value] == was
    for sign in (
        lambda: vc_jwt.sign(unsecured, issuer.es256),
        lambda: data_integrity.sign(unsecured, issuer.ed25519, moment, Shapes()),
    ):
        # what can't even be signed needs no verifying
        with contextlib.suppress(Rejected, TypeError):
            assert isinstance(check(sign()), Report)
