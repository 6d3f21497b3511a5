"""From what a designer wrote to a criterion: the whole language is understood, what is still to come is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from shared.catalogue.durations import Duration
from shared.catalogue.patterns import Pattern, PatternError
from shared.catalogue.problems import Finding, Location, nearest
from shared.catalogue.scores import NotAScore, UnscaledLetter, fraction
from shared.catalogue.to_come import TO_COME, check_to_come
from shared.catalogue.tree import (
    BOUNDS,
    KINDS,
    All,
    AnyOf,
    AtLeast,
    Bound,
    Completed,
    Count,
    Criterion,
    Distinct,
    Holds,
    Leaf,
    Not,
    Passed,
    Score,
    Thing,
)

LEAVES = ("completed", "passed", "mastered", "score")


def read(raw: Any, location: Location) -> tuple[Criterion | None, list[Finding]]:
    """The tree, or None with the reasons; findings of level `unsupported` come without a tree too."""
    reader = Reader()
    criterion = reader.criterion(raw, location)
    return (None if reader.findings else criterion), reader.findings


class Reader:
    """Reads on after a mistake, so that a designer sees all of them at once."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._readers: dict[str, Callable[[Any, Location], Criterion | None]] = {
            "completed": self._completed,
            "passed": self._passed,
            "score": self._score,
            "count": self._count,
            "holds": self._holds,
            "all": lambda raw, at: self._branch(All, raw, at),
            "any": lambda raw, at: self._branch(AnyOf, raw, at),
            "not": self._not,
            "at_least": self._at_least,
        }

    def error(self, location: Location, message: str) -> None:
        """Something to mend."""
        self.findings.append(Finding(location, message))

    def unsupported(self, location: Location, what: str) -> None:
        """Right, but still to come."""
        self.findings.append(Finding(location, f"{what} is not supported yet", "unsupported"))

    def criterion(self, raw: Any, location: Location) -> Criterion | None:
        """Any criterion: a mapping with exactly one name."""
        known = (*self._readers, *TO_COME)
        if not isinstance(raw, dict) or len(raw) != 1:
            several = f", not {len(raw)}" if isinstance(raw, dict) else ""
            self.error(location, f"a criterion has exactly one name{several}: one of {', '.join(known)}")
            return None
        name, value = next(iter(raw.items()))
        at = (*location, name)
        if name in TO_COME:
            check_to_come(self, name, value, at)
            return None
        if (reader := self._readers.get(name)) is None:
            self.error(at, f'"{name}" is not a criterion{nearest(name, known)}')
            return None
        return reader(value, at)

    def leaf(self, raw: Any, location: Location) -> Leaf | None:
        """A criterion that looks at activities one by one."""
        if isinstance(raw, dict) and len(raw) == 1 and (name := next(iter(raw))) not in LEAVES:
            self.error((*location, name), f'"{name}" can\'t stand here: one of {", ".join(LEAVES)}')
            return None
        return cast("Leaf | None", self.criterion(raw, location))

    def fields(self, raw: Any, location: Location, allowed: tuple[str, ...]) -> Mapping[str, Any] | None:
        """A mapping that has no other fields; None is already told."""
        if not isinstance(raw, dict):
            self.error(location, f"needs fields here: {', '.join(allowed)}")
            return None
        for name in raw:
            if name not in allowed:
                self.error((*location, name), f'"{name}" is not a field here{nearest(name, allowed)}')
        return raw

    def pattern(self, raw: Any, location: Location) -> Pattern | None:
        """A glob; a whole number is an id too."""
        text = str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw
        if not isinstance(text, str):
            self.error(location, "needs a pattern such as EDS101 or EL-*, in quotes if it looks like a number")
            return None
        try:
            return Pattern.parse(text)
        except PatternError as error:
            self.error(location, str(error))
            return None

    def whole(self, raw: Any, location: Location, least: int = 1) -> int | None:
        """A whole number."""
        if isinstance(raw, bool) or not isinstance(raw, int) or raw < least:
            self.error(location, f"needs a whole number from {least} on")
            return None
        return raw

    def duration(self, raw: Any, location: Location) -> Duration | None:
        """ISO 8601 or short."""
        try:
            return Duration.parse(str(raw))
        except ValueError as error:
            self.error(location, str(error))
            return None

    def thing(self, raw: Any, location: Location, kinds: tuple[str, ...], more: tuple[str, ...] = ()) -> Thing | None:
        """`{course: PATTERN, from: SOURCE}`."""
        fields = self.fields(raw, location, (*kinds, "from", *more))
        if fields is None:
            return None
        given = [each for each in kinds if each in fields]
        if len(given) != 1:
            misspelt = not given and any(each not in (*kinds, "from", *more) for each in fields)
            if not misspelt:
                self.error(location, f"needs exactly one of {', '.join(kinds)}")
            return None
        source = fields.get("from")
        if "from" in fields and not isinstance(source, str):
            self.error((*location, "from"), "needs the name of a source")
        pattern = self.pattern(fields[given[0]], (*location, given[0]))
        return None if pattern is None else Thing(given[0], pattern, source if isinstance(source, str) else None)

    def _completed(self, raw: Any, location: Location) -> Criterion | None:
        thing = self.thing(raw, location, KINDS)
        return None if thing is None else Completed(thing)

    def _passed(self, raw: Any, location: Location) -> Criterion | None:
        thing = self.thing(raw, location, KINDS)
        return None if thing is None else Passed(thing)

    def _score(self, raw: Any, location: Location) -> Criterion | None:
        thing = self.thing(raw, location, (*KINDS, "outcome"), (*BOUNDS, "take"))
        if thing is None:
            return None
        match raw.get("take", "best"):
            case "best":
                pass
            case "last" | "first" as take:
                self.unsupported((*location, "take"), f"take: {take}")
            case _:
                self.error((*location, "take"), "take is best, last or first")
        given = [how for how in BOUNDS if how in raw]
        if not given:
            self.error(location, f"needs one of {', '.join(BOUNDS)}")
        bounds = [self._bound(how, raw[how], (*location, how)) for how in given]
        return Score(thing, tuple(each for each in bounds if each is not None))

    def _bound(self, how: str, raw: Any, location: Location) -> Bound | None:
        try:
            return Bound(how, fraction(raw), str(raw))
        except UnscaledLetter:
            self.unsupported(location, f'the letter grade "{raw}"')
        except NotAScore as error:
            self.error(location, str(error))
        return None

    def _count(self, raw: Any, location: Location) -> Criterion | None:
        fields = self.fields(raw, location, ("of", "at_least", "distinct", "within"))
        if fields is None:
            return None
        for name in ("of", "at_least"):
            if name not in fields:
                self.error(location, f'needs "{name}"')
                return None
        of = self.leaf(fields["of"], (*location, "of"))
        at_least = self.whole(fields["at_least"], (*location, "at_least"))
        distinct = fields.get("distinct", "course")
        if distinct not in ("course", "run", "day"):
            self.error((*location, "distinct"), "distinct is course, run or day")
        within = self.duration(fields["within"], (*location, "within")) if "within" in fields else None
        return None if of is None or at_least is None else Count(of, at_least, cast("Distinct", distinct), within)

    def _holds(self, raw: Any, location: Location) -> Criterion | None:
        if not isinstance(raw, dict):
            pattern = self.pattern(raw, location)
            return None if pattern is None else Holds(pattern)
        self.fields(raw, location, ("achievement", "at_least"))
        if "achievement" not in raw:
            self.error(location, 'needs "achievement"')
            return None
        pattern = self.pattern(raw["achievement"], (*location, "achievement"))
        at_least = self.whole(raw.get("at_least", 1), (*location, "at_least"))
        return None if pattern is None or at_least is None else Holds(pattern, at_least)

    def _branch(self, kind: type[All] | type[AnyOf], raw: Any, location: Location) -> Criterion | None:
        return kind(self._list(raw, location))

    def _list(self, raw: Any, location: Location) -> tuple[Criterion, ...]:
        if not isinstance(raw, list) or not raw:
            self.error(location, "needs a list of criteria")
            return ()
        read = [self.criterion(each, (*location, at)) for at, each in enumerate(raw)]
        return tuple(each for each in read if each is not None)

    def _not(self, raw: Any, location: Location) -> Criterion | None:
        of = self.criterion(raw, location)
        return None if of is None else Not(of)

    def _at_least(self, raw: Any, location: Location) -> Criterion | None:
        fields = self.fields(raw, location, ("n", "of"))
        if fields is None:
            return None
        of = self._list(fields.get("of"), (*location, "of"))
        n = self.whole(fields.get("n"), (*location, "n"))
        if n is not None and isinstance(fields.get("of"), list) and n > len(fields["of"]):
            self.error((*location, "n"), f"asks for {n} of {len(fields['of'])}")
        return None if n is None else AtLeast(n, of)
