"""What comes with Laurel shows all that the main job has to cope with."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from services.ctl.applying import applicable
from services.ctl.events_file import Destinations, Line, read
from shared.catalogue.model import Tenant

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def tenants() -> tuple[Tenant, ...]:
    return applicable(EXAMPLES / "catalogue")


@pytest.fixture(scope="module")
def lines(tenants: tuple[Tenant, ...]) -> list[Line]:
    return list(read(EXAMPLES / "events.jsonl", Destinations(tenants)))


def test_three_dialects_two_tenants_topics_and_a_webhook(lines: list[Line]) -> None:
    assert len(lines) >= 25
    assert {line.to.source.dialect for line in lines} >= {"canvas", "cloudevents", "xapi"}
    assert {line.to.tenant for line in lines} == {"example-university", "north-academy"}
    assert {line.to.source.topic is None for line in lines} == {True, False}


def test_there_are_repeats(lines: list[Line]) -> None:
    deliveries = Counter((line.to.label, line.value) for line in lines)

    assert sum(count > 1 for count in deliveries.values()) >= 3


def test_issuers_live_at_a_host_and_below_a_path(tenants: tuple[Tenant, ...]) -> None:
    assert {tenant.issuer.id.count(":") for tenant in tenants} == {2, 4}


def test_every_kind_of_criterion_is_shown(tenants: tuple[Tenant, ...]) -> None:
    written = json.dumps([live.earned_when for tenant in tenants for live in tenant.achievements])

    assert all(
        f'"{kind}"' in written for kind in ("completed", "passed", "score", "count", "holds", "all", "any", "at_least")
    )
