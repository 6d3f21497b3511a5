"""A JSON-LD document without its strings: what documents of one shape have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from shared.openbadges.proof import InvalidProof

Key = tuple[Any, ...]

_TERM = re.compile(r"[A-Za-z0-9]+", re.ASCII)
_MAX_DEPTH = 16
_MAX_VALUES = 2000
_MAX_NUMBER = 2**53
_MAX_TERM = 100
_SLOT = 0
_NAMED_BY_TERM = {"type", "proofPurpose"}
"""Members whose values are terms themselves: what they expand to depends on the contexts."""


class Uncovered(InvalidProof):
    """Part of the document would stay outside any signature over it."""

    code = "uncovered_content"


def skeleton(document: Mapping[str, Any], values: list[str]) -> Key:
    """The document's shape; `values` gets its strings, in order. Types, contexts, numbers and terms are shape."""
    contexts = document.get("@context")
    if not _is_names(contexts):
        msg = "@context must name the contexts by their addresses"
        raise Uncovered(msg)
    rest = {term: value for term, value in document.items() if term != "@context"}
    return (_frozen(contexts), _object(rest, values, 0))


def placed(document: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """A copy with `<prefix><n>:` in the place of the nth string."""
    values: list[str] = []
    return {
        term: value if term == "@context" or term in _NAMED_BY_TERM else _placed(value, prefix, values)
        for term, value in document.items()
    }


def _object(node: Mapping[str, Any], values: list[str], depth: int) -> Key:
    parts: list[Any] = ["{"]
    for term, value in node.items():
        if not _is_term(term):
            msg = "the document has a member that no context defines as a term"
            raise Uncovered(msg)
        parts.append(term)
        parts.append(_types(value) if term in _NAMED_BY_TERM else _node(value, values, depth + 1))
    return tuple(parts)


def _node(node: Any, values: list[str], depth: int) -> Any:
    if isinstance(node, str):
        values.append(node)
        return _SLOT
    if depth > _MAX_DEPTH or len(values) > _MAX_VALUES:
        msg = "the document is nested too deeply or holds too much"
        raise Uncovered(msg)
    if isinstance(node, dict) and node:
        return _object(node, values, depth)
    if isinstance(node, list) and node:
        return ("[", *[_node(each, values, depth + 1) for each in node])
    if isinstance(node, (bool, int, float)) and abs(node) <= _MAX_NUMBER:
        # True, 1 and 1.0 are equal in Python and three things in RDF
        return (type(node).__name__, repr(node))
    msg = "the document has an empty member or an endless number, which a signature wouldn't cover"
    raise Uncovered(msg)


def _types(value: Any) -> Any:
    if not _is_names(value) or not all(map(_is_term, (value,) if isinstance(value, str) else value)):
        msg = "a type must be named by a term of the document's contexts"
        raise Uncovered(msg)
    return _frozen(value)


def _is_term(name: str) -> bool:
    # the length first: what is remembered of strangers' documents must stay small
    return len(name) <= _MAX_TERM and _is_word(name)


@lru_cache(maxsize=1024)
def _is_word(name: str) -> bool:
    return _TERM.fullmatch(name) is not None


def _is_names(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)
    )


def _frozen(value: Any) -> Any:
    return value if isinstance(value, str) else tuple(value)


def _placed(node: Any, prefix: str, values: list[str]) -> Any:
    match node:
        case str():
            values.append(node)
            return f"{prefix}{len(values) - 1}:"
        case dict():
            return {
                term: value if term in _NAMED_BY_TERM else _placed(value, prefix, values)
                for term, value in node.items()
            }
        case list():
            return [_placed(each, prefix, values) for each in node]
        case _:
            return node
