"""Earning criteria as a tree. Leaves look at activities, branches combine; nothing here runs a designer's text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shared.catalogue.durations import Duration
from shared.catalogue.moments import Moment
from shared.catalogue.patterns import Pattern

KINDS = ("course", "module", "assignment", "program", "content")
BOUNDS = ("at_least", "more_than", "at_most", "less_than")

Distinct: TypeAlias = Literal["course", "run", "day"]
Take: TypeAlias = Literal["best", "last", "first"]


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
class Mastered:
    """The LMS says mastered."""

    thing: Thing


@dataclass(frozen=True, slots=True)
class Bound:
    """One side of a comparison, as the designer wrote it too."""

    how: str
    """at_least | more_than | at_most | less_than"""
    value: float | None
    """0..1; None for a letter, which only a source's scale makes a number"""
    written: str
    worth: tuple[tuple[str, float], ...] = ()
    """of a letter: sources, and what it is worth on the scale of each"""

    def value_for(self, source: str) -> float | None:
        """What a score from there is compared with; None: it can't be."""
        return self.value if self.value is not None else dict(self.worth).get(source)


@dataclass(frozen=True, slots=True)
class Score:
    """A score of one thing, normalised to 0..1, lies within every bound: its best, its last or its first one."""

    thing: Thing
    bounds: tuple[Bound, ...]
    take: Take = "best"

    @property
    def monotone(self) -> bool:
        """Another score never spoils it."""
        return self.take == "best" and all(each.how in {"at_least", "more_than"} for each in self.bounds)


Leaf: TypeAlias = Completed | Passed | Mastered | Score


@dataclass(frozen=True, slots=True)
class Count:
    """That many distinct ones, all inside one window."""

    of: Leaf
    at_least: int
    distinct: Distinct = "course"
    within: Duration | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """The durations of such activities add up to it."""

    at_least: Duration
    of: Leaf


@dataclass(frozen=True, slots=True)
class Streak:
    """At least one in each of that many periods in a row; the first period begins with an activity."""

    of: Leaf
    every: Duration
    times: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """Each strictly later than all of the one before; from the first to the last no longer than `within`."""

    of: tuple[Criterion, ...]
    within: Duration | None = None


@dataclass(frozen=True, slots=True)
class During:
    """True of what happened in that window alone; both ends belong to it."""

    of: Criterion
    start: Moment | None = None
    end: Moment | None = None


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


Branch: TypeAlias = All | AnyOf | AtLeast
Criterion: TypeAlias = Leaf | Count | Hours | Streak | Sequence | During | Holds | Branch | Not


def parts(criterion: Criterion) -> tuple[Criterion, ...]:
    """What stands directly below it."""
    match criterion:
        case All(of) | AnyOf(of) | AtLeast(of=of) | Sequence(of=of):
            return of
        case Not(of) | During(of=of) | Count(of=of) | Hours(of=of) | Streak(of=of):
            return (of,)
        case _:
            return ()


def name_of(criterion: Criterion) -> str:
    """As a designer writes it."""
    name = type(criterion).__name__
    return {"AnyOf": "any", "AtLeast": "at_least"}.get(name, name.lower())


def walk(criterion: Criterion) -> Iterator[Criterion]:
    """The criterion and all below it."""
    yield criterion
    for each in parts(criterion):
        yield from walk(each)


def things(criterion: Criterion) -> tuple[Thing, ...]:
    """Everything that an activity could touch it by."""
    leaves = (each.thing for each in walk(criterion) if isinstance(each, Leaf))
    return tuple(dict.fromkeys(leaves))


def holds(criterion: Criterion) -> tuple[Holds, ...]:
    """Everything that a badge could touch it by."""
    return tuple(dict.fromkeys(each for each in walk(criterion) if isinstance(each, Holds)))


def monotone(criterion: Criterion) -> bool:
    """It can only become true: more activities never spoil it, so order of arrival doesn't matter.

    Windows, counts, sums, streaks and sequences only gain by more of what they look at, as long as that doesn't lose.
    Badges that run out are not in this: they are lost by time, not by more activities.
    """
    return not any(isinstance(each, Not) or (isinstance(each, Score) and not each.monotone) for each in walk(criterion))
