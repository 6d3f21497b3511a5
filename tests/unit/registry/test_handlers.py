"""Handlers turn verdicts into refusals of exactly the records that they are about."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry

from services.registry.handlers import Handlers
from services.registry.metrics import RegistryMetrics
from shared.contracts.events import Event, StatusListDrafted
from shared.runtime.records import Received, Record
from tests.unit.registry.world import START, TENANT, World, asks, sign, signed


def received(events: Sequence[Event]) -> list[Received[Event]]:
    return [Received(each, Record("t", 0, offset, b"k", b"v", (), 0)) for offset, each in enumerate(events)]


def handlers(world: World) -> Handlers:
    return Handlers(world.issuing, world.statuses, world.status_lists)


async def test_the_record_of_a_bad_credential_is_refused_and_no_other() -> None:
    world = World()
    batch = received([world.award("a"), signed("never-awarded"), world.award("b")])

    refusals = list(await handlers(world).on_credentials_signed(batch))  # type: ignore[arg-type]  # one kind of event

    assert [(each.record.offset, each.error.code) for each in refusals] == [(1, "no_award")]


async def test_the_record_of_a_wrong_request_is_refused_and_no_other() -> None:
    world = World()
    world.award("a")
    batch = received([asks("r1", "a"), asks("r2", "a", tenant="other")])

    refusals = list(await handlers(world).on_status_changes_requested(batch))  # type: ignore[arg-type]  # one kind

    assert [(each.record.offset, each.error.code) for each in refusals] == [(1, "wrong_tenant")]


async def test_a_published_list_lets_out_what_waited_for_it() -> None:
    world = World()
    await world.issuing.issue([world.award("a")])
    (draft,) = [each for each in world.told if isinstance(each, StatusListDrafted)]
    batch = received([sign(draft), sign(draft).model_copy(update={"jwt": "forged"})])

    refusals = list(await handlers(world).on_status_lists_signed(batch))  # type: ignore[arg-type]  # one kind

    assert [each.award_id for each in world.announced()] == ["a"]
    assert [each.record.offset for each in refusals] == [1]


def test_metrics_have_the_names_and_labels_that_dashboards_read() -> None:
    registry = CollectorRegistry()
    metrics = RegistryMetrics(registry, lambda *_: "Badge")

    metrics.stored(TENANT, "event-driven", 1)
    metrics.duplicates(2)
    metrics.readable(0.2)
    metrics.status_changed("revoke", "operator")
    metrics.status_changed("suspend", "the id of an activity")
    metrics.published((TENANT, 1), START)

    value = registry.get_sample_value
    assert value("laurel_credentials_issued_total", {"tenant": TENANT, "achievement_type": "Badge"}) == 1
    assert value("laurel_credentials_duplicate_total") == 2
    assert value("laurel_issuance_latency_seconds_bucket", {"le": "0.25"}) == 1
    assert value("laurel_status_changes_total", {"change": "revoke", "reason": "operator"}) == 1
    assert value("laurel_status_changes_total", {"change": "suspend", "reason": "correction"}) == 1
    assert value("laurel_status_list_published_timestamp_seconds", {"list": f"{TENANT}/1"}) == START.timestamp()
