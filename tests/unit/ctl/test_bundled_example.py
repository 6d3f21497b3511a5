"""What comes with Laurel shows all that the main job has to cope with."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.ctl.applying import applicable
from services.ctl.events_file import Destinations, Line, read
from services.ctl.trying import Trial, Tried
from services.intake.dialects import DIALECTS
from shared.catalogue.model import Catalogue, Tenant
from shared.contracts.events import Verb

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def tenants() -> tuple[Tenant, ...]:
    return applicable(EXAMPLES / "catalogue")


@pytest.fixture(scope="module")
def lines(tenants: tuple[Tenant, ...]) -> list[Line]:
    return list(read(EXAMPLES / "events.jsonl", Destinations(tenants)))


@pytest.fixture(scope="module")
def tried(tenants: tuple[Tenant, ...], lines: list[Line]) -> list[Tried]:
    return list(Trial(Catalogue(0, tenants), datetime(2026, 11, 23, tzinfo=UTC)).of(lines))


def test_two_tenants_topics_and_a_webhook(lines: list[Line]) -> None:
    assert len(lines) >= 25
    assert {line.to.tenant for line in lines} == {"example-university", "north-academy"}
    assert {line.to.source.topic is None for line in lines} == {True, False}


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_dialect_has_a_source_and_says_something_that_a_badge_asks_for(
    dialect: str, tenants: tuple[Tenant, ...], lines: list[Line], tried: list[Tried]
) -> None:
    sources = {source.name for tenant in tenants for source in tenant.sources if source.dialect == dialect}
    touched = {
        slug
        for line, each in zip(lines, tried, strict=True)
        if line.to.source.dialect == dialect
        for touch in each.touches
        for slug in touch.achievements
    }

    assert sources, f"a source of the dialect {dialect} in examples/catalogue"
    assert touched, f"an event of the dialect {dialect} in examples/events.jsonl"


def test_every_source_says_something(tenants: tuple[Tenant, ...], lines: list[Line]) -> None:
    assert {line.to.label for line in lines} == {
        f"{tenant.issuer.tenant}/{source.name}" for tenant in tenants for source in tenant.sources
    }


def test_cloudevents_come_in_every_mode_and_through_a_mapping(lines: list[Line]) -> None:
    said = [line for line in lines if line.to.source.dialect == "cloudevents"]
    modes = {dict(line.headers).get("content-type", b"").split(b";")[0] for line in said}

    assert modes == {b"application/cloudevents+json", b"application/cloudevents-batch+json", b"application/json"}
    assert any(line.to.source.mapping for line in said)


def test_there_are_a_correction_an_undone_statement_and_three_ways_to_be_refused(tried: list[Tried]) -> None:
    versions = Counter(touch.activity.fact for each in tried for touch in each.touches if touch.activity.version)

    assert max(versions.values()) > 1
    assert any(touch.activity.verb is Verb.VOIDED for each in tried for touch in each.touches)
    assert len({each.code for each in tried if each.code}) >= 3
    assert sum(each.profiles for each in tried) >= 2
    assert sum(each.irrelevant for each in tried) >= 1


def test_a_grade_comes_long_before_the_profile_that_tells_whose_it_is(tenants: tuple[Tenant, ...]) -> None:
    """In the demo the second half is sent later: what waits is seen to wait."""
    lines = list(read(EXAMPLES / "events.jsonl", Destinations(tenants)))
    first_half = Trial(Catalogue(0, tenants), datetime(2026, 11, 23, tzinfo=UTC)).of(lines[: len(lines) // 2])

    assert sum(each.waiting for each in first_half) == 1


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
