"""A mapping in the catalogue makes facts of any JSON; what stands wrong is named by its path."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.dialects import DIALECTS
from services.intake.dialects.mapped import Envelope, fact_of
from services.intake.domain import Accepted
from services.intake.translation import Delivery, Fact, Kind
from shared.catalogue.mapping import EventMapping
from shared.catalogue.model import Source
from shared.contracts.events import ObjectKind, Verb
from shared.errors import Rejected

Accept = Callable[..., Accepted]

AGS: dict[str, Any] = {
    "specversion": "1.0",
    "type": "org.imsglobal.ags.score.v1",
    "source": "https://tool.example.org",
    "subject": "lineitem-7",
    "id": "42",
    "data": {
        "userId": "u1",
        "scoreGiven": 95,
        "scoreMaximum": 100,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": "2026-11-23T11:00:00.000Z",
    },
}
AGS_MAPPING: dict[str, Any] = {
    "when": {"data.activityProgress": "Completed", "data.gradingProgress": "FullyGraded"},
    "learner": {"id": "data.userId"},
    "verb": "scored",
    "object": {"kind": "assignment", "id": "subject", "course": "source"},
    "score": {"points": "data.scoreGiven", "out_of": "data.scoreMaximum"},
    "time": "data.timestamp",
}
LEAST: dict[str, Any] = {"learner": {"id": "who"}, "verb": "completed", "object": {"id": "what"}, "time": "when"}
MESSAGE: dict[str, Any] = {"who": "ada", "what": "EDS101", "when": "2026-05-01T10:00:00Z"}


def read(mapping: dict[str, Any], message: object) -> Fact:
    fact = fact_of((EventMapping.model_validate(LEAST | mapping),), message, Envelope())
    assert fact is not None
    return fact


def test_a_score_of_an_lti_tool_is_read_through_a_mapping(accept: Accept) -> None:
    accepted = accept("cloudevents", AGS, mapping=[AGS_MAPPING])

    (activity,) = accepted.activities
    assert (activity.verb, activity.object.kind, activity.object.ids) == (
        Verb.SCORED,
        ObjectKind.ASSIGNMENT,
        ("lineitem-7",),
    )
    assert (activity.score, activity.raw_score) == (0.95, "95/100")
    assert activity.occurred_at == datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert activity.event_id == "https://tool.example.org#42"
    assert accepted.learners[0].external_id == "u1"
    assert accepted.kinds == (Kind("org.imsglobal.ags.score.v1"),)


@pytest.mark.parametrize(
    "data",
    [
        {"activityProgress": "Submitted"},
        {"gradingProgress": "Pending"},
        {"gradingProgress": None},
        {"activityProgress": "completed"},
    ],
)
def test_a_score_that_is_not_final_is_irrelevant(accept: Accept, data: dict[str, Any]) -> None:
    accepted = accept("cloudevents", AGS | {"data": AGS["data"] | data}, mapping=[AGS_MAPPING])

    assert (accepted.activities, accepted.irrelevant) == ((), 1)


def test_the_first_mapping_that_is_meant_is_used(accept: Accept) -> None:
    mapping = [
        {**LEAST, "when": {"kind": "exam.*"}, "verb": "passed"},
        {**LEAST, "when": {"kind": "{exam,course}.*"}, "verb": "completed"},
    ]

    said = [accept("rows", MESSAGE | {"kind": kind}, mapping=mapping) for kind in ("exam.x", "course.x", "quiz.x")]

    assert [[each.verb for each in one.activities] for one in said] == [[Verb.PASSED], [Verb.COMPLETED], []]


def test_globs_see_flags_and_numbers_as_they_are_written() -> None:
    mapping = {"when": {"done": "true", "level": "3", "share": "0.5"}}

    assert read(mapping, MESSAGE | {"done": True, "level": 3, "share": 0.5})


def test_a_path_leads_through_lists_and_names_with_dots() -> None:
    message = MESSAGE | {"ids": [{"code": "A"}, {"code": "B"}], "https://x.example/c": "C"}
    mapping = {"object": {"id": "ids.1.code", "also": ["ids.0.code", r"https://x\.example/c", "ids.7.code"]}}

    assert read(mapping, message).object.ids == ("B", "A", "C")


def test_words_are_looked_up_and_one_that_is_not_listed_is_none_of_ours(accept: Accept) -> None:
    verb = {"path": "state", "form": "lower", "values": {"geslaagd": "passed", "gezakt": "failed"}}
    mapping = [{**LEAST, "verb": verb}]

    passed = accept("rows", MESSAGE | {"state": "Geslaagd"}, mapping=mapping)
    other = accept("rows", MESSAGE | {"state": "bezig"}, mapping=mapping)

    assert passed.activities[0].verb is Verb.PASSED
    assert (other.activities, other.irrelevant) == ((), 1)


@pytest.mark.parametrize(
    ("time", "form"),
    [(1777629600, "epoch_seconds"), ("1777629600", "epoch_seconds"), (1777629600000, "epoch_milliseconds")],
)
def test_a_time_may_be_counted_since_1970(time: object, form: str) -> None:
    fact = read({"time": {"path": "when", "form": form}}, MESSAGE | {"when": time})

    assert fact.occurred_at == datetime(2026, 5, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("score", "message", "is_"),
    [
        ({"points": "p", "out_of": {"const": 20}}, {"p": "16,5"}, (0.825, "16.5/20")),
        ({"points": "p", "out_of": "m"}, {"p": 21, "m": 20}, (1.0, "21/20")),
        ({"percent": "p"}, {"p": 104}, (1.0, "104%")),
        ({"percent": "p"}, {"p": -3}, (0.0, "-3%")),
        ({"fraction": "p"}, {"p": 0.25}, (0.25, "0.25")),
        ({"fraction": {"path": "p", "form": "percent"}}, {"p": 25}, (0.25, "0.25")),
        ({"written": "p"}, {"p": "80 %"}, (0.8, "80 %")),
        ({"written": "p"}, {"p": "16/20"}, (0.8, "16/20")),
        ({"written": "p"}, {"p": "0.8"}, (0.8, "0.8")),
        ({"written": "p"}, {"p": 1}, (1.0, "1")),
        ({"points": "p", "out_of": "m"}, {"m": 20}, (None, None)),
    ],
)
def test_scores_come_in_every_form(score: dict[str, Any], message: dict[str, Any], is_: tuple[object, object]) -> None:
    fact = read({"score": score}, MESSAGE | message)

    assert (fact.score, fact.raw_score, fact.letter) == (*is_, None)


def test_a_grade_that_is_no_number_is_a_letter() -> None:
    assert read({"score": {"written": "p"}}, MESSAGE | {"p": "Sehr gut"}).letter == "Sehr gut"
    assert read({"score": {"letter": "p"}}, MESSAGE | {"p": "A+"}).letter == "A+"


def test_a_number_beside_a_letter_counts() -> None:
    fact = read({"score": {"percent": "n", "letter": "p"}}, MESSAGE | {"p": "A+", "n": 97})

    assert (fact.score, fact.letter) == (0.97, None)


def test_everything_that_a_fact_can_say_can_be_mapped() -> None:
    paths = {"id": "id", "version": "changed", "withdrawn": "gone", "succeeded": "ok", "duration": "took"}
    learner = {"id": "who", "sis_id": "sis", "email": "mail", "name": "called", "locale": "lang"}
    more = {"id": "e1", "changed": "2026-05-02T10:00:00Z", "gone": "False", "ok": True, "took": "PT1H30M"}
    person = {"sis": 7, "mail": "ada@example.org", "called": " Ada ", "lang": "nl-NL"}

    fact = read({**paths, "learner": learner}, MESSAGE | more | person)

    assert (fact.event_id, fact.version) == ("e1", datetime(2026, 5, 2, 10, tzinfo=UTC))
    assert (fact.withdrawn, fact.succeeded, fact.duration) == (False, True, timedelta(minutes=90))
    assert (fact.person.sis_id, fact.person.email, fact.person.name) == ("7", "ada@example.org", "Ada")
    assert fact.person.locale == "nl-NL"


@pytest.mark.parametrize(
    ("mapping", "message", "told"),
    [
        ({"object": {"id": "a.b"}}, {"a": {"b": None}}, "a.b: missing"),
        ({}, {"what": {"id": 3}}, "what: should be a text or a whole number"),
        ({}, {"what": True}, "what: should be a text or a whole number"),
        ({}, {"when": "yesterday"}, "when: should be a time"),
        ({}, {"when": None}, "when: missing"),
        ({"time": {"path": "when", "form": "epoch_seconds"}}, {"when": 1e200}, "when: should be a time, counted"),
        ({"verb": {"path": "v"}}, {"v": "done"}, "v: should be a verb that Laurel knows"),
        ({"succeeded": "ok"}, {"ok": "maybe"}, "ok: should be true or false"),
        ({"duration": "d"}, {"d": "P1X"}, "d: "),
        ({"duration": "d"}, {"d": -1}, "d: should be a duration"),
        ({"duration": "d"}, {"d": 1e250}, "d: should be a duration"),
        ({"score": {"points": "p", "out_of": "m"}}, {"p": 3}, "m: should be a number above 0"),
        ({"score": {"points": "p", "out_of": "m"}}, {"p": 3, "m": 0}, "m: should be a number above 0"),
        ({"score": {"points": "p", "out_of": "m"}}, {"p": True, "m": 3}, "p: should be a number"),
        ({"score": {"fraction": "p"}}, {"p": 87}, "p: should be between 0 and 1"),
        ({"score": {"written": "p"}}, {"p": "87"}, "p: should be between 0 and 1"),
        ({"score": {"written": "p"}}, {"p": "3/0"}, "p: divides by nothing"),
        ({"score": {"written": "p"}}, {"p": [1]}, "p: should be a number"),
        ({"verb": "scored", "score": {"percent": "p"}}, {}, "p: missing, though the event says"),
        ({"verb": "scored"}, {}, "the mapping's score: missing"),
    ],
)
def test_what_stands_wrong_is_named_and_never_said(mapping: dict[str, Any], message: dict[str, Any], told: str) -> None:
    with pytest.raises(Rejected) as refused:
        read(mapping, MESSAGE | message)

    assert str(refused.value).startswith(told)
    assert "yesterday" not in str(refused.value)


def test_a_learner_who_is_not_there_is_named_by_the_path(accept: Accept) -> None:
    with pytest.raises(Rejected, match=r"^data\.userId: missing") as refused:
        accept("cloudevents", AGS | {"data": AGS["data"] | {"userId": ""}}, mapping=[AGS_MAPPING])

    assert refused.value.code == "no_learner"


def test_a_type_that_no_mapping_is_meant_for_is_unfamiliar(accept: Accept) -> None:
    accepted = accept("cloudevents", AGS, mapping=[{**AGS_MAPPING, "when": {"type": "org.other.*"}}])

    assert accepted.kinds == (Kind("org.imsglobal.ags.score.v1", familiar=False),)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc01"), inner, max_size=3),
    max_leaves=12,
)
FULL = EventMapping.model_validate(
    {
        "learner": {name: f"a.{name}" for name in ("id", "email", "name")} | {"sis_id": "b"},
        "verb": {"path": "c", "default": "completed"},
        "object": {"id": {"path": "a", "default": "x"}, "also": ["b", "a.0"], "run": "a.c", "name": "c"},
        "score": {"points": "a.b", "out_of": "a.c", "letter": "b.0"},
        "time": {"path": "b.a", "form": "epoch_seconds", "default": "2026-01-01"},
        "version": {"path": "c.a", "form": "epoch_milliseconds"},
        "withdrawn": "c.b",
        "succeeded": {"path": "a", "values": {"true": True}},
        "duration": "a.a",
    }
)


@given(anything)
def test_any_value_at_any_path_is_a_fact_or_a_refusal(message: object) -> None:
    try:
        fact = fact_of((FULL,), message, Envelope())
    except Rejected:
        return
    assert fact is None or fact.score is None or 0 <= fact.score <= 1


@given(
    st.binary(max_size=60) | anything.map(lambda each: json.dumps(each).encode()),
    st.sampled_from(["rows", "cloudevents"]),
)
def test_any_bytes_under_a_mapping_are_facts_or_a_refusal(body: bytes, dialect: str) -> None:
    source = Source(name="lms", dialect=dialect, topic="lms.a", mapping=(FULL,))
    headers = {"ce_specversion": b"1.0", "ce_id": b"1", "ce_source": b"s", "ce_type": b"t"}

    try:
        translation = DIALECTS[dialect].translate(Delivery("north", source, body, headers))
    except Rejected:
        return
    assert len(translation.facts) + translation.irrelevant == 1
