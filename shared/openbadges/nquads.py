"""What may stand in a canonical N-Quad, and how: where implementations differ, the character is refused instead."""

from __future__ import annotations

import re

_UNSIGNABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile(r'[\\"\t\n\r]')
_ESCAPES = {"\\": r"\\", '"': r"\"", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
_IRI = re.compile(
    r"(?:https?://[A-Za-z0-9._~%-]+(?::[0-9]{1,5})?(?:[/?#]|\Z)|urn:[a-z0-9][a-z0-9-]+:|did:[a-z0-9]+:|data:|mailto:)"
    r"(?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]++|%[0-9A-Fa-f]{2})*+",
    re.ASCII,
)


def is_signable(text: str) -> bool:
    """Whether every RDF implementation writes it alike. No control characters but tab and line ends."""
    return not _UNSIGNABLE.search(text)


def is_iri(text: str) -> bool:
    """Whether it is absolute, of a scheme that no context takes for a prefix, and percent-encoded throughout.

    Anything else some implementations drop without a word, and then it isn't signed.
    """
    return _IRI.fullmatch(text) is not None and text.count("#") <= 1


def escape(text: str) -> str:
    """A literal between its quotes, as canonical N-Quads writes it. The text must be signable."""
    return _ESCAPED.sub(_escape, text) if _ESCAPED.search(text) else text


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES[found.group()]
