"""Contexts are the pinned ones and come from nowhere else."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from shared.openbadges import contexts


@pytest.fixture
def fresh() -> object:
    contexts.load.cache_clear()
    yield
    contexts.load.cache_clear()


@pytest.mark.parametrize("url", sorted(contexts.PINNED))
def test_every_pinned_context_is_installed_and_as_pinned(url: str) -> None:
    assert "@context" in contexts.load(url)


@pytest.mark.usefixtures("fresh")
def test_an_altered_context_signs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "openbadgeslib/ob3/contexts"
    folder.mkdir(parents=True)
    (folder / "credentials-v2.json").write_text(json.dumps({"@context": {}}))

    class Altered:
        def locate_file(self, name: str) -> Path:
            return tmp_path / name

    monkeypatch.setattr(contexts, "distribution", lambda name: Altered())

    with pytest.raises(contexts.AlteredContext):
        contexts.load(contexts.CREDENTIALS_V2)


def test_another_context_is_unknown() -> None:
    with pytest.raises(contexts.UnknownContext):
        contexts.load("https://evil.example/context.json")


def test_the_package_that_carries_them_is_not_imported() -> None:
    import subprocess

    code = (
        "import sys; from shared.openbadges import contexts; contexts.load(contexts.OPEN_BADGES);"
        "print('openbadgeslib' in sys.modules)"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "False"
