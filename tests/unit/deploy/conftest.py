"""What the code measures, read from its source; and what dashboards and rules ask for."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

CLONE = Path(__file__).parents[3]
KINDS = {"Counter": ("",), "Gauge": ("",), "Histogram": ("_bucket", "_sum", "_count"), "Summary": ("_sum", "_count")}
OF_PROMETHEUS = {"up": frozenset({"job", "instance"}), "ALERTS": frozenset({"alertstate", "severity", "alertname"})}
NAME = re.compile(r"\b(?:laurel[_:][A-Za-z0-9_:]+|up|ALERTS)\b")
SELECTED = re.compile(r"\b((?:laurel[_:][A-Za-z0-9_:]+|up|ALERTS))\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Expression:
    """PromQL, and where it stands."""

    where: str
    text: str

    def metrics(self) -> set[str]:
        """Every series that it reads, without the words in quotes and in label lists."""
        return set(NAME.findall(re.sub(r'"[^"]*"', '""', self.text)))

    def matched(self) -> set[tuple[str, str]]:
        """(metric, label) for each matcher."""
        pairs = set()
        for metric, matchers in SELECTED.findall(self.text):
            pairs |= {(metric, label) for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers)}
        return pairs

    def grouped(self) -> set[str]:
        """Labels that it groups or joins by."""
        found = re.findall(r"\b(?:by|on|ignoring|without)\s*\(([^)]*)\)", self.text)
        return {label.strip() for each in found for label in each.split(",")}


@dataclass(frozen=True, slots=True)
class Measured:
    """Series in the code: name → labels."""

    series: dict[str, frozenset[str]]


def _measured() -> Measured:
    series: dict[str, frozenset[str]] = {}
    for file in sorted([*CLONE.glob("services/*/*.py"), *CLONE.glob("shared/runtime/*.py")]):
        for call in (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)):
            kind = call.func.id if isinstance(call.func, ast.Name) else ""
            if kind in KINDS and call.args and isinstance(call.args[0], ast.Constant):
                name = str(call.args[0].value)
                labels = ast.literal_eval(call.args[2]) if len(call.args) > 2 else []
                series |= {name + suffix: frozenset(labels) for suffix in KINDS[kind]}
    return Measured(series)


def _rules() -> list[dict[str, Any]]:
    return [
        rule
        for file in ("recording.yml", "alerts.yml")
        for group in yaml.safe_load((CLONE / "deploy/prometheus" / file).read_text())["groups"]
        for rule in group["rules"]
    ]


def _dashboards() -> list[dict[str, Any]]:
    return [json.loads(file.read_text()) for file in sorted((CLONE / "deploy/grafana/dashboards").glob("*.json"))]


@pytest.fixture(scope="session")
def measured() -> Measured:
    """What the code measures, and what rules record of it."""
    in_code = _measured()
    recorded: dict[str, frozenset[str]] = {rule["record"]: frozenset() for rule in _rules() if "record" in rule}
    return Measured(in_code.series | recorded | OF_PROMETHEUS)


@pytest.fixture(scope="session")
def rules() -> list[dict[str, Any]]:
    return _rules()


@pytest.fixture(scope="session")
def dashboards() -> list[dict[str, Any]]:
    return _dashboards()


@pytest.fixture(scope="session")
def expressions(rules: list[dict[str, Any]], dashboards: list[dict[str, Any]]) -> list[Expression]:
    """Everything that is asked of Prometheus."""
    found = [Expression(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules]
    for dashboard in dashboards:
        for panel in dashboard["panels"]:
            found += [Expression(panel["title"], target["expr"]) for target in panel.get("targets", [])]
        found += [Expression("annotation", each["expr"]) for each in dashboard["annotations"]["list"] if "expr" in each]
    return found
