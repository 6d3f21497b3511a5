from __future__ import annotations

from textwrap import dedent

import pytest

from shared.catalogue.expectations import ReadTests, read_tests


def reading(text: str) -> ReadTests:
    return read_tests("north/tests/a.yaml", dedent(text).lstrip("\n").encode())


def messages(text: str) -> list[str]:
    return [f"{each.line}:{each.column} {each.message}" for each in reading(text).problems]


def test_a_test_is_read_with_what_it_expects() -> None:
    [test] = reading("""
        tests:
          - name: Who completes it earns it
            given: [{verb: completed, course: A, at: 2026-05-01, score: 80%}]
            expect: [a, {achievement: b, run: R, earned_at: 2026-05-01}]
            expect_not: [c]
    """).tests

    assert [each.achievement for each in test.expected] == ["a", "b"]
    assert (test.unexpected, test.named, test.nothing) == (("c",), {"a", "b", "c"}, False)
    assert test.given[0].things == [("course", "A")]


@pytest.mark.parametrize("expect", ["a", "[a]", "[{achievement: a}]"])
def test_one_award_is_expected_in_whatever_way_it_is_written(expect: str) -> None:
    [test] = reading(f"tests:\n  - {{name: x, given: [], expect: {expect}}}\n").tests

    assert [each.achievement for each in test.expected] == ["a"]


def test_none_means_no_award_at_all() -> None:
    [test] = reading("tests:\n  - {name: x, given: [], expect: none}\n").tests

    assert (test.nothing, test.expected) == (True, ())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{verb: complete, course: A, at: 2026-05-01}", '"complete" is not valid here'),
        ("{verb: completed, at: 2026-05-01}", "needs exactly one of course"),
        ("{verb: completed, course: A, module: B, at: 2026-05-01}", "needs exactly one of course"),
        ("{verb: completed, cuorse: A, at: 2026-05-01}", 'did you mean "course"?'),
        ("{verb: completed, course: A, at: yesterday}", "needs a date such as"),
        ("{verb: completed, course: A}", 'needs "at"'),
        ("{verb: scored, course: A, at: 2026-05-01, score: 120%}", "is not between 0 and 1"),
        ("{verb: granted, course: A, at: 2026-05-01}", "granted and withheld are about an achievement"),
        ("{verb: completed, achievement: a, at: 2026-05-01}", "granted and withheld are about an achievement"),
        ("{verb: completed, course: A, at: 2026-05-01, duration: P1D}", "needs hours or minutes"),
        ("{verb: completed, course: A, at: 2026-05-01, duration: P9999Y}", "needs hours or minutes"),
    ],
)
def test_a_mistake_in_an_activity_is_told_at_its_line(given: str, said: str) -> None:
    [told] = messages(f"tests:\n  - name: x\n    expect: none\n    given:\n      - {given}\n")

    assert told.startswith("5:")
    assert said in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tests: 5\n", 'needs "tests"'),
        ("test: []\n", 'needs "tests"'),
        ("tests: []\nachievement: {}\n", 'needs "tests"'),
        ("- 1\n", 'needs "tests"'),
        ("tests: [5]\n", "needs fields here"),
        ("tests: [{name: x, given: []}]\n", 'needs "expect"'),
        ("tests: [{given: [], expect: none}]\n", 'needs "name"'),
        ("tests: [{name: x, given: [], expct: none, expect: none}]\n", 'did you mean "expect"?'),
        ("tests: [{name: x, given: [], expect: [{achievment: y}]}]\n", 'did you mean "achievement"?'),
        ("tests: [{name: x, given: [], expect: [{achievement: y, earned_at: soon}]}]\n", "needs a date"),
        ("tests: [{name: x, given: [], expect: 5}]\n", "needs fields"),
        ("tests: [\n", "not valid YAML"),
    ],
)
def test_whatever_is_wrong_with_a_file_is_told(text: str, said: str) -> None:
    told = messages(text)

    assert any(said in each for each in told), told


def test_reading_goes_on_after_a_mistake() -> None:
    read = reading("tests:\n  - {name: x}\n  - {name: y, given: [], expect: none}\n")

    assert [each.name for each in read.tests] == ["y"]
    assert read.problems
