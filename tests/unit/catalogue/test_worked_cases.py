"""Every criterion with its edges, as a designer would ask: `cases/*.yaml`, one file for each part of the language."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest

from shared.catalogue import yamltext
from shared.catalogue.criteria import parse
from shared.catalogue.evaluation import evaluate
from shared.catalogue.explain import explain
from shared.catalogue.facts import Fact, Facts, Holding

FOLDER = Path(__file__).parent / "cases"


def cases() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        [text] = yamltext.read(path.read_bytes())
        found += [pytest.param(each, id=f"{path.stem}: {each['case']}") for each in text.value]
    return found


def moment(text: str) -> datetime:
    if "T" not in text:
        return datetime.combine(datetime.fromisoformat(text).date(), time(12), UTC)
    return datetime.fromisoformat(text)


def fact(number: int, line: str) -> Fact:
    at, verb, kind, id_, *more = line.split()
    said = dict(each.split("=", 1) for each in more)
    hours = said.get("hours")
    return Fact(
        id=str(number),
        event_id=f"e{number}",
        source=said.get("from", "lms"),
        verb=verb,
        kind=kind,
        ids=(id_, *filter(None, [said.get("also")])),
        at=moment(at),
        course=said.get("course"),
        run=said.get("run"),
        succeeded={"true": True, "false": False}.get(said.get("succeeded", "")),
        score=float(said["score"]) if "score" in said else None,
        duration=float(hours) * 3600 if hours else None,
    )


def badge(number: int, line: str) -> Holding:
    slug, _, since, *more = line.split()
    until = next((each.partition("=")[2] for each in more if each.startswith("until=")), None)
    return Holding(f"b{number}", slug, moment(since), moment(until) if until else None, "lost" not in more)


@pytest.mark.parametrize("case", cases())
def test_a_worked_case(case: dict[str, Any]) -> None:
    facts = [fact(number, line) for number, line in enumerate(case.get("facts", []), 1)]
    badges = [badge(number, line) for number, line in enumerate(case.get("badges", []), 1)]
    criterion = parse(case["when"], case.get("scales"))
    known = Facts.of(facts, badges, case.get("zone", "UTC"))

    verdict, clause = evaluate(criterion, known), explain(criterion, known)

    assert verdict.met is case["met"]
    assert clause.met is case["met"]
    assert (clause.progress == 1) is case["met"]
    if "progress" in case:
        assert clause.progress == pytest.approx(case["progress"], abs=1e-4)
    if "by" in case:
        assert [int(each.id) for each in verdict.evidence] == case["by"]
    assert evaluate(criterion, Facts.of([*facts[::-1], *facts], badges[::-1], case.get("zone", "UTC"))) == verdict


def test_there_are_cases_for_all_of_the_language() -> None:
    assert len(cases()) >= 60
