"""Mistakes in criteria are told where they are, and with what was probably meant; nothing is unbounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.catalogue import grammar
from shared.catalogue.criteria import parse, scales_of
from shared.catalogue.model import Issuer, Source, Tenant
from shared.catalogue.reading import ReadResult
from shared.catalogue.tree import Score, monotone, things, walk

LEAF = {"completed": {"course": "A"}}
Read = Callable[..., ReadResult]


def told(raw: Any) -> list[str]:
    return [each.message for each in grammar.read(raw, ())[1]]


@pytest.mark.parametrize(
    ("earned_when", "line", "column", "problem"),
    [
        ("\n  complete: {course: A}", 3, 3, 'did you mean "completed"?'),
        ("\n  completed:\n    curse: A", 4, 5, 'did you mean "course"?'),
        ("\n  hours:\n    at_least: 20\n    of: {completed: {course: A}}", 4, 5, "is not a duration"),
        ("\n  hours:\n    at_least: P1D\n    of: {completed: {course: A}}", 4, 5, "can't be added up to"),
        ("\n  streak: {of: {holds: b}, every: P7D, times: 6}", 3, 17, '"holds" can\'t stand here'),
        ("\n  streak: {of: {completed: {course: A}}, every: P0D, times: 6}", 3, 42, "is no time at all"),
        ("\n  sequence: [{completed: {course: A}}]", 3, 3, "needs a list of two or more"),
        ("\n  sequence: {within: P1D}", 3, 3, 'needs "of"'),
        ("\n  sequence:\n    - completed: {course: A}\n    - not: {completed: {course: B}}", 5, 7, "may not stay so"),
        ("\n  during: {of: {completed: {course: A}}}", 3, 3, 'needs "from", "until" or both'),
        ("\n  during: {from: 1 May, of: {completed: {course: A}}}", 3, 12, "needs a date such as"),
        ("\n  during: {from: 2026-02-01, until: 2026-01-01, of: {completed: {course: A}}}", 3, 30, "is before"),
        ("\n  score: {course: A, at_least: 80%, take: latest}", 3, 37, 'did you mean "last"?'),
        ("\n  score: {course: A, at_least: 80%, at_most: 50%}", 3, 3, "no score"),
        ("\n  score: {course: A, more_than: 100%}", 3, 3, "no score"),
        ("\n  mastered: {course: A}", 3, 14, "outcome"),
        ("\n  count: {of: {completed: {course: A}}, at_least: 2, distinct: days}", 3, 54, 'did you mean "day"?'),
        ("\n  at_least: {n: 3, of: [{completed: {course: A}}]}", 3, 14, "asks for 3 of 1"),
    ],
)
def test_a_mistake_is_told_at_its_place(read: Read, earned_when: str, line: int, column: int, problem: str) -> None:
    text = "achievement: {id: a, version: 1, type: Badge, name: A, description: d, criteria: c}\nearned_when:"

    [found] = read(text + earned_when).problems

    assert (found.line, found.column) == (line, column), found
    assert problem in found.message


def test_criteria_stand_at_most_twelve_deep() -> None:
    raw: dict[str, Any] = LEAF
    for _ in range(11):
        raw = {"not": raw}

    assert told(raw) == []
    assert told({"not": raw}) == ["criteria stand at most 12 deep inside each other"]


def test_however_deep_it_is_it_is_told_once() -> None:
    raw: dict[str, Any] = LEAF
    for _ in range(3000):
        raw = {"all": [raw]}

    assert len(told(raw)) == 1


def test_criteria_have_at_most_five_hundred_parts() -> None:
    assert told({"all": [LEAF] * 499}) == []
    assert told({"all": [LEAF] * 5000}) == [
        "criteria have at most 500 parts: a pattern with * or {a,b} can stand for many"
    ]


def test_a_score_may_be_a_step_whatever_it_compares() -> None:
    assert told({"sequence": [LEAF, {"score": {"course": "A", "at_most": "50%"}}]}) == []


@pytest.mark.parametrize(
    ("raw", "stays"),
    [
        (LEAF, True),
        ({"score": {"course": "A", "at_least": 0.5}}, True),
        ({"score": {"course": "A", "more_than": "B"}}, True),
        ({"score": {"course": "A", "at_most": 0.5}}, False),
        ({"score": {"course": "A", "less_than": 0.5}}, False),
        ({"score": {"course": "A", "at_least": 0.2, "less_than": 0.5}}, False),
        ({"score": {"course": "A", "at_least": 0.5, "take": "last"}}, False),
        ({"score": {"course": "A", "at_least": 0.5, "take": "first"}}, False),
        ({"count": {"of": LEAF, "at_least": 2, "within": "P1D"}}, True),
        ({"count": {"of": {"score": {"course": "A", "at_most": 0.5}}, "at_least": 2}}, False),
        ({"hours": {"of": LEAF, "at_least": "PT1H"}}, True),
        ({"hours": {"of": {"score": {"course": "A", "at_least": 0.5, "take": "last"}}, "at_least": "PT1H"}}, False),
        ({"streak": {"of": LEAF, "every": "P1D", "times": 2}}, True),
        ({"streak": {"of": {"score": {"course": "A", "less_than": 1}}, "every": "P1D", "times": 2}}, False),
        ({"sequence": [LEAF, LEAF]}, True),
        ({"sequence": [LEAF, {"score": {"course": "A", "at_most": 0.5}}]}, False),
        ({"during": {"from": "2026-01-01", "of": LEAF}}, True),
        ({"during": {"from": "2026-01-01", "of": {"not": LEAF}}}, False),
        ({"holds": "a"}, True),
        ({"all": [LEAF, {"any": [LEAF, {"at_least": {"n": 1, "of": [{"not": LEAF}]}}]}]}, False),
    ],
)
def test_what_more_activities_can_spoil_is_known(raw: dict[str, Any], stays: bool) -> None:
    assert monotone(parse(raw)) is stays


@pytest.mark.parametrize("name", ["count", "hours", "streak", "sequence", "during", "not", "all"])
def test_an_activity_touches_whatever_a_rule_looks_at(name: str) -> None:
    raws: dict[str, Any] = {
        "count": {"of": LEAF, "at_least": 2},
        "hours": {"of": LEAF, "at_least": "PT1H"},
        "streak": {"of": LEAF, "every": "P1D", "times": 2},
        "sequence": [LEAF, {"passed": {"course": "A"}}],
        "during": {"from": "2026-01-01", "of": LEAF},
        "not": LEAF,
        "all": [{"not": {"during": {"until": "2026-01-01", "of": LEAF}}}],
    }

    assert [str(each.pattern) for each in things(parse({name: raws[name]}))] == ["A"]


ISSUER = """
issuer: {tenant: north, id: "did:web:badges.north.example", name: North, url: "https://north.example"}
sources:
  - {name: canvas, dialect: canvas, topic: lms.canvas, scale: us}
  - {name: moodle, dialect: xapi, topic: lms.moodle}
scales:
  us: {A: 95%, B+: 88%, B: 85%}
"""


@pytest.mark.parametrize(
    ("score", "problem"),
    [
        ("{course: X, at_least: B+, from: canvas}", None),
        ("{course: X, at_least: b, from: canvas}", None),
        ("{course: X, at_least: B-, from: canvas}", '"B-" is not a letter of the scale "us"; did you mean "B'),
        ("{course: X, at_least: B, from: moodle}", "the source moodle has no scale: letters are worth nothing"),
        ("{course: X, at_least: B}", 'the source moodle has no scale: say by "from"'),
    ],
)
def test_a_letter_needs_the_scale_of_its_source(read: Read, score: str, problem: str | None) -> None:
    text = "achievement: {id: a, version: 1, type: Badge, name: A, description: d, criteria: c}\nearned_when: {score: "

    problems = read(text + score + "}", issuer=ISSUER).problems

    if problem is None:
        assert problems == ()
    else:
        [found] = problems
        assert problem in found.message
        assert (found.line, found.column) == (2, 34)


def test_a_letter_is_kept_as_a_letter_with_what_it_is_worth() -> None:
    tenant = Tenant(
        issuer=Issuer(tenant="north", id="did:web:x.example", name="N", url="u"),
        sources=(Source(name="a", dialect="canvas", scale="us"), Source(name="b", dialect="canvas")),
        achievements=(),
        scales={"us": {"B+": 0.88}},
    )

    [score] = list(walk(parse({"score": {"course": "X", "at_least": "B+"}}, scales_of(tenant))))

    assert isinstance(score, Score)
    assert (score.bounds[0].written, score.bounds[0].value) == ("B+", None)
    assert (score.bounds[0].value_for("a"), score.bounds[0].value_for("b")) == (0.88, None)
