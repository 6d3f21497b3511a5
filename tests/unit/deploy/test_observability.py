"""Dashboards and alerts ask only for what the code measures, and say what they mean."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

CLONE = Path(__file__).parents[3]
SERVICES = {"intake", "evaluator", "signer", "registry", "notifier", "portal"}


def test_every_metric_that_is_asked_for_is_measured(expressions: list[Any], measured: Any) -> None:
    unknown = {(each.where, name) for each in expressions for name in each.metrics() if name not in measured.series}

    assert expressions
    assert unknown == set()


def test_every_label_that_is_matched_is_on_its_metric(expressions: list[Any], measured: Any) -> None:
    everywhere = {"job", "instance", "le"}
    unknown = {
        (each.where, metric, label)
        for each in expressions
        for metric, label in each.matched()
        if label not in measured.series[metric] | everywhere
    }

    assert unknown == set()


def test_every_label_that_is_grouped_by_is_on_a_metric_of_the_expression(expressions: list[Any], measured: Any) -> None:
    for each in expressions:
        known = {"job", "instance", "le"}.union(*(measured.series[name] for name in each.metrics()))

        assert each.grouped() <= known, each


def test_every_expression_names_a_metric_and_closes_what_it_opens(expressions: list[Any]) -> None:
    for each in expressions:
        assert each.metrics(), each
        for opened, closed in ("()", "[]", "{}"):
            assert each.text.count(opened) == each.text.count(closed), each


def test_every_alert_leads_to_its_page_of_the_runbook(rules: list[dict[str, Any]]) -> None:
    headings = re.findall(r"^### (\w+)$", (CLONE / "docs/operations.md").read_text(), re.MULTILINE)
    pages = {f"docs/operations.md#{heading.lower()}" for heading in headings}
    alerts = [rule for rule in rules if "alert" in rule]

    assert alerts
    for alert in alerts:
        assert alert["annotations"]["runbook_url"] == f"docs/operations.md#{alert['alert'].lower()}"
        assert alert["annotations"]["runbook_url"] in pages
        assert alert["annotations"]["summary"]
        assert alert["annotations"]["description"]
        assert alert["labels"]["severity"] in {"page", "ticket"}


def test_each_objective_is_watched_over_a_long_and_a_short_window_at_four_burn_rates(
    rules: list[dict[str, Any]],
) -> None:
    for name in ("IssuanceTooSlow", "VerificationFailing", "MailsLate"):
        burning = {
            rule["labels"]["burn_rate"] for rule in rules if rule.get("alert") == name and "burn_rate" in rule["labels"]
        }

        assert burning == {"14.4", "6", "3", "1"}, name


def test_an_absent_service_is_noticed_whichever_it_is(rules: list[dict[str, Any]]) -> None:
    (absent,) = [rule["expr"] for rule in rules if rule.get("alert") == "ServiceAbsent"]

    assert set(re.findall(r'absent\(up\{job="(\w+)"\}\)', absent)) == SERVICES


def test_dashboards_can_be_moved_to_another_grafana(dashboards: list[dict[str, Any]]) -> None:
    assert len({each["uid"] for each in dashboards}) == len(dashboards) > 0
    for dashboard in dashboards:
        (variable,) = [each for each in dashboard["templating"]["list"] if each["type"] == "datasource"]

        assert dashboard["schemaVersion"] == 42
        assert dashboard["uid"].startswith("laurel-")
        for panel in dashboard["panels"]:
            for source in [panel.get("datasource"), *(each["datasource"] for each in panel.get("targets", []))]:
                assert source in ({"type": "prometheus", "uid": f"${{{variable['name']}}}"}, None), panel["title"]


def test_every_panel_says_what_it_shows_and_in_which_unit(dashboards: list[dict[str, Any]]) -> None:
    for dashboard in dashboards:
        panels = [each for each in dashboard["panels"] if each["type"] != "row"]

        assert len({each["id"] for each in dashboard["panels"]}) == len(dashboard["panels"])
        for panel in panels:
            assert len(panel["description"]) > 30, panel["title"]
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
            assert panel["targets"], panel["title"]


def test_no_two_panels_lie_on_each_other(dashboards: list[dict[str, Any]]) -> None:
    for dashboard in dashboards:
        taken: dict[tuple[int, int], str] = {}
        for panel in dashboard["panels"]:
            at = panel["gridPos"]
            for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
                assert cell not in taken, (panel["title"], taken.get(cell))
                assert cell[0] < 24
                taken[cell] = panel["title"]


def test_every_service_is_scraped() -> None:
    jobs = re.findall(r"job_name: (\w+)", (CLONE / "deploy/prometheus/prometheus.yml").read_text())

    assert set(jobs) == SERVICES
