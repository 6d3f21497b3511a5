"""The engine says what the language's words say, for random criteria and histories."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.catalogue.criteria import parse
from shared.catalogue.evaluation import evaluate
from shared.catalogue.explain import explain
from shared.catalogue.facts import Fact, Facts, Holding
from shared.catalogue.tree import monotone

START = datetime(2026, 3, 27, 21, tzinfo=UTC)
"""before the clocks change in Amsterdam"""
Letters = dict[str, dict[str, float]]
LEAVES = ("completed", "passed", "mastered", "score")
KINDS = ("course", "assignment", "outcome")
SPANS = ("PT3H", "PT12H", "PT24H", "P1D", "P2D")


times = st.integers(0, 20).map(lambda number: START + timedelta(hours=3 * number))
patterns = st.sampled_from(["A", "B", "*", "[AB]", "A*"])


@st.composite
def a_fact(draw: st.DrawFn) -> Fact:
    return Fact(
        id=draw(st.uuids()).hex,
        event_id="e",
        source=draw(st.sampled_from(["x", "y"])),
        verb=draw(st.sampled_from(["completed", "passed", "mastered", "scored", "failed"])),
        kind=draw(st.sampled_from(KINDS)),
        ids=draw(st.sampled_from([("A",), ("B",), ("A-1", "A"), ("C",)])),
        at=draw(times),
        course=draw(st.sampled_from([None, "A", "B"])),
        run=draw(st.sampled_from([None, None, "A-1"])),
        succeeded=draw(st.sampled_from([None, None, True, False])),
        score=draw(st.sampled_from([None, 0.0, 0.4, 0.5, 0.8, 0.9, 1.0])),
        duration=draw(st.sampled_from([None, 600.0, 1800.0, 3600.0])),
    )


badges = st.builds(
    Holding,
    award_id=st.uuids().map(lambda each: each.hex),
    achievement=st.sampled_from(["a", "ab", "b"]),
    since=times,
    active=st.sampled_from([True, True, False]),
)
histories = st.tuples(st.lists(a_fact(), max_size=7), st.lists(badges, max_size=3))


@st.composite
def a_leaf(draw: st.DrawFn, lasting: bool = False) -> dict[str, Any]:
    name = draw(st.sampled_from(["completed", "passed", "mastered", "score", "score"]))
    kind = "outcome" if name == "mastered" else draw(st.sampled_from(KINDS[: 3 if name == "score" else 2]))
    of: dict[str, Any] = {kind: draw(patterns)}
    if draw(st.integers(0, 4)) == 0:
        of["from"] = draw(st.sampled_from(["x", "y"]))
    if name == "score":
        how = draw(st.sampled_from(["at_least", "more_than", *([] if lasting else ["at_most", "less_than"])]))
        of[how] = draw(st.sampled_from([0.5, 0.8, 0.9, "A", "B"]))
        if not lasting and draw(st.booleans()):
            of["take"] = draw(st.sampled_from(["best", "last", "first"]))
    return {name: of}


@st.composite
def a_gathering(draw: st.DrawFn, lasting: bool = False) -> dict[str, Any]:
    of = draw(a_leaf(lasting))
    match draw(st.sampled_from(["count", "count", "hours", "streak"])):
        case "count":
            more = {"within": draw(st.sampled_from(SPANS))} if draw(st.booleans()) else {}
            distinct = draw(st.sampled_from(["course", "run", "day"]))
            return {"count": {"of": of, "at_least": draw(st.integers(1, 3)), "distinct": distinct, **more}}
        case "hours":
            return {"hours": {"of": of, "at_least": draw(st.sampled_from(["10m", "PT1H", "90m", "PT2H"]))}}
        case _:
            every = draw(st.sampled_from(SPANS))
            return {"streak": {"of": of, "every": every, "times": draw(st.integers(1, 3))}}


held = st.one_of(
    st.sampled_from(["a", "a*", "b"]), st.builds(lambda n: {"achievement": "*", "at_least": n}, st.integers(1, 3))
).map(lambda of: {"holds": of})


@st.composite
def around(draw: st.DrawFn, inner: st.SearchStrategy[dict[str, Any]], lasting: bool = False) -> dict[str, Any]:
    of = draw(st.lists(inner, min_size=1, max_size=3))
    match draw(
        st.sampled_from(["all", "any", "at_least", "during", "sequence", "sequence", *([] if lasting else ["not"])])
    ):
        case "all" | "any" as name:
            return {name: of}
        case "not":
            return {"not": of[0]}
        case "at_least":
            return {"at_least": {"n": draw(st.integers(1, len(of))), "of": of}}
        case "during":
            first, last = sorted(draw(st.tuples(st.integers(0, 4), st.integers(0, 4))))
            days = {"from": START.date() + timedelta(days=first), "until": START.date() + timedelta(days=last)}
            left_out = draw(st.sampled_from(["from", "until", None]))
            return {"during": {"of": of[0], **{end: str(day) for end, day in days.items() if end != left_out}}}
        case _:
            steps = [each if can_be_a_step(each) else draw(a_leaf(lasting)) for each in [*of, draw(a_leaf(lasting))]]
            return {"sequence": {"of": steps, "within": draw(st.sampled_from(SPANS))} if draw(st.booleans()) else steps}


def can_be_a_step(raw: dict[str, Any]) -> bool:
    return next(iter(raw)) in LEAVES or monotone(parse(raw))


criteria = st.recursive(st.one_of(a_leaf(), a_gathering(), held), around, max_leaves=6)
lasting_criteria = st.recursive(
    st.one_of(a_leaf(True), a_gathering(True), held), lambda inner: around(inner, True), max_leaves=6
)
zones = st.sampled_from(["UTC", "Europe/Amsterdam"])
MUCH = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MUCH
@given(criteria, histories, zones)
def test_it_says_what_the_words_say(
    is_true: Callable[..., bool], letters: Letters, raw: dict[str, Any], history: Any, zone: str
) -> None:
    facts, holdings = history
    known = Facts.of(facts, holdings, zone)

    verdict = evaluate(parse(raw, letters), known)

    assert verdict.met is is_true(raw, (facts, holdings, ZoneInfo(zone), known.latest()))


@MUCH
@given(criteria, histories, zones, st.randoms(use_true_random=False))
def test_neither_order_nor_repeats_matter(
    letters: Letters, raw: dict[str, Any], history: Any, zone: str, chance: Any
) -> None:
    facts, holdings = history
    again = [*facts, *chance.sample(facts, len(facts) // 2)]
    chance.shuffle(again)
    criterion = parse(raw, letters)

    verdict = evaluate(criterion, Facts.of(again, holdings[::-1], zone))

    assert verdict == evaluate(criterion, Facts.of(facts, holdings, zone))


@MUCH
@given(lasting_criteria, histories, histories, zones)
def test_what_can_only_become_true_stays_true(
    letters: Letters, raw: dict[str, Any], history: Any, more: Any, zone: str
) -> None:
    criterion = parse(raw, letters)

    before = evaluate(criterion, Facts.of(history[0], history[1], zone))
    after = evaluate(criterion, Facts.of([*history[0], *more[0]], [*history[1], *more[1]], zone))

    assert monotone(criterion)
    assert after.met or not before.met


@MUCH
@given(lasting_criteria, histories, zones)
def test_the_evidence_alone_is_enough(letters: Letters, raw: dict[str, Any], history: Any, zone: str) -> None:
    criterion = parse(raw, letters)

    verdict = evaluate(criterion, Facts.of(history[0], history[1], zone))

    assert evaluate(criterion, Facts.of(verdict.evidence, verdict.holdings, zone)).met is verdict.met


@MUCH
@given(criteria, histories, zones)
def test_the_explanation_says_the_same(letters: Letters, raw: dict[str, Any], history: Any, zone: str) -> None:
    criterion, known = parse(raw, letters), Facts.of(history[0], history[1], zone)

    clause = explain(criterion, known)

    assert clause.met is evaluate(criterion, known).met
    assert 0 <= clause.progress <= 1
    assert (clause.progress == 1) is clause.met
    assert json.loads(json.dumps(clause.as_json()))["met"] is clause.met
    assert len(clause.sentences()) == len(clause.lines())
