"""What no linter holds: short files, no drawers, nothing left for later, nothing that is true on one machine alone."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CLONE = Path(__file__).parents[3]
NOT_OURS = {
    ".git", ".venv", ".laurel", "demo-output", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache",
    ".pytest_cache", ".hypothesis", ".import_linter_cache",
}  # fmt: skip
CODE = ("services", "shared", "tests")
MOST_LINES = 300
DRAWERS = re.compile(r"(?:^|_)(?:utils?|helpers?|commons?|misc|base|core|managers?)$")
# put together, because this file is read too
LATER = "TO" + "DO", "FIX" + "ME"
REGISTRIES = "pypi" + ".org", "files." + "pythonhosted", "registry." + "npmjs", "repo." + "maven"
MACHINES = "/home" + "/", "/Users" + "/", "/" + "work", "." + "library"

SKIPS = {f"pytest.{each}" for each in ("skip", "xfail", "mark.skip", "mark.skipif", "mark.xfail", "importorskip")}
SAYS_IT_FIRST = {"pytest.skip", "pytest.xfail", "pytest.mark.skip"}


def files(*below: str) -> Iterator[Path]:
    for start in below:
        for folder, inner, names in os.walk(CLONE / start):
            inner[:] = [each for each in inner if each not in NOT_OURS and not each.endswith(".egg-info")]
            yield from (Path(folder, name) for name in names)


def modules() -> list[Path]:
    return [path for path in files(*CODE) if path.suffix == ".py"]


def told(path: Path) -> str:
    return str(path.relative_to(CLONE))


def places_of(*words: str) -> list[str]:
    """Where any of these stands, not as a part of a longer word or path."""
    said = re.compile("|".join(rf"(?<![\w.]){re.escape(word)}" + r"(?!\w)" * word[-1].isalnum() for word in words))
    found = []
    for path in files("."):
        text = path.read_bytes().decode(errors="replace")
        found += [f"{told(path)}:{text.count(chr(10), 0, match.start()) + 1}" for match in said.finditer(text)]
    return found


def test_no_python_file_is_too_long_to_be_read() -> None:
    long = {told(path): lines for path in modules() if (lines := len(path.read_text().splitlines())) > MOST_LINES}

    assert long == {}


def test_nothing_is_put_into_a_drawer() -> None:
    drawers = [path for path in modules() if any(DRAWERS.search(name) for name in (path.stem, path.parent.name))]

    assert [told(path) for path in drawers] == []


def test_nothing_is_left_for_later() -> None:
    assert places_of(*LATER) == []


def test_where_packages_come_from_is_the_installers_choice() -> None:
    assert places_of(*REGISTRIES) == []


def test_nothing_is_true_on_one_machine_alone() -> None:
    assert places_of(*MACHINES) == []


def without_reason(path: Path) -> Iterator[str]:
    """Skips and expected failures that don't say why."""
    tree = ast.parse(path.read_text())
    called = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (name := ast.unparse(node)) in SKIPS:
            call = called.get(id(node))
            said = call is not None and (
                any(each.arg == "reason" for each in call.keywords) or (bool(call.args) and name in SAYS_IT_FIRST)
            )
            if not said:
                yield f"{told(path)}:{node.lineno}"


def test_no_test_is_skipped_without_a_reason() -> None:
    assert [where for path in modules() for where in without_reason(path)] == []


@pytest.mark.parametrize(
    ("line", "silent"),
    [
        ("pytest.skip()", True),
        ("pytest.skip('no Java here')", False),
        ("@pytest.mark.skip\ndef test(): ...", True),
        ("@pytest.mark.skipif(True)\ndef test(): ...", True),
        ("@pytest.mark.skipif(True, reason='no Java here')\ndef test(): ...", False),
    ],
)
def test_a_skip_that_does_not_say_why_is_seen(
    line: str, *, silent: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.CLONE", tmp_path)
    file = tmp_path / "test_it.py"
    file.write_text(line)

    assert bool(list(without_reason(file))) is silent
