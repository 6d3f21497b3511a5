"""The small parts of a criterion: patterns, numbers, durations, dates, scores. Each mistake is told at its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from shared.catalogue.durations import Duration
from shared.catalogue.moments import Moment
from shared.catalogue.patterns import Pattern, PatternError
from shared.catalogue.problems import Finding, Location, nearest
from shared.catalogue.scales import folded
from shared.catalogue.scores import NotAScore, UnscaledLetter, compares, fraction
from shared.catalogue.tree import Bound, Thing

Scales = Mapping[str, Mapping[str, float]]
"""What a source's letter grades are worth, by the source's name."""

T = TypeVar("T", bound=str)
_STEP = 1e-6


class ValueReader:
    """Collects what is wrong; None is already told."""

    def __init__(self, scales: Scales) -> None:
        self.findings: list[Finding] = []
        self._scales = scales

    def error(self, location: Location, message: str) -> None:
        """Something to mend."""
        self.findings.append(Finding(location, message))

    def fields(
        self, raw: Any, location: Location, allowed: tuple[str, ...], needed: tuple[str, ...] = ()
    ) -> Mapping[str, Any] | None:
        """A mapping that has no other fields, and these."""
        if not isinstance(raw, dict):
            self.error(location, f"needs fields here: {', '.join(allowed)}")
            return None
        unknown = [name for name in raw if name not in allowed]
        for name in unknown:
            self.error((*location, name), f'"{name}" is not a field here{nearest(str(name), allowed)}')
        missing = [name for name in needed if name not in raw]
        for name in missing:
            self.error(location, f'needs "{name}"')
        return None if missing else raw

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

    def word(self, raw: Any, location: Location, valid: tuple[T, ...]) -> T | None:
        """One of these."""
        for each in valid:
            if raw == each:
                return each
        near = nearest(raw, valid) if isinstance(raw, str) else ""
        self.error(location, f"{location[-1]} is {', '.join(valid[:-1])} or {valid[-1]}{near}")
        return None

    def duration(self, raw: Any, location: Location) -> Duration | None:
        """ISO 8601 or short."""
        try:
            return Duration.parse(str(raw))
        except ValueError as error:
            self.error(location, str(error))
            return None

    def period(self, raw: Any, location: Location) -> Duration | None:
        """A duration in which something can happen."""
        found = self.duration(raw, location)
        if found is not None and found.empty:
            self.error(location, f'"{found}" is no time at all')
            return None
        return found

    def hours(self, raw: Any, location: Location) -> Duration | None:
        """A period that can be added up: a day or a month of learning is no fixed time."""
        found = self.period(raw, location)
        if found is not None and not found.exact:
            self.error(location, f'"{found}" can\'t be added up to: write hours or minutes, such as PT20H or 45m')
            return None
        return found

    def moment(self, raw: Any, location: Location) -> Moment | None:
        """A date or a time."""
        try:
            return Moment.parse(raw)
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
                self.error(location, f"needs exactly one of {', '.join(kinds)}" if kinds[1:] else f'needs "{kinds[0]}"')
            return None
        source = fields.get("from")
        if "from" in fields and not isinstance(source, str):
            self.error((*location, "from"), "needs the name of a source")
        pattern = self.pattern(fields[given[0]], (*location, given[0]))
        return None if pattern is None else Thing(given[0], pattern, source if isinstance(source, str) else None)

    def bound(self, how: str, raw: Any, location: Location) -> Bound | None:
        """A number, or a letter with what it is worth on the scale of each source."""
        try:
            return Bound(how, fraction(raw), str(raw))
        except UnscaledLetter as letter:
            text = str(letter)
            return Bound(how, None, text, tuple(self._worth(text)))
        except NotAScore as error:
            self.error(location, str(error))
            return None

    def _worth(self, letter: str) -> Iterator[tuple[str, float]]:
        for source, scale in sorted(self._scales.items()):
            for each, value in scale.items():
                if folded(each) == folded(letter):
                    yield source, value


def impossible(bounds: Iterable[Bound]) -> bool:
    """No score from 0 to 1 lies within all of them, as far as they are numbers."""
    wanted = [each for each in bounds if each.value is not None]
    # a score that is just above what must be exceeded, or just below, is as good as any
    around = {0.0, 1.0} | {(each.value or 0.0) + step for each in wanted for step in (-_STEP, 0.0, _STEP)}
    return not any(
        all(compares(score, each.how, each.value or 0.0) for each in wanted) for score in around if 0 <= score <= 1
    )
