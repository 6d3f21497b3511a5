"""A catalogue's folder in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from shared.catalogue.reading import ReadResult, read_catalogue

ISSUER = """
issuer: {tenant: north, id: "did:web:badges.north.example", name: North, url: "https://north.example"}
sources:
  - {name: lms, dialect: canvas, topic: lms.north}
"""

Read = Callable[..., ReadResult]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Writes `north/issuer.yaml` and achievements a.yaml, b.yaml, … and reads them."""

    def reading(*achievements: str, issuer: str = ISSUER, more: dict[str, str | bytes] | None = None) -> ReadResult:
        files: dict[str, str | bytes] = {"north/issuer.yaml": issuer, **(more or {})}
        for name, text in zip("abcdef", achievements, strict=False):
            files[f"north/achievements/{name}.yaml"] = text
        for path, content in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else dedent(content).lstrip("\n").encode())
        return read_catalogue(tmp_path)

    return reading
