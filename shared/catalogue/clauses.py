"""An answer to "why, or why not": one clause for each criterion, as lines to print, as sentences to send, as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_OPENINGS = {
    "all": ("all of these are done", "all of these are needed"),
    "any": ("one of these was enough", "one of these is enough"),
    "not": ("this must not be so, and isn't", "this must not be so, but is"),
    "run": ("once for each run of the course", "once for each run of the course"),
}


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

    def as_json(self) -> dict[str, Any]:
        """For scripts and pages; two digits of progress are enough to draw, and 1.0 means met."""
        return {
            "criterion": self.kind,
            "met": self.met,
            "words": self.words,
            "found": self.found,
            "missing": self.missing,
            "progress": 1.0 if self.met else min(round(self.progress, 4), 0.9999),
            "by": [each.as_json() for each in self.proofs],
            "parts": [each.as_json() for each in self.parts],
        }

    def _lines(self, depth: int) -> Iterator[str]:
        said = [self.words, *filter(None, [self.found, self.missing])]
        yield f"{'  ' * depth}{'✓' if self.met else '✗'} {' — '.join(said)}"
        for each in self.parts:
            yield from each._lines(depth + 1)

    def _sentences(self, depth: int) -> Iterator[str]:
        indent = f"{'  ' * depth}- " if depth else ""
        done, needed = _OPENINGS.get(self.kind, (self.words, self.words))
        said = f"{'Done' if self.met else 'Still needed'}: {done if self.met else needed}"
        if self.met or not self.parts:
            said += f" ({self.found})" if self.found else ""
        said += "" if self.missing is None else f": {self.missing}" if not self.found else f", but {self.missing}"
        yield f"{indent}{said}{':' if self.parts else '.'}"
        for each in self.parts:
            yield from each._sentences(depth + 1)
