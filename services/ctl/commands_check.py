"""`laurel catalogue check`: is the folder right, does it award what its own tests expect, how much does it say?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from services.ctl import applying
from services.ctl.console import ASKED_WRONGLY, FAILED, Answer, JsonOption, counted, stop
from services.ctl.rehearsing import Failure, Trial
from shared.catalogue.expectations import Expectation, read_tests
from shared.catalogue.problems import Problem
from shared.catalogue.quality import PROFILES, Measure, measure_all
from shared.catalogue.reading import ReadResult, read_test_files


class ProfileName(StrEnum):
    """The frameworks that can be measured against."""

    EU = "eu-microcredential"
    KNOWLEDGE = "trusted-knowledge"
    APPLICATION = "trusted-application"


def check(
    folder: Annotated[Path, typer.Argument(help="The parent folder of the tenants' folders.")],
    profile: Annotated[
        ProfileName | None, typer.Option("--profile", help="Also say how far each achievement is from this framework.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="With --profile: fail unless every achievement is ready.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Name every mistake with file, line and the nearest valid name, and run the catalogue's own tests."""
    if strict and profile is None:
        stop(ASKED_WRONGLY, "--strict is about a --profile")
    answer = Answer(as_json=as_json)
    result = applying.read(folder)
    tests, misread = _tests(folder)
    problems = sorted({*result.problems, *misread})
    for problem in problems:
        answer.say(f"[red]error[/]    {escape(str(problem))}")
    failures = _try(answer, result, tests) if not problems else []
    count = sum(len(tenant.achievements) for tenant in result.tenants)
    if not problems:
        answer.say(f"[green]valid[/]    {counted(len(result.tenants), 'tenant')}, {counted(count, 'achievement')}")
    measures = measure_all(PROFILES[profile.value], result.tenants) if profile is not None else []
    if profile is not None:
        _show(answer, profile.value, measures)
    run = sum(len(each) for each in tests.values()) if not problems else 0
    answer.data(
        {
            "valid": not problems,
            "tenants": [tenant.issuer.tenant for tenant in result.tenants],
            "achievements": count,
            "problems": [asdict(each) for each in problems],
            "tests": {"run": run, "failures": [each.as_json() for each in failures]},
        }
        | ({} if profile is None else {"profile": profile.value, "measures": [each.as_json() for each in measures]})
    )
    if problems or failures or (strict and not all(each.ready for each in measures)):
        stop(FAILED)


def _tests(folder: Path) -> tuple[dict[str, list[Expectation]], list[Problem]]:
    """Of each folder; a folder is named as its tenant's problems name it."""
    found: dict[str, list[Expectation]] = {}
    problems: list[Problem] = []
    for name, content in read_test_files(folder):
        said = read_tests(name, content)
        found.setdefault(name.split("/", 1)[0], []).extend(said.tests)
        problems += said.problems
    return found, problems


def _try(answer: Answer, result: ReadResult, tests: dict[str, list[Expectation]]) -> list[Failure]:
    failures: list[Failure] = []
    for tenant in result.tenants:
        mine = tests.get(result.folders[tenant.issuer.tenant], [])
        trial = Trial(tenant) if mine else None
        failures += [each for test in mine if trial is not None for each in trial.run(test)]
    for failure in failures:
        answer.say(f"[red]failed[/]   {escape(str(failure.problem))}  [dim]({escape(failure.test)})[/]")
        for line in failure.why:
            answer.say(f"           {escape(line)}")
    run = sum(len(each) for each in tests.values())
    failed = len({(each.problem.file, each.test) for each in failures})
    if run:
        answer.say(f"[{'red' if failed else 'green'}]tests[/]    {run - failed} of {run} hold")
    return failures


def _show(answer: Answer, name: str, measures: Sequence[Measure]) -> None:
    profile = PROFILES[name]
    answer.say("")
    answer.say(f"[bold]{escape(profile.title)}[/]\n[dim]{escape(profile.source)}[/]")
    for each in measures:
        colour = "green" if each.ready else "yellow"
        bar = "".join("█" if element.said is not None else "░" for element in each.elements)
        label = f"{each.tenant}/{each.achievement} version {each.version}"
        answer.say(f"[{colour}]{bar}[/]  [bold]{escape(label)}[/]  {escape(each.sentence)}")
    advice = {element.name: element.advice for each in measures for element in each.missing}
    if advice:
        answer.say("")
        answer.table(("Missing", "Say it as"), list(advice.items()))
    ready = sum(each.ready for each in measures)
    answer.say(f"\n{ready} of {len(measures)} are ready: all of it is said. Whether it is so, nobody has certified.")
