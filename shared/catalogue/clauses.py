"""An answer to "why, or why not": one clause for each criterion, as lines to print, as sentences to send, as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_OPENINGS = {
    "all": ("Done, all of this", "All of this is needed"),
    "any": ("One of these is enough, and is done", "One of these is enough"),
    "at_least": ("Done, {words}", "Needed: {words}"),
    "sequence": ("Done, {words}", "Needed: {words}"),
    "during": ("Done, {words}", "Needed: {words}"),
    "not": ("This must not be so, and isn't", "This must not be so, but is"),
    "run": ("Done, {words}", "Needed: {words}"),
    "decision": ("{words}. By the criteria", "{words}. By the criteria"),
}
"""how a criterion with parts begins, met and not, told to a learner"""
_PLAIN = ("not", "decision")


@dataclass(frozen=True, slots=True)
class Proof:
    """An activity or a badge that makes a criterion true."""

    id: str
    said: str
    at: datetime
    source: str | None = None
    """where it was heard; None: a badge of the issuer's own"""

    def as_json(self) -> dict[str, Any]:
        """For scripts and pages."""
        return {"id": self.id, "said": self.said, "at": self.at.isoformat(), "source": self.source}


@dataclass(frozen=True, slots=True)
class Clause:
    """One criterion and its answer, in words."""

    met: bool
    words: str
    found: str | None = None
    """what makes it true, or comes nearest"""
    missing: str | None = None
    """what it takes still"""
    proofs: tuple[Proof, ...] = ()
    parts: tuple[Clause, ...] = ()
    progress: float = 0.0
    """how much of it is done, 0..1; 1 exactly if it is met"""
    kind: str = "run"
    """the criterion's name"""
    label: str = ""
    """before the words: of which run it is told"""

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of the activities and awards that make it true."""
        return tuple(each.id for each in self.proofs)

    def lines(self) -> list[str]:
        """A tree to print."""
        return list(self._lines(0))

    def sentences(self) -> list[str]:
        """The same for the learner, who doesn't know the criteria's names."""
        return list(self._sentences(0))

    def unmet(self) -> list[Clause]:
        """The innermost that don't hold and say what is missing."""
        if self.met:
            return []
        return [each for part in self.parts for each in part.unmet()] or ([self] if self.missing else [])

    def as_json(self) -> dict[str, Any]:
        """For scripts and pages; two digits of progress are enough to draw, and 1.0 means met."""
        return {
            "criterion": self.kind,
            "met": self.met,
            "words": self.label + self.words,
            "found": self.found,
            "missing": self.missing,
            "progress": 1.0 if self.met else min(round(self.progress, 4), 0.9999),
            "by": [each.as_json() for each in self.proofs],
            "parts": [each.as_json() for each in self.parts],
        }

    def _lines(self, depth: int) -> Iterator[str]:
        said = [self.label + self.words, *filter(None, [self.found, self.missing])]
        yield f"{'  ' * depth}{'✓' if self.met else '✗'} {' — '.join(said)}"
        for each in self.parts:
            yield from each._lines(depth + 1)

    def _sentences(self, depth: int) -> Iterator[str]:
        yield _bullet(depth) + (self._opening() if self.parts else self._statement())
        for each in self.parts:
            yield from each._plainly(depth + 1) if self.kind == "not" else each._sentences(depth + 1)

    def _opening(self) -> str:
        done, needed = _OPENINGS[self.kind]
        said = self.label + (done if self.met else needed).format(words=self.words)
        return f"{said}:" if self.missing is None or self.kind in _PLAIN else f"{said} ({self.missing}):"

    def _statement(self) -> str:
        if self.met:
            return f"{self.label}Done: {self.words} ({self.found})." if self.found else f"Done: {self.words}."
        if self.found:
            return f"{self.label}Missing: {self.words}. So far: {self.found}; {self.missing}."
        return f"{self.label}Missing: {self.words} ({self.missing})."

    def _plainly(self, depth: int) -> Iterator[str]:
        """Under `not`: whether it is done or missing would be taken the wrong way."""
        so = (self.found or "so") if self.met else "not so"
        yield f"{_bullet(depth)}{self.words} ({so})."
        for each in self.parts:
            yield from each._plainly(depth + 1)


def _bullet(depth: int) -> str:
    return f"{'  ' * depth}- " if depth else ""
