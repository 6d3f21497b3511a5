"""Earning criteria as a tree. Leaves look at activities, branches combine; nothing here runs a designer's text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shared.catalogue.durations import Duration
from shared.catalogue.patterns import Pattern

KINDS = ("course", "module", "assignment", "program", "content")
BOUNDS = ("at_least", "more_than", "at_most", "less_than")

Distinct: TypeAlias = Literal["course", "run", "day"]


@dataclass(frozen=True, slots=True)
class Thing:
    """What a leaf looks at: a kind of thing, by id, and optionally from one source only."""

    kind: str
    pattern: Pattern
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """Such an activity is completed; passed and mastered are completed too."""

    thing: Thing


@dataclass(frozen=True, slots=True)
class Passed:
    """The LMS says passed."""

    thing: Thing


@dataclass(frozen=True, slots=True)
class Bound:
    """One side of a comparison, as the designer wrote it too."""

    how: str
    """at_least | more_than | at_most | less_than"""
    value: float
    written: str


@dataclass(frozen=True, slots=True)
class Score:
    """The best score of one thing, normalised to 0..1, lies within every bound."""

    thing: Thing
    bounds: tuple[Bound, ...]

    @property
    def monotone(self) -> bool:
        """A better score never spoils it."""
        return all(each.how in {"at_least", "more_than"} for each in self.bounds)


Leaf: TypeAlias = Completed | Passed | Score


@dataclass(frozen=True, slots=True)
class Count:
    """That many distinct ones, all inside one window."""

    of: Leaf
    at_least: int
    distinct: Distinct = "course"
    within: Duration | None = None


@dataclass(frozen=True, slots=True)
class Holds:
    """The learner holds that many such badges: due, and neither suspended, revoked nor expired."""

    achievement: Pattern
    at_least: int = 1


@dataclass(frozen=True, slots=True)
class All:
    """Each of them."""

    of: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of them."""

    of: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """That many of them."""

    n: int
    of: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not so, as far as is known."""

    of: Criterion


Criterion: TypeAlias = Completed | Passed | Score | Count | Holds | All | AnyOf | AtLeast | Not


def walk(criterion: Criterion) -> Iterator[Criterion]:
    """The criterion and all below it."""
    yield criterion
    match criterion:
        case All(of) | AnyOf(of) | AtLeast(of=of):
            for each in of:
                yield from walk(each)
        case Not(of):
            yield from walk(of)
        case Count(of=leaf):
            yield leaf


def things(criterion: Criterion) -> tuple[Thing, ...]:
    """Everything that an activity could touch it by."""
    leaves = (each.thing for each in walk(criterion) if isinstance(each, Completed | Passed | Score))
    return tuple(dict.fromkeys(leaves))


def holds(criterion: Criterion) -> tuple[Holds, ...]:
    """Everything that a badge could touch it by."""
    return tuple(dict.fromkeys(each for each in walk(criterion) if isinstance(each, Holds)))


def monotone(criterion: Criterion) -> bool:
    """It can only become true: more activities never spoil it, so order of arrival doesn't matter."""
    return not any(isinstance(each, Not) or (isinstance(each, Score) and not each.monotone) for each in walk(criterion))
