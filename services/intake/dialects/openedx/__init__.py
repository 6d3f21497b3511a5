"""Open edX: its event bus, in Confluent-framed Avro or in JSON, and the JSON of its tracking logs."""

from __future__ import annotations

from services.intake import avro
from services.intake.dialects.openedx import bus, tracking
from services.intake.dialects.shapes import invalid, parse
from services.intake.translation import Delivery, SchemaNeeded, Translation, irrelevant

__all__ = ["translate"]


def translate(delivery: Delivery) -> Translation:
    """Events of the bus are told by the header `ce_type`; what has none is an entry of a tracking log."""
    body = delivery.body or b""
    framed = body.startswith(avro.MAGIC)
    if "ce_type" not in delivery.headers:
        if framed:
            raise invalid("ce_type: missing, and without this header nobody knows what it is")
        return tracking.translate(parse(body), delivery.source)
    envelope = bus.envelope(delivery.headers)
    if envelope.type not in bus.MEANINGS:
        return irrelevant(envelope.kind.name, familiar=envelope.kind.familiar)
    value = avro.read(body, _schema(delivery, envelope)) if framed else parse(body)
    return bus.translate(envelope, value, delivery.source)


def _schema(delivery: Delivery, envelope: bus.Envelope) -> avro.Schema:
    """The one that the record was written with: the registry's, or the one that belongs to the type."""
    registry = delivery.source.schema_registry
    number = avro.schema_id(delivery.body or b"")
    if registry is None:
        return bus.bundled(envelope.type)
    if number not in delivery.schemas:
        raise SchemaNeeded(registry, number)
    return delivery.schemas[number]
