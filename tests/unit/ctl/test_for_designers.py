"""What the command prints for designers: a schema for their editor, a chart of their badges."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from services.ctl.__main__ import app

CATALOGUE = str(Path(__file__).parents[3] / "examples" / "catalogue")


def test_the_schema_is_printed_as_it_can_be_saved() -> None:
    result = CliRunner().invoke(app(), ["catalogue", "schema"])

    Draft202012Validator.check_schema(json.loads(result.stdout))
    assert "earned_when" in json.loads(result.stdout)["properties"]


def test_the_chart_of_an_issuers_badges_is_printed() -> None:
    result = CliRunner().invoke(app(), ["catalogue", "graph", CATALOGUE, "--tenant", "north-academy"])

    assert result.stdout.startswith("flowchart LR\n")
    assert "Workshop lead" in result.stdout


def test_the_picture_of_an_issuers_badges_is_printed() -> None:
    result = CliRunner().invoke(app(), ["catalogue", "graph", CATALOGUE, "--tenant", "north-academy", "--svg"])

    assert ET.fromstring(result.stdout).tag == "{http://www.w3.org/2000/svg}svg"


def test_where_there_are_several_issuers_one_has_to_be_named() -> None:
    result = CliRunner().invoke(app(), ["catalogue", "graph", CATALOGUE])

    assert result.exit_code == 2
    assert "north-academy" in result.output
