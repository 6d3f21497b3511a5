"""The designers' page lists every field and every criterion that there is, and doesn't promise what is to come."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from shared.catalogue import model
from shared.catalogue.grammar import Reader
from shared.catalogue.to_come import TO_COME
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


def test_every_criterion_is_on_the_page_and_those_to_come_are_marked() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    told = {match[1]: row.endswith("| to come |") for row in rows if (match := re.match(r"\| `(\w+): ", row))}

    assert {name for name, to_come in told.items() if to_come} == set(TO_COME)
    supported = {*told} - {*TO_COME}
    assert supported == {*Reader()._readers}


@pytest.mark.parametrize("word", [*BOUNDS, *KINDS, "outcome", "distinct", "within", "take", "from"])
def test_every_word_inside_a_criterion_is_on_the_page(word: str) -> None:
    assert f"`{word}" in PAGE
