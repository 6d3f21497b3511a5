"""Which of the forms that we have a client would rather see (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """The forms in which the portal shows a thing."""

    JSON = "json"
    PAGE = "page"
    JWT = "jwt"
    PNG = "png"


MEDIA: dict[Form, tuple[str, ...]] = {
    Form.JSON: ("application/json", "application/ld+json", "application/vc", "application/vc+ld+json"),
    Form.PAGE: ("text/html",),
    Form.JWT: ("application/vc+jwt", "application/jwt", "text/plain"),
    Form.PNG: ("image/png",),
}
"""Each form's media types; the first is what a client gets that names none."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A form, and the media type by which the client knows it."""

    form: Form
    media_type: str


@dataclass(frozen=True, slots=True)
class _Range:
    kind: str
    subtype: str
    quality: float

    def specificity(self, media_type: str) -> int:
        """0 where it doesn't match, else more for a range that says more."""
        kind, _, subtype = media_type.partition("/")
        if (self.kind, self.subtype) == (kind, subtype):
            return 3
        if self.kind == kind and self.subtype == "*":
            return 2
        return 1 if self.kind == self.subtype == "*" else 0


def choose(accept: str | None, forms: Sequence[Form]) -> Choice | None:
    """The form that suits the header best; the order of `forms` breaks ties. None: none is acceptable.

    A range that names a type beats a wildcard of the same quality, so that `text/html, */*` is the page.
    """
    ranges = _ranges(accept)
    if not ranges:
        return Choice(forms[0], MEDIA[forms[0]][0])
    best: Choice | None = None
    rank = (0.0, 0)
    for form in forms:
        for media_type in MEDIA[form]:
            quality, specificity = _appeal(media_type, ranges)
            if quality > 0 and (quality, specificity) > rank:
                best, rank = Choice(form, media_type), (quality, specificity)
    return best


def _appeal(media_type: str, ranges: Sequence[_Range]) -> tuple[float, int]:
    """The quality that the most specific range gives to a type, and how specific it was."""
    matching = [(each.specificity(media_type), each.quality) for each in ranges]
    specificity, quality = max(matching)
    return (quality, specificity) if specificity else (0.0, 0)


def _ranges(accept: str | None) -> list[_Range]:
    found = [_range(part) for part in (accept or "").split(",") if part.strip()]
    return [each for each in found if each is not None]


def _range(part: str) -> _Range | None:
    name, *parameters = (each.strip() for each in part.split(";"))
    kind, slash, subtype = name.lower().partition("/")
    if not (kind and slash and subtype):
        return None
    return _Range(kind, subtype, _quality(parameters))


def _quality(parameters: Sequence[str]) -> float:
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
