"""Prometheus' own tool accepts the configuration, and finds that alerts fire when they should and only then."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

CLONE = Path(__file__).parents[3]
PROMETHEUS = CLONE / "deploy" / "prometheus"


@pytest.fixture(scope="module")
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool isn't installed")
    return found


def accepted(*command: str) -> None:
    run = subprocess.run(command, capture_output=True, text=True, cwd=PROMETHEUS, check=False)

    assert run.returncode == 0, run.stdout + run.stderr


def test_the_rules_are_valid(promtool: str) -> None:
    accepted(promtool, "check", "rules", "recording.yml", "alerts.yml")


def test_alerts_fire_when_they_should_and_only_then(promtool: str) -> None:
    accepted(promtool, "test", "rules", "alerts_test.yml", "alerts_of_months_test.yml")


def test_the_configuration_is_valid(promtool: str, tmp_path: Path) -> None:
    here = (PROMETHEUS / "prometheus.yml").read_text().replace("/etc/prometheus/", f"{PROMETHEUS}/")
    (tmp_path / "prometheus.yml").write_text(here)

    accepted(promtool, "check", "config", str(tmp_path / "prometheus.yml"))


def test_every_query_of_every_dashboard_is_valid(promtool: str, tmp_path: Path) -> None:
    rules = []
    for file in sorted((CLONE / "deploy/grafana/dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel.get("targets", []):
                query = target["expr"].replace("$__rate_interval", "1m").replace("$__range", "1h")
                rules.append({"record": f"panel:{panel['id']}:{target['refId']}", "expr": query})
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))

    accepted(promtool, "check", "rules", str(tmp_path / "queries.yml"))
