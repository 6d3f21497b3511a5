"""A catalogue's own tests as a designer writes them: what learners did, and which awards that should come to. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from shared.catalogue import entries, yamltext
from shared.catalogue.durations import Duration as Length
from shared.catalogue.files import Placed
from shared.catalogue.model import Duration, Entry
from shared.catalogue.moments import Moment
from shared.catalogue.problems import Finding, Location, Problem, nearest
from shared.catalogue.scores import NotAScore, UnscaledLetter, fraction

KINDS = ("course", "module", "assignment", "program", "outcome", "content", "achievement")
SOMEBODY = "the learner"
NONE = "none"
_FIELDS = ("name", "given", "expect", "expect_not")


class Given(Entry):
    """One thing that a learner did."""

    learner: str = SOMEBODY
    verb: Literal["completed", "passed", "failed", "mastered", "scored", "progressed", "granted", "withheld"]
    course: str | None = None
    module: str | None = None
    assignment: str | None = None
    program: str | None = None
    outcome: str | None = None
    content: str | None = None
    achievement: str | None = None
    """for granted and withheld: what a registrar decided about"""
    of_course: str | None = None
    """the course that a module or an assignment belongs to"""
    run: str | None = None
    """which delivery of the course"""
    score: str | float | None = None
    success: bool | None = None
    duration: Duration | None = None
    at: str
    """a date is the beginning of its day, where the issuer is"""
    source: str | None = None
    """default: the tenant's first"""
    because: str | None = None

    @property
    def things(self) -> list[tuple[str, str]]:
        """What it was done to: kind and id, one if it is right."""
        named = ((kind, getattr(self, kind)) for kind in KINDS)
        return [(kind, value) for kind, value in named if value is not None]


class Expected(Entry):
    """An award that should come of it."""

    achievement: str
    learner: str = SOMEBODY
    run: str | None = None
    earned_at: str | None = None
    """a date: some time on that day"""


class WrittenTest(Entry):
    """One test, apart from what it expects."""

    name: str
    given: tuple[Given, ...] = Field(max_length=1000)
    expect_not: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """One test of a catalogue."""

    placed: Placed
    location: Location
    name: str
    given: tuple[Given, ...]
    expected: tuple[Expected, ...]
    unexpected: tuple[str, ...]
    nothing: bool
    """`expect: none`: no award of any achievement"""

    def at(self, *below: str | int) -> Location:
        """The place of a part of it."""
        return (*self.location, *below)

    @property
    def named(self) -> set[str]:
        """The achievements that it is about."""
        return {each.achievement for each in self.expected} | set(self.unexpected)


@dataclass(frozen=True, slots=True)
class ReadTests:
    """What one file says."""

    tests: tuple[Expectation, ...]
    problems: tuple[Problem, ...]


def read_tests(name: str, content: bytes) -> ReadTests:
    """Reads on after a mistake; `name` is what problems call the file."""
    tests: list[Expectation] = []
    problems: list[Problem] = []
    try:
        texts = yamltext.read(content)
    except yamltext.Unreadable as error:
        return ReadTests((), (Problem(name, error.place.line, error.place.column, str(error)),))
    for text in texts:
        placed = Placed(name, text)
        raw = text.value.get("tests") if isinstance(text.value, dict) and set(text.value) == {"tests"} else None
        if not isinstance(raw, list):
            problems.append(placed.at((), 'needs "tests" at its top, and nothing else: a list'))
            continue
        for number, each in enumerate(raw):
            test, findings = _test(placed, each, ("tests", number))
            problems += [placed.problem(finding) for finding in findings]
            if test is not None and not findings:
                tests.append(test)
    return ReadTests(tuple(tests), tuple(problems))


def _test(placed: Placed, raw: Any, at: Location) -> tuple[Expectation | None, list[Finding]]:
    if not isinstance(raw, dict):
        return None, [Finding(at, f"needs fields here: {', '.join(_FIELDS)}")]
    findings = [
        Finding((*at, key), f'"{key}" is not a field here{nearest(str(key), _FIELDS)}') for key in raw.keys() - _FIELDS
    ]
    written, wrong = entries.read(WrittenTest, {key: raw[key] for key in raw if key in _FIELDS and key != "expect"}, at)
    expected, misread = _expected(raw, at)
    findings += [*wrong, *misread]
    if written is None:
        return None, findings
    findings += [each for number, given in enumerate(written.given) for each in _doubts(given, (*at, "given", number))]
    return Expectation(
        placed, at, written.name, written.given, expected, written.expect_not, raw.get("expect") == NONE
    ), findings


def _expected(raw: dict[str, Any], at: Location) -> tuple[tuple[Expected, ...], list[Finding]]:
    """A name, a list of names or of more, or `none`."""
    given = raw.get("expect")
    if given == NONE or (given is None and raw.get("expect_not")):
        return (), []
    if given is None:
        return (), [Finding(at, 'needs "expect": an achievement, a list of awards, or none')]
    found: list[Expected] = []
    findings: list[Finding] = []
    each_of = list(enumerate(given)) if isinstance(given, list) else [(None, given)]
    for number, each in each_of:
        place = (*at, "expect") if number is None else (*at, "expect", number)
        one, wrong = entries.read(Expected, {"achievement": each} if isinstance(each, str) else each, place)
        findings += wrong
        if one is not None:
            found.append(one)
            findings += _moment(one.earned_at, (*place, "earned_at"))
    return tuple(found), findings


def _doubts(given: Given, at: Location) -> Iterator[Finding]:
    """What the fields' types don't say."""
    if len(given.things) != 1:
        yield Finding(at, f"needs exactly one of {', '.join(KINDS)}")
    decision = given.verb in ("granted", "withheld")
    if decision != (given.achievement is not None):
        yield Finding((*at, "verb"), "granted and withheld are about an achievement, and nothing else is")
    yield from _moment(given.at, (*at, "at"))
    if given.duration is not None and not _exact(given.duration):
        yield Finding((*at, "duration"), "needs hours or minutes, such as PT2H")
    try:
        fraction(given.score if given.score is not None else 0)
    except UnscaledLetter:
        return
    except NotAScore as error:
        yield Finding((*at, "score"), str(error))


def _exact(duration: str) -> bool:
    try:
        return Length.parse(duration).exact
    except ValueError:
        return False


def _moment(text: str | None, at: Location) -> Iterator[Finding]:
    try:
        Moment.parse(text or "2000-01-01")
    except ValueError as error:
        yield Finding(at, str(error))
