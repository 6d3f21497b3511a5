"""The documentation names nothing that isn't there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CLONE = Path(__file__).parents[3]
NOT_OURS = {".venv", ".laurel", "node_modules", "demo-output"}
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def pages() -> list[Path]:
    return sorted(page for page in CLONE.rglob("*.md") if not NOT_OURS & set(page.relative_to(CLONE).parts))


def anchors(page: Path) -> set[str]:
    """Headings as code hosts turn them into anchors: lower case, words joined by hyphens."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> list[str]:
    found = LINK.findall(CODE.sub("", page.read_text()))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(CLONE)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


def test_the_check_sees_links_at_all() -> None:
    assert sum(len(links(page)) for page in pages()) > 20
