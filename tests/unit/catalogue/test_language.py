"""The engine against a reference that is written straight from the language's words and tries everything there is.

The reference reads what a designer writes, not the engine's tree; only durations are counted by the same arithmetic.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase
from fractions import Fraction
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.catalogue.criteria import parse
from shared.catalogue.durations import Duration
from shared.catalogue.evaluation import evaluate
from shared.catalogue.explain import explain
from shared.catalogue.facts import Fact, Facts, Holding
from shared.catalogue.tree import monotone

START = datetime(2026, 3, 27, 21, tzinfo=UTC)
"""before the clocks change in Amsterdam"""
LETTERS = {"x": {"A": 0.9, "B": 0.5}, "y": {"A": 0.8}}
DONE = {"completed": {"completed", "passed", "mastered"}, "passed": {"passed"}, "mastered": {"mastered"}}
KINDS = ("course", "assignment", "outcome")
SPANS = ("PT3H", "PT12H", "PT24H", "P1D", "P2D")
Now = tuple[list[Fact], list[Holding], ZoneInfo, datetime | None]


# --- the reference


def true_of(raw: dict[str, Any], now: Now) -> bool:
    [(name, of)] = raw.items()
    facts, held, zone, _ = now
    match name:
        case "completed" | "passed" | "mastered" | "score":
            return bool(such(raw, facts))
        case "count" | "hours" | "streak":
            return enough(name, of, now)
        case "sequence":
            steps, within = (of, None) if isinstance(of, list) else (of["of"], of.get("within"))
            return in_order(steps, within, now)
        case "holds":
            wanted, number = (of, 1) if isinstance(of, str) else (of["achievement"], of["at_least"])
            counted = {each.achievement for each in counting(held, now) if fnmatchcase(each.achievement, wanted)}
            return len(counted) >= number
        case "during":
            inside = [each for each in facts if in_window(of, each.at, zone)]
            return true_of(of["of"], (inside, [each for each in held if in_window(of, each.since, zone)], *now[2:]))
        case _:
            return branch_true_of(name, of, now)


def enough(name: str, of: dict[str, Any], now: Now) -> bool:
    match name:
        case "count":
            return any(len(window) >= of["at_least"] for window in distinct_ones(of, now))
        case "hours":
            seconds = sum(Fraction(each.duration or 0) for each in such(of["of"], now[0]))
            return seconds >= Duration.parse(of["at_least"]).seconds
        case _:
            return any(all(happened_in(of, first, period, now) for period in range(of["times"])) for first in now[0])


def branch_true_of(name: str, of: Any, now: Now) -> bool:
    match name:
        case "all":
            return all(true_of(each, now) for each in of)
        case "any":
            return any(true_of(each, now) for each in of)
        case "not":
            return not true_of(of, now)
        case _:
            return sum(true_of(each, now) for each in of["of"]) >= int(of["n"])


def such(leaf: dict[str, Any], facts: Iterable[Fact]) -> list[Fact]:
    """The activities that a leaf is true of."""
    [(name, of)] = leaf.items()
    [kind] = [each for each in KINDS if each in of]
    about = [
        each
        for each in facts
        if each.kind == kind
        and of.get("from") in (None, each.source)
        and any(fnmatchcase(known, of[kind]) for known in each.ids)
    ]
    if name != "score":
        return [each for each in about if each.verb in DONE[name] and each.succeeded is not False]
    scores = [each for each in about if each.score is not None]
    things = {(each.source, each.ids[0]) for each in scores}
    take = of.get("take", "best")
    if take == "best" and not {"at_most", "less_than"} & of.keys():
        return [each for each in scores if compares(of, each)]
    taken = [counting_score([each for each in scores if (each.source, each.ids[0]) == thing], take) for thing in things]
    return [each for each in taken if compares(of, each)]


def counting_score(scores: list[Fact], take: str) -> Fact:
    """Of equals: any."""
    if take != "best":
        at = (max if take == "last" else min)(each.at for each in scores)
        scores = [each for each in scores if each.at == at]
    best = max(each.score or 0 for each in scores)
    return min((each for each in scores if each.score == best), key=lambda each: (each.at, each.id))


def compares(of: dict[str, Any], fact: Fact) -> bool:
    def bound(how: str) -> float | None:
        written = of[how]
        return LETTERS[fact.source].get(written) if written in ("A", "B") else float(written)

    score = fact.score or 0.0
    checks: dict[str, Callable[[float], bool]] = {
        "at_least": lambda value: score >= value,
        "more_than": lambda value: score > value,
        "at_most": lambda value: score <= value,
        "less_than": lambda value: score < value,
    }
    return all((value := bound(how)) is not None and check(value) for how, check in checks.items() if how in of)


def distinct_ones(of: dict[str, Any], now: Now) -> Iterator[set[str]]:
    facts, _, zone, _ = now
    found = such(of["of"], facts)
    keys: dict[str, Callable[[Fact], str]] = {
        "course": lambda each: each.course or each.run or each.ids[0],
        "run": lambda each: each.run or each.course or each.ids[0],
        "day": lambda each: str(each.at.astimezone(zone).date()),
    }
    key = keys[of.get("distinct", "course")]
    if "within" not in of:
        yield {key(each) for each in found}
        return
    for first in found:
        end = Duration.parse(of["within"]).after(first.at, zone)
        yield {key(each) for each in found if first.at <= each.at <= end}


def happened_in(of: dict[str, Any], first: Fact, period: int, now: Now) -> bool:
    """The first period begins with an activity, and the end of each is where the next begins."""
    facts, _, zone, _ = now
    found = such(of["of"], facts)
    every = Duration.parse(of["every"])
    begins, ends = (every.times(number).after(first.at, zone) for number in (period, period + 1))
    return first in found and any(begins <= each.at < ends for each in found)


def in_order(steps: list[dict[str, Any]], within: str | None, now: Now) -> bool:
    """There is a beginning, and there are ends of steps, each later than the one before, so that each step is true of
    what happened after the one before and up to its own end."""
    facts, held, zone, moment = now
    leaves = [next(iter(each)) in (*DONE, "score") for each in steps]
    takes = [such(step, facts) if leaf else [] for step, leaf in zip(steps, leaves, strict=True)]
    times = sorted({each.at for each in facts} | {each.since for each in held})
    looked_at = [each.at for each in takes[0]] if leaves[0] else times

    def done(number: int, after: datetime, until: datetime) -> bool:
        if leaves[number]:
            return any(after < each.at <= until for each in takes[number])
        inside = [each for each in facts if after < each.at <= until]
        gained = [each for each in held if after < each.since <= until]
        return true_of(steps[number], (inside, gained, zone, moment))

    for start in looked_at if within else times[:1]:
        limit = Duration.parse(within).after(start, zone) if within else times[-1]
        for ends in combinations([each for each in times if start <= each <= limit], len(steps)):
            edges = [start - timedelta(microseconds=1), *ends]
            if all(done(number, edges[number], edges[number + 1]) for number in range(len(steps))):
                return True
    return False


def in_window(of: dict[str, Any], at: datetime, zone: ZoneInfo) -> bool:
    day = at.astimezone(zone).date()
    return ("from" not in of or date.fromisoformat(of["from"]) <= day) and (
        "until" not in of or day <= date.fromisoformat(of["until"])
    )


def counting(held: Iterable[Holding], now: Now) -> list[Holding]:
    moment = now[3]
    return [each for each in held if each.active and moment is not None and each.since <= moment]


# --- what there is to try


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
    return next(iter(raw)) in (*DONE, "score") or monotone(parse(raw))


criteria = st.recursive(st.one_of(a_leaf(), a_gathering(), held), around, max_leaves=6)
lasting_criteria = st.recursive(
    st.one_of(a_leaf(True), a_gathering(True), held), lambda inner: around(inner, True), max_leaves=6
)
zones = st.sampled_from(["UTC", "Europe/Amsterdam"])
MUCH = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MUCH
@given(criteria, histories, zones)
def test_it_says_what_the_words_say(raw: dict[str, Any], history: Any, zone: str) -> None:
    facts, holdings = history
    known = Facts.of(facts, holdings, zone)

    verdict = evaluate(parse(raw, LETTERS), known)

    assert verdict.met is true_of(raw, (facts, holdings, ZoneInfo(zone), known.latest()))


@MUCH
@given(criteria, histories, zones, st.randoms(use_true_random=False))
def test_neither_order_nor_repeats_matter(raw: dict[str, Any], history: Any, zone: str, chance: Any) -> None:
    facts, holdings = history
    again = [*facts, *chance.sample(facts, len(facts) // 2)]
    chance.shuffle(again)
    criterion = parse(raw, LETTERS)

    verdict = evaluate(criterion, Facts.of(again, holdings[::-1], zone))

    assert verdict == evaluate(criterion, Facts.of(facts, holdings, zone))


@MUCH
@given(lasting_criteria, histories, histories, zones)
def test_what_can_only_become_true_stays_true(raw: dict[str, Any], history: Any, more: Any, zone: str) -> None:
    criterion = parse(raw, LETTERS)

    before = evaluate(criterion, Facts.of(history[0], history[1], zone))
    after = evaluate(criterion, Facts.of([*history[0], *more[0]], [*history[1], *more[1]], zone))

    assert monotone(criterion)
    assert after.met or not before.met


@MUCH
@given(lasting_criteria, histories, zones)
def test_the_evidence_alone_is_enough(raw: dict[str, Any], history: Any, zone: str) -> None:
    criterion = parse(raw, LETTERS)

    verdict = evaluate(criterion, Facts.of(history[0], history[1], zone))

    assert evaluate(criterion, Facts.of(verdict.evidence, verdict.holdings, zone)).met is verdict.met


@MUCH
@given(criteria, histories, zones)
def test_the_explanation_says_the_same(raw: dict[str, Any], history: Any, zone: str) -> None:
    criterion, known = parse(raw, LETTERS), Facts.of(history[0], history[1], zone)

    clause = explain(criterion, known)

    assert clause.met is evaluate(criterion, known).met
    assert 0 <= clause.progress <= 1
    assert (clause.progress == 1) is clause.met
    assert json.loads(json.dumps(clause.as_json()))["met"] is clause.met
    assert len(clause.sentences()) == len(clause.lines())
