"""A reference that is written straight from the language's words and tries everything there is.

It reads what a designer writes, not the engine's tree; only durations are counted by the same arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from fractions import Fraction
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.catalogue.durations import Duration
from shared.catalogue.facts import Fact, Holding

LETTERS = {"x": {"A": 0.9, "B": 0.5}, "y": {"A": 0.8}}
DONE = {"completed": {"completed", "passed", "mastered"}, "passed": {"passed"}, "mastered": {"mastered"}}
KINDS = ("course", "assignment", "outcome")
Now = tuple[list[Fact], list[Holding], ZoneInfo, datetime | None]
"""activities, badges, the issuer's time zone, and when it is asked"""


@pytest.fixture(scope="session")
def is_true() -> Callable[[dict[str, Any], Now], bool]:
    """Whether a criterion as written is true."""
    return true_of


@pytest.fixture(scope="session")
def letters() -> dict[str, dict[str, float]]:
    """What letters are worth, by source."""
    return LETTERS


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
