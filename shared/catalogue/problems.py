"""What is wrong with a catalogue, in words that name the place and, where there is one, the nearest valid name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

Location = tuple[str | int, ...]
"""The way to a value inside a file: keys and list positions, from the top."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that a designer has to mend."""

    file: str
    """relative to the folder that was read"""
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem before its line is known: where in the value it is, and what."""

    location: Location
    message: str


def nearest(name: str, valid: Iterable[str]) -> str:
    """A sentence's end that helps: `did you mean "course"?`, else what there is to choose from, else nothing."""
    choices = sorted(set(valid))
    close = difflib.get_close_matches(name, choices, n=1, cutoff=0.6)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; valid here: {', '.join(choices)}" if 0 < len(choices) <= 20 else ""
