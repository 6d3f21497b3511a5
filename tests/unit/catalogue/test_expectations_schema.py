from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.catalogue import yamltext
from shared.catalogue.expectations import Expected, Given, WrittenTest, read_tests
from shared.catalogue.expectations_schema import tests_schema as schema_of_tests

SCHEMA = schema_of_tests()
VALIDATOR = Draft202012Validator(SCHEMA)
EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "catalogue").glob("*/tests/*.yaml"))


def value(text: str) -> Any:
    [read] = yamltext.read(text.encode())
    return read.value


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_bundled_tests_fit(path: Path) -> None:
    assert list(VALIDATOR.iter_errors(value(path.read_text()))) == []


def test_every_field_is_described() -> None:
    for model in (Given, Expected, WrittenTest):
        described = SCHEMA["$defs"][model.__name__]["properties"]
        assert [name for name in model.model_fields if "description" not in described[name]] == []


@pytest.mark.parametrize(
    "text",
    [
        "test: []",
        "tests: [{name: x, given: []}]",
        "tests: [{name: x, given: [], expct: none}]",
        "tests: [{name: x, given: [{verb: completd, course: A, at: 2026-05-01}], expect: none}]",
        "tests: [{name: x, given: [{verb: completed, at: 2026-05-01}], expect: none}]",
        "tests: [{name: x, given: [{verb: completed, course: A, module: B, at: 2026-05-01}], expect: none}]",
        "tests: [{name: x, given: [], expect: [{achievment: a}]}]",
        "tests: [{name: x, given: [], expect: 5}]",
    ],
)
def test_what_check_refuses_an_editor_marks(text: str) -> None:
    assert not VALIDATOR.is_valid(value(text))
    assert read_tests("a.yaml", text.encode()).problems
