"""A schema registry that is down is its own source's trouble, by whichever door events come."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Iterable
from typing import Any

import fastavro
import pytest
from prometheus_client import CollectorRegistry

from services.intake import avro
from services.intake.handlers import Handlers
from shared.catalogue.model import Catalogue, Source
from shared.contracts.events import Event
from shared.errors import Rejected
from shared.runtime.records import Postponed, Record, Refusal

Sample = Callable[..., dict[str, Any]]

REGISTRY = "https://registry.example.org"
TYPE = "org.openedx.learning.student.registration.completed.v1"
HEADERS = (("ce_type", TYPE.encode()), ("ce_time", b"2026-11-23T11:59:00Z"))
SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "CloudEvent",
    "fields": [
        {
            "name": "user",
            "type": {"type": "record", "name": "UserData", "fields": [{"name": "id", "type": "long"}]},
        }
    ],
}


def record(offset: int, *, number: int = 7, partition: int = 0) -> Record:
    out = io.BytesIO()
    out.write(struct.pack(">bI", 0, number))
    fastavro.schemaless_writer(out, fastavro.parse_schema(SCHEMA), {"user": {"id": 39}})
    return Record("lms.edx", partition, offset, None, out.getvalue(), HEADERS, 0)


class FakeKafka:
    def __init__(self) -> None:
        self.published: list[Event] = []

    async def publish(self, events: Iterable[Event]) -> None:
        self.published += events

    async def write(self, record: Record, error: Rejected) -> None:
        raise AssertionError


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka()


@pytest.fixture
def handlers(desk: Any, kafka: FakeKafka, catalogue: Any) -> Handlers:
    (tenant,) = catalogue.current.tenants
    source = Source(name="edx", dialect="openedx", topic="lms.edx", schema_registry=REGISTRY)
    more = tenant.model_copy(update={"sources": (*tenant.sources, source)})
    catalogue.current = catalogue.applied = Catalogue(2, (more,))
    made: Handlers = desk.handlers(kafka)
    return made


def counted(registry: CollectorRegistry) -> float:
    labels = {"source": "north/edx", "dialect": "openedx"}
    found = [
        registry.get_sample_value("laurel_events_received_total", labels | {"outcome": outcome})
        for outcome in ("translated", "profile", "irrelevant", "rejected")
    ]
    return sum(each or 0.0 for each in found)


async def test_a_schema_is_fetched_once_a_batch_and_then_known(
    handlers: Handlers, schemas: Any, registry: CollectorRegistry
) -> None:
    schemas.held[REGISTRY, 7] = avro.compiled(json.dumps(SCHEMA))

    assert list(await handlers.on_records([record(0), record(1), record(2)])) == []
    assert list(await handlers.on_records([record(3)])) == []

    assert schemas.asked == [(REGISTRY, 7)]
    assert counted(registry) == 4


async def test_while_the_registry_is_down_its_source_waits_in_order_and_others_go_on(
    handlers: Handlers, schemas: Any, registry: CollectorRegistry, kafka: FakeKafka, cloud_event: Sample
) -> None:
    schemas.held[REGISTRY, 7] = avro.compiled(json.dumps(SCHEMA))
    await handlers.on_records([record(0)])
    schemas.down.add(REGISTRY)
    other = Record("lms.bus", 0, 0, None, json.dumps(cloud_event()).encode(), (), 0)
    batch = [record(1), record(2, number=8), record(3), record(4, partition=1), other]

    setbacks = list(await handlers.on_records(batch))

    assert [(type(each), each.record.partition, each.record.offset) for each in setbacks] == [
        (Postponed, 0, 2),
        (Postponed, 0, 3),
    ]
    assert len(kafka.published) == 1, "the other source's"
    assert counted(registry) == 3, "what waits is counted when it is done"


async def test_an_id_that_the_registry_does_not_know_is_a_dead_letter_and_its_neighbours_go_on(
    handlers: Handlers, schemas: Any
) -> None:
    schemas.held[REGISTRY, 7] = avro.compiled(json.dumps(SCHEMA))

    (setback,) = await handlers.on_records([record(0, number=8), record(1)])

    assert isinstance(setback, Refusal)
    assert (setback.error.code, setback.record.offset) == ("unknown_schema", 0)


async def test_a_record_that_its_schema_does_not_fit_is_refused(handlers: Handlers, schemas: Any) -> None:
    schemas.held[REGISTRY, 7] = avro.compiled(json.dumps(SCHEMA))
    broken = record(0)
    broken.value = (broken.value or b"")[:-1] + b"\xff"

    (setback,) = await handlers.on_records([broken])

    assert isinstance(setback, Refusal)
    assert setback.error.code == "invalid"
