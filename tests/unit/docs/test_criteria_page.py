"""The designers' page lists every field and every criterion that there is, and doesn't promise what is to come."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from shared.catalogue import grammar, model, yamltext
from shared.catalogue.grammar import Reader
from shared.catalogue.reading import read_catalogue
from shared.catalogue.tree import BOUNDS, KINDS

PAGE = (Path(__file__).parents[3] / "docs" / "criteria.md").read_text()
WRITTEN: tuple[type[BaseModel], ...] = tuple(
    each
    for each in vars(model).values()
    if isinstance(each, type) and issubclass(each, model.Entry) and each is not model.Entry
)


@pytest.mark.parametrize("entry", WRITTEN, ids=lambda entry: entry.__name__)
def test_every_field_of_a_catalogue_file_is_on_the_page(entry: type[BaseModel]) -> None:
    missing = [name for name in entry.model_fields if not re.search(rf"[`{{ ]{name}[`:,}} ]", PAGE)]

    assert missing == []


def test_every_criterion_is_on_the_page() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| [`")]

    assert {found[1] for row in rows if (found := re.match(r"\| \[`(\w+): ", row))} == {*Reader({}).readers}


@pytest.mark.parametrize("word", [*BOUNDS, *KINDS, "outcome", "distinct", "within", "take", "from"])
def test_every_word_inside_a_criterion_is_on_the_page(word: str) -> None:
    assert f"`{word}" in PAGE


def examples() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_on_the_page_can_be_applied(tmp_path: Path) -> None:
    [issuer] = [each for each in examples() if each.startswith("issuer:")]
    [achievement] = [each for each in examples() if each.startswith("achievement:")]
    folder = tmp_path / "example-university"
    (folder / "achievements").mkdir(parents=True)
    (folder / "issuer.yaml").write_text(issuer)
    (folder / "achievements" / "event-driven-systems.yaml").write_text(achievement)

    result = read_catalogue(tmp_path)

    assert result.problems == ()


@pytest.mark.parametrize("text", [each for each in examples() if not each.startswith(("issuer:", "achievement:"))])
def test_every_example_of_a_criterion_is_one(text: str) -> None:
    [read] = yamltext.read(text.encode())

    criterion, findings = grammar.read(read.value, ())

    assert findings == []
    assert criterion is not None


def criteria_on_the_page() -> list[str]:
    rows = re.findall(r"^\| \[`(\w+: .+?)`\]", PAGE, re.MULTILINE)
    leaf = "{completed: {course: EL-*}}"
    words = {"PATTERN": "EDS*", "LEAF": leaf, "DATE": "2026-09-01", r"\bN\b": "2", r"\b[ABC]\b": leaf}
    found = []
    for text in rows:
        for word, value in words.items():
            text = re.sub(word, value, text)
        found.append(text)
    return found


@pytest.mark.parametrize("text", criteria_on_the_page())
def test_every_criterion_can_be_written_as_on_the_page(text: str) -> None:
    criterion, findings = grammar.read(yaml.safe_load(f"{{{text}}}"), ())

    assert findings == []
    assert criterion is not None
