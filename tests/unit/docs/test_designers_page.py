"""What the designers' page shows comes true, and it leaves out no element and no field."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.ctl.rehearsing import Trial
from shared.catalogue.expectations import KINDS, Expected, Given, read_tests
from shared.catalogue.quality import EU, PROFILES, Profile
from shared.catalogue.reading import read_catalogue

CLONE = Path(__file__).parents[3]
PAGE = (CLONE / "docs" / "designers.md").read_text()


def test_the_example_of_tests_holds_for_the_bundled_catalogue() -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    read = read_tests("example", example.encode())
    [university] = [
        each
        for each in read_catalogue(CLONE / "examples" / "catalogue").tenants
        if each.issuer.tenant == "example-university"
    ]

    trial = Trial(university)

    assert read.problems == ()
    assert [failure for test in read.tests for failure in trial.run(test)] == []


@pytest.mark.parametrize("field", sorted({*Given.model_fields, *Expected.model_fields, *KINDS}))
def test_every_field_of_a_test_is_on_the_page(field: str) -> None:
    assert f"`{field}`" in PAGE


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_every_profile_is_on_the_page_with_its_source(profile: Profile) -> None:
    assert f"`{profile.name}`" in PAGE
    assert profile.source in PAGE


@pytest.mark.parametrize("name", sorted({each.name for profile in PROFILES.values() for each in profile.elements}))
def test_every_element_that_is_measured_is_on_the_page(name: str) -> None:
    rows = [line.split("|")[1].strip() for line in PAGE.splitlines() if line.startswith("| ")]

    assert any(name in re.sub(r"[`(].*", "", row) for row in rows), name


def test_annex_i_has_eleven_rows() -> None:
    [table] = re.findall(r"\| mandatory in the EU.*?\n\n", PAGE, re.DOTALL)

    assert len(table.strip().splitlines()) - 2 == len(EU.elements)
