"""The operators' page knows every metric, every setting and every alert that there is."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from shared.runtime.settings import Settings

CLONE = Path(__file__).parents[3]
PAGE = (CLONE / "docs" / "operations.md").read_text()
MEASURING = [CLONE / "shared" / "runtime" / "metrics.py", *sorted((CLONE / "services").glob("*/metrics.py"))]


def metrics_in_code() -> set[str]:
    return {name for file in MEASURING for name in re.findall(r'"(laurel_[a-z_]+)"', file.read_text())}


def alerts() -> Iterator[dict[str, Any]]:
    for file in sorted((CLONE / "deploy").rglob("*.y*ml")):
        text = file.read_text()
        if "alert:" in text and "expr:" in text:
            for group in yaml.safe_load(text).get("groups", []):
                yield from (rule for rule in group["rules"] if "alert" in rule)


def test_every_metric_is_on_the_page() -> None:
    on_the_page = set(re.findall(r"^\| `(laurel_[a-z_]+)` \|", PAGE, re.MULTILINE))

    assert metrics_in_code() - on_the_page == set()
    assert on_the_page - metrics_in_code() == set()


def test_every_setting_of_every_service_is_on_the_page() -> None:
    names = {*Settings.model_fields}
    for module in sorted((CLONE / "services").glob("*/settings.py")):
        found = vars(importlib.import_module(f"services.{module.parent.name}.settings")).values()
        for each in found:
            if isinstance(each, type) and issubclass(each, Settings):
                names |= {*each.model_fields}

    assert {name for name in names if f"`LAUREL_{name.upper()}`" not in PAGE} == set()


def test_every_alert_has_its_page_in_the_runbook() -> None:
    headings = set(re.findall(r"^### (\w+)$", PAGE, re.MULTILINE))

    assert {alert["alert"] for alert in alerts()} - headings == set()


def test_every_alert_links_to_its_own_page() -> None:
    wrong = [
        alert["alert"]
        for alert in alerts()
        if alert["annotations"]["runbook_url"] != f"docs/operations.md#{alert['alert'].lower()}"
    ]

    assert wrong == []
