"""What an editor is told is what `check` says: as far as one value alone can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.catalogue import criteria_schema, grammar, yamltext
from shared.catalogue.reading import ReadResult
from shared.catalogue.schema import catalogue_schema

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted(
    path for where in ("*/issuer.yaml", "*/achievements/*.yaml") for path in (ROOT / "examples/catalogue").glob(where)
)
SCHEMA = catalogue_schema()
FILE = Draft202012Validator(SCHEMA)
CRITERION = Draft202012Validator({"$ref": "#/$defs/criterion", "$defs": SCHEMA["$defs"]})
ACHIEVEMENT = "{id: a, version: 1, type: Badge, name: A, description: d, criteria: c%s}"
ISSUER = "issuer: {tenant: north, id: 'did:web:x.example', name: N, url: u%s}"


def written(text: str | bytes) -> Any:
    [found] = yamltext.read(text.encode() if isinstance(text, str) else text)
    return found.value


def worked_cases() -> list[Any]:
    return list(_worked_cases())


def _worked_cases() -> Iterator[Any]:
    for path in sorted((Path(__file__).parent / "cases").glob("*.yaml")):
        for case in written(path.read_bytes()):
            yield pytest.param(case["when"], id=f"{path.stem}: {case['case']}")


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_fit(path: Path) -> None:
    assert [each.message for each in FILE.iter_errors(written(path.read_bytes()))] == []


@pytest.mark.parametrize("criterion", worked_cases())
def test_every_worked_case_fits(criterion: Any) -> None:
    assert [each.message for each in CRITERION.iter_errors(criterion)] == []


@pytest.mark.parametrize("criterion", worked_cases())
def test_a_misspelt_field_anywhere_is_refused_by_both(criterion: Any) -> None:
    for broken in misspelt(criterion):
        assert not CRITERION.is_valid(broken), broken
        assert grammar.read(broken, ())[0] is None, broken


def misspelt(value: Any) -> Iterator[Any]:
    """The value with each of its fields misspelt in turn."""
    if isinstance(value, list):
        for at, each in enumerate(value):
            yield from ([*value[:at], broken, *value[at + 1 :]] for broken in misspelt(each))
    elif isinstance(value, dict):
        for name, each in value.items():
            rest = {other: deepcopy(more) for other, more in value.items() if other != name}
            yield {**rest, f"{name}x": each}
            yield from ({**rest, name: broken} for broken in misspelt(each))


@pytest.mark.parametrize(
    "criterion",
    [
        "{}",
        "[]",
        "{completed: {course: A}, passed: {course: A}}",
        "{completed: {}}",
        "{completed: {course: A, module: B}}",
        "{completed: {outcome: A}}",
        "{completed: {course: ''}}",
        "{completed: {course: [A]}}",
        "{mastered: {course: A}}",
        "{score: {course: A}}",
        "{score: {course: A, at_least: 80}}",
        "{score: {course: A, at_least: -0.1}}",
        "{score: {course: A, at_least: '%'}}",
        "{score: {course: A, at_least: 80%, take: any}}",
        "{hours: {at_least: P1D, of: {completed: {course: A}}}}",
        "{hours: {at_least: 20, of: {completed: {course: A}}}}",
        "{hours: {at_least: PT20H}}",
        "{hours: {at_least: PT20H, of: {holds: a}}}",
        "{holds: {at_least: 2}}",
        "{holds: {achievement: a, at_least: 0}}",
        "{count: {of: {completed: {course: A}}}}",
        "{count: {of: {completed: {course: A}}, at_least: 1.5}}",
        "{count: {of: {completed: {course: A}}, at_least: 1, distinct: week}}",
        "{count: {of: {all: []}, at_least: 1}}",
        "{streak: {of: {completed: {course: A}}, every: weekly, times: 2}}",
        "{streak: {of: {completed: {course: A}}, every: P7D}}",
        "{sequence: [{completed: {course: A}}]}",
        "{sequence: {within: P1D}}",
        "{all: []}",
        "{any: {completed: {course: A}}}",
        "{not: [{completed: {course: A}}]}",
        "{at_least: {n: 0, of: [{completed: {course: A}}]}}",
        "{at_least: {of: [{completed: {course: A}}]}}",
        "{during: {of: {completed: {course: A}}}}",
        "{during: {from: yesterday, of: {completed: {course: A}}}}",
        "{during: {from: 2026-01-01}}",
    ],
)
def test_a_mistake_in_a_criterion_is_refused_by_both(criterion: str) -> None:
    raw = written(criterion)

    assert not CRITERION.is_valid(raw)
    assert grammar.read(raw, ())[0] is None


@pytest.mark.parametrize(
    "text",
    [
        ISSUER % ", colour: red",
        ISSUER % "" + "\nsources: {name: a}",
        ISSUER % "" + "\nsources: [{name: a, dialect: canvass, topic: t}]",
        ISSUER % "" + "\nsources: [{dialect: canvas, topic: t}]",
        ISSUER % "" + "\nsources: [{name: a, dialect: canvas, topic: t, learner: login}]",
        ISSUER % "" + "\nscales: {us: {A: 120%}}",
        ISSUER % "" + "\nscales: {US Letters: {A: 90%}}",
        "issuer: {tenant: North, id: 'did:web:x.example', name: N, url: u}",
        "issuer: {tenant: north, id: 'https://x.example', name: N, url: u}",
        "sources: []",
        f"achievement: {ACHIEVEMENT % ''}",
        f"achievement: {ACHIEVEMENT % ', colour: red'}\nearned_when: {{completed: {{course: A}}}}",
        f"achievement: {ACHIEVEMENT % ', valid_for: a year'}\nearned_when: {{completed: {{course: A}}}}",
        f"achievement: {ACHIEVEMENT % ', approval: maybe'}\nearned_when: {{completed: {{course: A}}}}",
        f"achievement: {ACHIEVEMENT % ', alignment: [{name: a}]'}\nearned_when: {{completed: {{course: A}}}}",
        "achievement: {id: a, version: 0, type: T, name: A, description: d, criteria: c}\nearned_when: {holds: b}",
        "earned_when: {completed: {course: A}}",
        "rubbish: 1",
    ],
)
def test_a_mistake_in_a_file_is_refused_by_both(text: str, read: Callable[..., ReadResult]) -> None:
    assert not FILE.is_valid(written(text))
    if text.startswith(("issuer", "sources")):
        assert not read(issuer=text).valid
    else:
        assert not read(text).valid


def test_every_field_is_explained() -> None:
    fields = {
        f"{name}.{field}": schema
        for name, definition in SCHEMA["$defs"].items()
        for part in (definition, *definition.get("anyOf", []))
        for field, schema in part.get("properties", {}).items()
    }

    assert len(fields) > 100
    assert [name for name, schema in fields.items() if not schema.get("description") and "$ref" not in schema] == []
    assert {*criteria_schema.definitions()["criterion"]["properties"]} == {*grammar.Reader({}).readers}
