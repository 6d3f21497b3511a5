"""From what a designer wrote to a criterion: the whole language, bounded in depth and size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast, get_args

from shared.catalogue.problems import Finding, Location, nearest
from shared.catalogue.tree import (
    BOUNDS,
    KINDS,
    All,
    AnyOf,
    AtLeast,
    Completed,
    Count,
    Criterion,
    Distinct,
    During,
    Holds,
    Hours,
    Leaf,
    Mastered,
    Not,
    Passed,
    Score,
    Sequence,
    Streak,
    Take,
    monotone,
)
from shared.catalogue.values import Scales, ValueReader, impossible

LEAVES = ("completed", "passed", "mastered", "score")
DISTINCT: tuple[Distinct, ...] = get_args(Distinct)
TAKES: tuple[Take, ...] = get_args(Take)
MAX_DEPTH = 12
MAX_SIZE = 500
_TIMELESS = "a step becomes true at some time: not, at_most, less_than, take: last or first may not stay so"


def read(raw: Any, location: Location, scales: Scales | None = None) -> tuple[Criterion | None, list[Finding]]:
    """The tree, or None with the reasons. Without `scales` letter grades are understood, and worth nothing yet."""
    reader = Reader(scales or {})
    criterion = reader.criterion(raw, location)
    return (None if reader.findings else criterion), reader.findings


class Reader(ValueReader):
    """Reads on after a mistake, so that a designer sees all of them at once."""

    def __init__(self, scales: Scales) -> None:
        super().__init__(scales)
        self._depth = self._size = 0
        self.readers: dict[str, Callable[[Any, Location], Criterion | None]] = {
            "completed": lambda raw, at: self._done(Completed, KINDS, raw, at),
            "passed": lambda raw, at: self._done(Passed, KINDS, raw, at),
            "mastered": lambda raw, at: self._done(Mastered, ("outcome",), raw, at),
            "score": self._score,
            "hours": self._hours,
            "holds": self._holds,
            "count": self._count,
            "streak": self._streak,
            "sequence": self._sequence,
            "all": lambda raw, at: self._branch(All, raw, at),
            "any": lambda raw, at: self._branch(AnyOf, raw, at),
            "not": self._not,
            "at_least": self._at_least,
            "during": self._during,
        }

    def criterion(self, raw: Any, location: Location) -> Criterion | None:
        """Any criterion: a mapping with exactly one name."""
        if not isinstance(raw, dict) or len(raw) != 1:
            several = f", not {len(raw)}" if isinstance(raw, dict) else ""
            self.error(location, f"a criterion has exactly one name{several}: one of {', '.join(self.readers)}")
            return None
        name, value = next(iter(raw.items()))
        at = (*location, name)
        if (reader := self.readers.get(name)) is None:
            self.error(at, f'"{name}" is not a criterion{nearest(str(name), self.readers)}')
            return None
        return self._bounded(reader, value, at)

    def _bounded(
        self, reader: Callable[[Any, Location], Criterion | None], value: Any, at: Location
    ) -> Criterion | None:
        self._size += 1
        if self._size == MAX_SIZE + 1:
            self.error(at, f"criteria have at most {MAX_SIZE} parts: a pattern with * or {{a,b}} can stand for many")
        if self._depth == MAX_DEPTH:
            self.error(at, f"criteria stand at most {MAX_DEPTH} deep inside each other")
        if self._size > MAX_SIZE or self._depth == MAX_DEPTH:
            return None
        self._depth += 1
        found = reader(value, at)
        self._depth -= 1
        return found

    def _leaf(self, raw: Any, location: Location) -> Leaf | None:
        """A criterion that looks at activities one by one."""
        if isinstance(raw, dict) and len(raw) == 1 and (name := next(iter(raw))) in self.readers and name not in LEAVES:
            self.error((*location, name), f'"{name}" can\'t stand here: one of {", ".join(LEAVES)}')
            return None
        return cast("Leaf | None", self.criterion(raw, location))

    def _done(
        self,
        kind: type[Completed] | type[Passed] | type[Mastered],
        kinds: tuple[str, ...],
        raw: Any,
        location: Location,
    ) -> Criterion | None:
        thing = self.thing(raw, location, kinds)
        return None if thing is None else kind(thing)

    def _score(self, raw: Any, location: Location) -> Criterion | None:
        thing = self.thing(raw, location, (*KINDS, "outcome"), (*BOUNDS, "take"))
        if thing is None:
            return None
        take = self.word(raw.get("take", "best"), (*location, "take"), TAKES)
        given = [how for how in BOUNDS if how in raw]
        if not given:
            self.error(location, f"needs one of {', '.join(BOUNDS)}")
        read = [self.bound(how, raw[how], (*location, how)) for how in given]
        bounds = tuple(each for each in read if each is not None)
        if impossible(bounds):
            self.error(location, "no score from 0 to 100 % can be that: mind which bound is the lower one")
        return None if take is None else Score(thing, bounds, take)

    def _hours(self, raw: Any, location: Location) -> Criterion | None:
        fields = self.fields(raw, location, ("at_least", "of"), ("at_least", "of"))
        if fields is None:
            return None
        at_least = self.hours(fields["at_least"], (*location, "at_least"))
        of = self._leaf(fields["of"], (*location, "of"))
        return None if at_least is None or of is None else Hours(at_least, of)

    def _holds(self, raw: Any, location: Location) -> Criterion | None:
        if not isinstance(raw, dict):
            pattern = self.pattern(raw, location)
            return None if pattern is None else Holds(pattern)
        fields = self.fields(raw, location, ("achievement", "at_least"), ("achievement",))
        if fields is None:
            return None
        pattern = self.pattern(fields["achievement"], (*location, "achievement"))
        at_least = self.whole(fields.get("at_least", 1), (*location, "at_least"))
        return None if pattern is None or at_least is None else Holds(pattern, at_least)

    def _count(self, raw: Any, location: Location) -> Criterion | None:
        fields = self.fields(raw, location, ("of", "at_least", "distinct", "within"), ("of", "at_least"))
        if fields is None:
            return None
        of = self._leaf(fields["of"], (*location, "of"))
        at_least = self.whole(fields["at_least"], (*location, "at_least"))
        distinct = self.word(fields.get("distinct", "course"), (*location, "distinct"), DISTINCT)
        within = self.duration(fields["within"], (*location, "within")) if "within" in fields else None
        return None if of is None or at_least is None or distinct is None else Count(of, at_least, distinct, within)

    def _streak(self, raw: Any, location: Location) -> Criterion | None:
        fields = self.fields(raw, location, ("of", "every", "times"), ("of", "every", "times"))
        if fields is None:
            return None
        of = self._leaf(fields["of"], (*location, "of"))
        every = self.period(fields["every"], (*location, "every"))
        times = self.whole(fields["times"], (*location, "times"))
        return None if of is None or every is None or times is None else Streak(of, every, times)

    def _sequence(self, raw: Any, location: Location) -> Criterion | None:
        within, steps, at = None, raw, location
        if isinstance(raw, dict):
            fields = self.fields(raw, location, ("of", "within"), ("of",))
            if fields is None:
                return None
            steps, at = fields["of"], (*location, "of")
            within = self.period(fields["within"], (*location, "within")) if "within" in fields else None
        of = self._list(steps, at, least=2)
        for number, step in enumerate(of):
            if step is not None and not isinstance(step, Leaf) and not monotone(step):
                self.error((*at, number), _TIMELESS)
        return Sequence(tuple(each for each in of if each is not None), within)

    def _branch(self, kind: type[All] | type[AnyOf], raw: Any, location: Location) -> Criterion | None:
        return kind(tuple(each for each in self._list(raw, location) if each is not None))

    def _list(self, raw: Any, location: Location, least: int = 1) -> list[Criterion | None]:
        if not isinstance(raw, list) or len(raw) < least:
            self.error(location, "needs a list of criteria" if least == 1 else "needs a list of two or more criteria")
            return []
        return [self.criterion(each, (*location, at)) for at, each in enumerate(raw)]

    def _not(self, raw: Any, location: Location) -> Criterion | None:
        of = self.criterion(raw, location)
        return None if of is None else Not(of)

    def _at_least(self, raw: Any, location: Location) -> Criterion | None:
        fields = self.fields(raw, location, ("n", "of"), ("n", "of"))
        if fields is None:
            return None
        of = self._list(fields["of"], (*location, "of"))
        n = self.whole(fields["n"], (*location, "n"))
        if n is not None and of and n > len(of):
            self.error((*location, "n"), f"asks for {n} of {len(of)}")
        return None if n is None else AtLeast(n, tuple(each for each in of if each is not None))

    def _during(self, raw: Any, location: Location) -> Criterion | None:
        fields = self.fields(raw, location, ("from", "until", "of"), ("of",))
        if fields is None:
            return None
        start = self.moment(fields["from"], (*location, "from")) if "from" in fields else None
        end = self.moment(fields["until"], (*location, "until")) if "until" in fields else None
        if "from" not in fields and "until" not in fields:
            self.error(location, 'needs "from", "until" or both')
        if start is not None and end is not None and start.surely_after(end):
            self.error((*location, "until"), f"until {end} is before {start}, from when it counts")
        of = self.criterion(fields["of"], (*location, "of"))
        return None if of is None else During(of, start, end)
