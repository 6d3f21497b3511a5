"""A catalogue's own tests are judged as a live system judges."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from services.ctl.rehearsing import Failure, Trial
from shared.catalogue.expectations import read_tests
from shared.catalogue.model import Achievement, Issuer, LiveAchievement, Source, Tenant

Tried = Callable[[str], list[Failure]]


def live(slug: str, when: dict[str, object], **more: object) -> LiveAchievement:
    achievement = Achievement.model_validate(
        {"id": slug, "version": 1, "type": "Badge", "name": slug, "description": "x", "criteria": "x"} | more
    )
    return LiveAchievement(tenant="north", achievement=achievement, earned_when=when, image=b"")


@pytest.fixture
def tried() -> Tried:
    """Runs the tests of a file against an academy in Oslo."""
    tenant = Tenant(
        issuer=Issuer(
            tenant="north",
            id="did:web:north.example",
            name="North",
            url="https://north.example",
            timezone="Europe/Oslo",
        ),
        sources=(
            Source(name="lms", dialect="moodle", topic="lms.a", scale="nordic", course="????.{course}-*"),
            Source(name="other", dialect="xapi", topic="lms.b"),
        ),
        scales={"nordic": {"A": 0.95, "B": 0.8}},
        achievements=(
            live("safety", {"completed": {"course": "SAFE"}}, valid_for="P1Y"),
            live("welding", {"score": {"course": "WELD*", "at_least": "B"}}),
            live("lead", {"all": [{"holds": "safety"}, {"holds": "welding"}]}),
            live("evening", {"completed": {"course": "EVE-*"}}, repeatable=True),
            live("elective", {"count": {"of": {"completed": {"course": "*", "from": "lms"}}, "at_least": 3}}),
            live("hours", {"hours": {"of": {"completed": {"module": "M*"}}, "at_least": "PT2H"}}),
        ),
    )
    trial = Trial(tenant)

    def trying(text: str) -> list[Failure]:
        read = read_tests("north/tests/a.yaml", dedent(text).lstrip("\n").encode())
        assert read.problems == ()
        return [each for test in read.tests for each in trial.run(test)]

    return trying


def test_what_comes_true_is_no_failure(tried: Tried) -> None:
    failures = tried("""
        tests:
          - name: Badges add up
            given:
              - {verb: completed, course: SAFE, at: 2026-05-01}
              - {verb: scored, course: WELD-1, score: A, at: 2026-05-02}
            expect:
              - {achievement: safety, earned_at: 2026-05-01}
              - {achievement: lead, earned_at: 2026-05-02T00:00:00+02:00}
    """)

    assert failures == []


def test_an_award_that_does_not_come_is_told_with_the_reason(tried: Tried) -> None:
    [failure] = tried("""
        tests:
          - name: A bad grade
            given:
              - {verb: scored, course: WELD-1, score: 79%, at: 2026-05-02}
            expect: welding
    """)

    assert str(failure.problem) == "north/tests/a.yaml:5:5: welding is not awarded to the learner"
    assert any("needs B" in line for line in failure.why)


def test_an_award_that_comes_unexpected_is_told(tried: Tried) -> None:
    [failure] = tried("""
        tests:
          - name: Nothing for this
            given: [{verb: completed, course: SAFE, at: 2026-05-01}]
            expect: none
    """)

    assert "safety is awarded to the learner, earned at 2026-05-01T00:00:00+02:00: not expected" in str(failure.problem)
    assert failure.why[0].startswith("✓")


def test_only_what_a_test_names_matters_to_it(tried: Tried) -> None:
    failures = tried("""
        tests:
          - name: Safety counts for the leader as well, but this is about welding
            given:
              - {verb: completed, course: SAFE, at: 2026-05-01}
              - {verb: scored, course: WELD-1, score: B, at: 2026-05-02}
            expect: welding
            expect_not: [evening]
    """)

    assert failures == []


def test_what_must_not_come_is_told(tried: Tried) -> None:
    [failure] = tried("""
        tests:
          - name: No evening
            given: [{verb: completed, course: EVE-1, at: 2026-05-01}]
            expect_not: [evening]
    """)

    assert "north/tests/a.yaml:4:5: evening for the run EVE-1 is awarded" in str(failure.problem)


def test_a_repeatable_one_is_expected_once_for_each_run(tried: Tried) -> None:
    [failure] = tried("""
        tests:
          - name: Two evenings, one expected
            given:
              - {verb: completed, course: EVE-1, at: 2026-05-01}
              - {verb: completed, course: EVE-2, at: 2026-05-02}
            expect: [{achievement: evening, run: EVE-2}]
    """)

    assert "for the run EVE-1 is awarded" in str(failure.problem)


def test_each_learner_is_judged_apart(tried: Tried) -> None:
    failures = tried("""
        tests:
          - name: Half each
            given:
              - {learner: ada, verb: completed, course: SAFE, at: 2026-05-01}
              - {learner: bob, verb: scored, course: WELD, score: B, at: 2026-05-01}
            expect: [{learner: ada, achievement: lead}, {learner: bob, achievement: welding}]
    """)

    assert [each.problem.message for each in failures] == ["lead is not awarded to ada"]


def test_a_learner_who_did_nothing_gets_nothing(tried: Tried) -> None:
    [failure] = tried("""
        tests:
          - {name: x, given: [], expect: [{learner: nobody, achievement: safety}]}
    """)

    assert failure.problem.message == "safety is not awarded to nobody"


def test_another_time_than_expected_is_told_where_the_issuer_is(tried: Tried) -> None:
    [failure] = tried("""
        tests:
          - name: x
            given: [{verb: completed, course: SAFE, at: 2026-05-01T23:30:00Z}]
            expect: [{achievement: safety, earned_at: 2026-05-01}]
    """)

    assert failure.problem.message == "safety is earned at 2026-05-02T01:30:00+02:00, and not at 2026-05-01"


def test_a_registrars_word_counts(tried: Tried) -> None:
    failures = tried("""
        tests:
          - name: Granted and withheld
            given:
              - {learner: a, verb: granted, achievement: safety, at: 2026-05-01, because: Has it from elsewhere}
              - {learner: b, verb: withheld, achievement: safety, at: 2026-04-01}
              - {learner: b, verb: completed, course: SAFE, at: 2026-05-01}
            expect: [{learner: a, achievement: safety}]
    """)

    assert failures == []


def test_activities_arrive_in_the_order_in_which_they_are_written(tried: Tried) -> None:
    failures = tried("""
        tests:
          - name: What was awarded before somebody withheld it stays
            given:
              - {verb: completed, course: SAFE, at: 2026-05-01}
              - {verb: withheld, achievement: safety, at: 2026-04-01}
            expect: safety
    """)

    assert failures == []


def test_durations_add_up(tried: Tried) -> None:
    failures = tried("""
        tests:
          - name: Two hours
            given:
              - {verb: completed, module: M1, duration: PT1H, at: 2026-05-01}
              - {verb: completed, module: M2, duration: PT60M, at: 2026-05-02}
            expect: hours
    """)

    assert failures == []


def test_the_course_is_told_from_its_run_as_the_source_says(tried: Tried) -> None:
    failures = tried("""
        tests:
          - name: Three runs of one course are one course
            given:
              - {verb: completed, course: 2026.MATH-1, at: 2026-05-01}
              - {verb: completed, course: 2027.MATH-1, at: 2026-05-02}
              - {verb: completed, course: 2028.MATH-1, at: 2026-05-03}
            expect: none
    """)

    assert failures == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("given: [{verb: completed, course: A, at: 2026-05-01, source: lsm}]\n    expect: none", 'did you mean "lms"?'),
        ("given: [{verb: scored, course: A, at: 2026-05-01, score: Q}]\n    expect: none", "is on no scale"),
        ("given: [{verb: granted, achievement: savety, at: 2026-05-01}]\n    expect: none", 'did you mean "safety"?'),
        ("given: []\n    expect: savety", 'did you mean "safety"?'),
        ("given: []\n    expect_not: [savety]", 'did you mean "safety"?'),
    ],
)
def test_names_that_lead_nowhere_are_told_with_the_nearest(tried: Tried, line: str, said: str) -> None:
    [failure] = tried(f"tests:\n  - name: x\n    {line}\n")

    assert said in failure.problem.message
