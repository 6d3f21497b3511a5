"""CloudEvents 1.0 over Kafka or HTTP: structured, binary, or a batch. The data is read by the source's mapping, or as
events that say a course was completed, passed or scored.

Whether the event is structured is told by the content type (Kafka protocol binding, section 3). Only for messages that
carry neither such a content type nor attributes in headers does the body decide.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from services.intake.dialects import learning_data, mapped
from services.intake.dialects.shapes import Id, invalid, parse, read
from services.intake.translation import IRRELEVANT, Delivery, Fact, Kind, Translation, irrelevant
from shared.catalogue.mapping import EventMapping

_JSON = re.compile(r"^[^;]*[/+]json\s*(;|$)", re.IGNORECASE)
_BATCH = "application/cloudevents-batch"
_STRUCTURED = "application/cloudevents"


class Attributes(learning_data.Head):
    """The context attributes: `source` and `id` together are the event's identity."""

    specversion: Literal["1.0"]
    subject: Id | None = None
    dataschema: Id | None = None
    datacontenttype: Id | None = None


class Structured(Attributes):
    """The whole event in the body."""

    data_base64: str | None = None


def translate(delivery: Delivery) -> Translation:
    """See the module. One bad event refuses its whole batch: it is one record, and one dead letter."""
    body, mappings = delivery.body or b"", delivery.source.mapping
    content_type = delivery.headers.get("content-type", b"").decode("latin-1").strip()
    said = content_type.lower()
    if said.startswith(_STRUCTURED):
        if not _JSON.match(content_type):
            raise invalid("content-type: only the JSON format of structured CloudEvents is understood")
        value = parse(body)
        if said.startswith(_BATCH) and not isinstance(value, list):
            raise invalid("the message: should be an array of events, as its content-type says")
        return _each(value, mappings) if said.startswith(_BATCH) else _structured(value, mappings)
    if any(name.startswith("ce_") for name in delivery.headers):
        return _binary(delivery.headers, content_type, body, mappings)
    value = parse(body)
    return _each(value, mappings) if isinstance(value, list) else _structured(value, mappings)


def _each(values: Sequence[object], mappings: Sequence[EventMapping]) -> Translation:
    events = [_structured(value, mappings, f"{number}.") for number, value in enumerate(values)]
    if not events:
        return IRRELEVANT
    return Translation(
        facts=tuple(fact for each in events for fact in each.facts),
        irrelevant=sum(each.irrelevant for each in events),
        kinds=tuple(kind for each in events for kind in each.kinds),
    )


def _structured(value: object, mappings: Sequence[EventMapping], at: str = "") -> Translation:
    event = read(Structured, value, at)
    if not _familiar(event.type, mappings):
        return irrelevant(event.type, familiar=False)
    whole: dict[str, Any] = value if isinstance(value, dict) else {}
    return _event(event, whole | {"data": _data(event, whole, at)}, mappings, at)


def _data(event: Structured, whole: Mapping[str, Any], at: str) -> object:
    if event.datacontenttype is not None and not _JSON.match(event.datacontenttype):
        raise invalid(f"{at}datacontenttype: only JSON data is understood")
    if event.data_base64 is None:
        return whole.get("data")
    if whole.get("data") is not None:
        raise invalid(f"{at}data_base64: should not be there beside data")
    try:
        return parse(base64.b64decode(event.data_base64, validate=True))
    except (binascii.Error, ValueError):
        raise invalid(f"{at}data_base64: should be base64") from None


def _binary(
    headers: Mapping[str, bytes], content_type: str, body: bytes, mappings: Sequence[EventMapping]
) -> Translation:
    whole = _attributes(headers)
    event = read(Attributes, whole, at="ce_")
    if not _familiar(event.type, mappings):
        return irrelevant(event.type, familiar=False)
    if content_type and not _JSON.match(content_type):
        raise invalid("content-type: only JSON data is understood")
    return _event(event, whole | {"datacontenttype": content_type, "data": parse(body)}, mappings, "")


def _attributes(headers: Mapping[str, bytes]) -> dict[str, Any]:
    """As text; an extension that isn't any does no harm."""
    found: dict[str, Any] = {}
    for header, value in headers.items():
        name = header.removeprefix("ce_")
        if name == header:
            continue
        try:
            found[name] = value.decode()
        except UnicodeDecodeError:
            if name in Attributes.model_fields:
                raise invalid(f"{header}: should be UTF-8") from None
    return found


def _familiar(event_type: str, mappings: Sequence[EventMapping]) -> bool:
    return mapped.speaks_of(mappings, event_type) if mappings else learning_data.verb_of(event_type) is not None


def _event(event: Attributes, whole: Mapping[str, Any], mappings: Sequence[EventMapping], at: str) -> Translation:
    fact = _fact(event, whole, mappings, at)
    return irrelevant(event.type) if fact is None else Translation((fact,), kinds=(Kind(event.type),))


def _fact(event: Attributes, whole: Mapping[str, Any], mappings: Sequence[EventMapping], at: str) -> Fact | None:
    if mappings:
        return mapped.fact_of(mappings, whole, mapped.Envelope(f"{event.source}#{event.id}", event.time), at)
    verb = learning_data.verb_of(event.type)
    return None if verb is None else learning_data.fact_of(event, verb, whole["data"], at)
