"""What the page on sources shows can be applied as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent, indent
from typing import get_args

import pytest

from services.intake.dialects import DIALECTS
from shared.catalogue import checks
from shared.catalogue.mapping import VERBS, EventMapping, ScoreAt, Value
from shared.catalogue.reading import read_catalogue
from shared.contracts.events import Verb

PAGE = (Path(__file__).parents[3] / "docs" / "sources.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
ISSUER = 'issuer: {tenant: north, id: "did:web:north.example", name: North, url: "https://north.example"}\n'
SCALES = "scales: {us-letters: {A: 1}}\n"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: dedent(example).splitlines()[0][:40])
def test_every_example_of_a_source_can_be_applied(example: str, tmp_path: Path) -> None:
    whole = example if "sources:" in example else f"sources:\n{indent(dedent(example), '  ')}"
    scales = "" if "scales:" in whole or "us-letters" not in whole else SCALES
    (tmp_path / "north").mkdir()
    (tmp_path / "north" / "issuer.yaml").write_text(ISSUER + scales + whole)

    result = read_catalogue(tmp_path)

    assert result.problems == ()
    assert result.tenants[0].sources


def test_the_catalogue_knows_the_dialects_that_intake_speaks() -> None:
    assert set(checks.DIALECTS) == set(DIALECTS)


@pytest.mark.parametrize("field", [*EventMapping.model_fields, *ScoreAt.model_fields, "form", "values", "default"])
def test_every_field_of_a_mapping_is_on_the_page(field: str) -> None:
    assert f"`{field}`" in PAGE


def test_every_form_of_a_value_is_on_the_page_and_every_verb() -> None:
    forms = [word for each in get_args(Value.model_fields["form"].annotation) for word in get_args(each)]

    assert forms
    assert not [each for each in (*forms, *VERBS) if f"`{each}`" not in PAGE]
    assert set(VERBS) < {each.value for each in Verb}
