from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.intake.handlers import Handlers
from services.intake.settings import IntakeSettings
from shared.catalogue.model import Catalogue, Issuer, Source, Tenant
from shared.contracts import topics
from shared.contracts.events import Event, LearningActivity
from shared.errors import Unavailable
from shared.runtime.records import Postponed, Record, Refusal

Sample = Callable[..., dict[str, Any]]


class FakeKafka:
    """Acknowledges what is published, unless it is down."""

    def __init__(self) -> None:
        self.published: list[LearningActivity] = []
        self.is_down = False

    async def publish(self, events: Iterable[Event]) -> None:
        if self.is_down:
            raise Unavailable("kafka")
        self.published += [each for each in events if isinstance(each, LearningActivity)]


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka()


@pytest.fixture
def handlers(desk: Any, kafka: FakeKafka) -> Handlers:
    made: Handlers = desk.handlers(kafka)
    return made


def record(topic: str, value: object, *headers: tuple[str, bytes], offset: int = 0) -> Record:
    body = value if isinstance(value, bytes | None) else json.dumps(value).encode()
    return Record(topic, 0, offset, None, body, headers, 0)


def counted(registry: CollectorRegistry, source: str, dialect: str, outcome: str) -> float:
    labels = {"source": source, "dialect": dialect, "outcome": outcome}
    return registry.get_sample_value("laurel_events_received_total", labels) or 0.0


def code_of(setback: Refusal | Postponed) -> str:
    assert isinstance(setback, Refusal)
    return setback.error.code


async def test_a_bad_record_harms_none_of_its_neighbours(
    handlers: Handlers, directory: Any, kafka: FakeKafka, cloud_event: Sample
) -> None:
    bad = record("lms.bus", b"{", offset=1)
    batch = [record("lms.bus", cloud_event()), bad, record("lms.bus", cloud_event({"id": "2"}), offset=2)]

    (refusal,) = await handlers.on_records(batch)

    assert [each.event_id for each in kafka.published] == ["/lms/north#7f1c", "/lms/north#2"]
    assert (refusal.record, code_of(refusal)) == (bad, "not_json")
    assert len(directory.remembered) == 2


async def test_an_event_counts_once_for_each_thing_it_says(
    handlers: Handlers, registry: CollectorRegistry, statement: Sample, cloud_event: Sample
) -> None:
    viewed = statement({"verb/id": "http://example.org/verbs/viewed"})
    batch = [
        record("lms.lrs", [statement(), statement({"id": "2"}), viewed]),
        record("lms.lrs", b"{"),
        record("lms.bus", cloud_event()),
        record("lms.bus", None),
    ]

    await handlers.on_records(batch)

    assert counted(registry, "north/lrs", "xapi", "translated") == 2
    assert counted(registry, "north/lrs", "xapi", "irrelevant") == 1
    assert counted(registry, "north/lrs", "xapi", "rejected") == 1
    assert counted(registry, "north/bus", "cloudevents", "translated") == 1
    assert counted(registry, "north/bus", "cloudevents", "irrelevant") == 1
    assert registry.get_sample_value("laurel_event_lag_seconds_count") == 3


async def test_while_the_store_is_down_nothing_is_published_or_counted(
    handlers: Handlers, directory: Any, registry: CollectorRegistry, kafka: FakeKafka, cloud_event: Sample
) -> None:
    directory.is_down = True

    with pytest.raises(Unavailable):
        await handlers.on_records([record("lms.bus", cloud_event()), record("lms.bus", b"{")])

    assert kafka.published == []
    assert counted(registry, "north/bus", "cloudevents", "translated") == 0
    assert counted(registry, "north/bus", "cloudevents", "rejected") == 0


async def test_what_kafka_did_not_take_counts_once_when_it_comes_again(
    handlers: Handlers, registry: CollectorRegistry, kafka: FakeKafka, cloud_event: Sample
) -> None:
    batch = [record("lms.bus", cloud_event()), record("lms.bus", b"{"), record("lms.bus", None)]
    outcomes = ("translated", "rejected", "irrelevant")
    kafka.is_down = True

    with pytest.raises(Unavailable):
        await handlers.on_records(batch)
    before = [counted(registry, "north/bus", "cloudevents", each) for each in outcomes]
    kafka.is_down = False
    await handlers.on_records(batch)

    assert before == [0, 0, 0]
    assert [counted(registry, "north/bus", "cloudevents", each) for each in outcomes] == [1, 1, 1]


async def test_learners_are_known_before_their_activities_are(
    handlers: Handlers, directory: Any, kafka: FakeKafka, cloud_event: Sample
) -> None:
    kafka.is_down = True

    with pytest.raises(Unavailable):
        await handlers.on_records([record("lms.bus", cloud_event())])
    known = [each.id for each in directory.remembered]
    kafka.is_down = False
    await handlers.on_records([record("lms.bus", cloud_event())])

    assert known == [each.learner for each in kafka.published]


async def test_a_topic_is_looked_up_once_more_before_it_is_called_unknown(
    handlers: Handlers, catalogue: Any, kafka: FakeKafka, cloud_event: Sample
) -> None:
    issuer = Issuer(tenant="south", id="did:web:south.example.org", name="South", url="https://south.example.org")
    new = Source(name="new", dialect="cloudevents", topic="lms.new")
    catalogue.applied = Catalogue(
        2, (*catalogue.current.tenants, Tenant(issuer=issuer, sources=(new,), achievements=()))
    )

    await handlers.on_records([record("lms.new", cloud_event())])

    (activity,) = kafka.published
    assert (activity.tenant, activity.source) == ("south", "new")
    assert catalogue.refreshed == 1


async def test_a_topic_of_nobodys_is_refused(
    handlers: Handlers, registry: CollectorRegistry, catalogue: Any, cloud_event: Sample
) -> None:
    stray = record("lms.stray", cloud_event())

    (refusal,) = await handlers.on_records([stray])

    assert code_of(refusal) == "unknown_source"
    assert counted(registry, "unknown", "unknown", "rejected") == 1
    assert (handlers.source_of(stray), catalogue.refreshed) == ("unknown", 1)


async def test_a_tombstone_on_a_topic_of_nobodys_is_irrelevant(handlers: Handlers, registry: CollectorRegistry) -> None:
    outcome = list(await handlers.on_records([record("lms.stray", None)]))

    assert outcome == []
    assert counted(registry, "unknown", "unknown", "irrelevant") == 1


async def test_a_replayed_webhook_delivery_is_its_sources(
    handlers: Handlers, kafka: FakeKafka, cloud_event: Sample
) -> None:
    replay = record(topics.WEBHOOK, cloud_event(), ("laurel-attempt", b"1"), (topics.SOURCE_HEADER, b"north/hook"))

    await handlers.on_records([replay])

    (activity,) = kafka.published
    assert (activity.tenant, activity.source) == ("north", "hook")
    assert handlers.source_of(replay) == "north/hook"


@pytest.mark.parametrize("named", [b"", b"north", b"north/nobody", b"\xff/\xff", b"nobody/hook"])
async def test_a_replay_that_names_no_source_is_refused(handlers: Handlers, cloud_event: Sample, named: bytes) -> None:
    (refusal,) = await handlers.on_records([record(topics.WEBHOOK, cloud_event(), (topics.SOURCE_HEADER, named))])

    assert code_of(refusal) == "unknown_source"


async def test_the_payload_never_names_its_tenant(handlers: Handlers, kafka: FakeKafka, cloud_event: Sample) -> None:
    forged = record("lms.bus", cloud_event({"tenant": "south", "source": "/south"}), (topics.SOURCE_HEADER, b"south/x"))

    await handlers.on_records([forged])

    (activity,) = kafka.published
    assert (activity.tenant, activity.source) == ("north", "bus")


@pytest.mark.parametrize(
    ("topic", "is_read"),
    [
        ("lms.canvas.main", True),
        ("webhook", True),
        ("lms.canvas.main.intake.dlq", False),
        ("webhook.intake.dlq", False),
        ("learning.activity.v1", False),
    ],
)
def test_dead_letters_are_never_read_as_events(topic: str, is_read: bool) -> None:
    assert bool(re.match(IntakeSettings().topic_pattern, topic)) is is_read
