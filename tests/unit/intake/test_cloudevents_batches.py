"""CloudEvents in batches, by their attributes, and through a mapping in all three modes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.domain import Accepted
from shared.errors import Rejected

Accept = Callable[..., Accepted]
Sample = Callable[..., dict[str, Any]]

STRUCTURED = {"content-type": b"application/cloudevents+json; charset=UTF-8"}
BATCH = {"content-type": b"application/cloudevents-batch+json"}


@pytest.mark.parametrize("headers", [BATCH, {}])
def test_a_batch_is_an_array_of_events(accept: Accept, cloud_event: Sample, headers: dict[str, bytes]) -> None:
    other = cloud_event({"type": "org.example.lms.viewed", "id": "2"})

    accepted = accept("cloudevents", [cloud_event(), other, cloud_event({"id": "3"})], headers)

    assert [each.event_id for each in accepted.activities] == ["/lms/north#7f1c", "/lms/north#3"]
    assert accepted.irrelevant == 1
    assert [each.familiar for each in accepted.kinds] == [True, False, True]


def test_an_empty_batch_is_irrelevant(accept: Accept) -> None:
    assert accept("cloudevents", [], BATCH).irrelevant == 1


def test_a_batch_that_is_none_is_refused(accept: Accept, cloud_event: Sample) -> None:
    with pytest.raises(Rejected, match="should be an array"):
        accept("cloudevents", cloud_event(), BATCH)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"data/course/id": None}, r"data\.course\.id"),
        ({"source": None}, "source"),
        ({"datacontenttype": "text/csv"}, "datacontenttype"),
        ({"data/learner": {}}, r"data\.learner\.id"),
    ],
)
def test_one_bad_event_refuses_its_batch_and_is_named_by_its_place(
    accept: Accept, cloud_event: Sample, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(Rejected, match=rf"^1\.{told}"):
        accept("cloudevents", [cloud_event(), cloud_event(changes)], BATCH)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"source": ""}, "source"),
        ({"subject": ["x"]}, "subject"),
        ({"time": "now"}, "time"),
        ({"datacontenttype": "text/csv"}, "datacontenttype: only JSON"),
        ({"data_base64": "e30="}, "data_base64: should not be there beside data"),
        ({"data": None, "data_base64": "no base64"}, "data_base64: should be base64"),
    ],
)
def test_attributes_are_held_to_the_specification(
    accept: Accept, cloud_event: Sample, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(Rejected, match=rf"^{told}"):
        accept("cloudevents", cloud_event(changes), STRUCTURED)


def test_a_mapping_reads_all_three_modes_alike(accept: Accept, cloud_event: Sample) -> None:
    mapping = [
        {
            "when": {"type": "*.completed.v1", "partitionkey": "k"},
            "learner": {"id": "data.learner.id"},
            "verb": "completed",
            "object": {"id": "data.course.id"},
        }
    ]
    event = cloud_event({"partitionkey": "k"})
    data = event["data"]
    attributes = ("specversion", "type", "source", "id", "time", "partitionkey")
    headers = {"content-type": b"application/json", **{f"ce_{name}": event[name].encode() for name in attributes}}
    encoded = {**event, "data": None, "data_base64": base64.b64encode(json.dumps(data).encode()).decode()}

    structured = accept("cloudevents", event, STRUCTURED, mapping=mapping)

    assert structured.activities[0].occurred_at == datetime(2026, 4, 5, 3, 56, 24, tzinfo=UTC)
    assert structured == accept("cloudevents", data, headers, mapping=mapping)
    assert structured == accept("cloudevents", [event], BATCH, mapping=mapping)
    assert structured == accept("cloudevents", encoded, STRUCTURED, mapping=mapping)
