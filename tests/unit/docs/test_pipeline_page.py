"""The pipeline's page knows every collection, and who writes it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from shared.contracts import documents

CLONE = Path(__file__).parents[3]
PAGE = (CLONE / "docs" / "pipeline.md").read_text()
OWNERS = dict(re.findall(r"^\| `([a-z_]+)` \| ([a-z ]+) \|", PAGE.split("## Collections")[1], re.MULTILINE))


def names_in(file: Path) -> set[str]:
    """The texts that a module names by a constant: collections, where it is a store."""
    found = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            found |= {node.value.value for name in node.targets if isinstance(name, ast.Name) and name.id.isupper()}
    return found


def test_every_collection_that_services_share_has_its_writer_on_the_page() -> None:
    shared = names_in(Path(documents.__file__))

    assert "learners" in shared
    assert shared - set(OWNERS) == set()


def test_a_collection_that_one_service_keeps_for_itself_is_its_own_on_the_page() -> None:
    own = {name: file.parent.name for file in (CLONE / "services").glob("*/store.py") for name in names_in(file)}

    assert own.keys() >= {"award_sweeps", "announcements"}
    assert {name: OWNERS.get(name) for name in own} == own
