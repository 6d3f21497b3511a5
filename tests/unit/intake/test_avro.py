"""Framed Avro: whatever the bytes and the schema say, little comes of it."""

from __future__ import annotations

import contextlib
import io
import json
import tracemalloc
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake import avro
from shared.errors import Rejected

EVERYTHING: dict[str, Any] = {
    "type": "record",
    "name": "Everything",
    "namespace": "org.example",
    "fields": [
        {"name": "text", "type": "string"},
        {"name": "bytes", "type": "bytes"},
        {"name": "maybe", "type": ["null", "long"]},
        {"name": "many", "type": {"type": "array", "items": "string"}},
        {"name": "by_name", "type": {"type": "map", "values": "double"}},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["a", "b"]}},
        {"name": "four", "type": {"type": "fixed", "name": "Four", "size": 4}},
        {"name": "again", "type": "Kind"},
        {"name": "when", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "yes", "type": "boolean"},
    ],
}
VALUE = {
    "text": "Ada",
    "bytes": b"\0",
    "maybe": 7,
    "many": ["x", "y"],
    "by_name": {"a": 0.5},
    "kind": "b",
    "four": b"abcd",
    "again": "a",
    "when": 1,
    "yes": True,
}
COMPILED = avro.compiled(json.dumps(EVERYTHING))


def framed(value: Any = VALUE, schema: Any = EVERYTHING) -> bytes:
    out = io.BytesIO(b"\0\0\0\0\7")
    out.seek(5)
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value)
    return out.getvalue()


def long(number: int) -> bytes:
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number & ~0x7F:
        out.append((number & 0x7F) | 0x80)
        number >>= 7
    return bytes([*out, number])


def test_what_was_written_is_read_without_logical_types() -> None:
    assert avro.schema_id(framed()) == 7
    assert avro.read(framed(), COMPILED) == VALUE


@pytest.mark.parametrize("cut", range(5, len(framed())))
def test_a_record_that_was_cut_off_is_refused_with_the_byte(cut: int) -> None:
    with pytest.raises(Rejected, match="byte"):
        avro.read(framed()[:cut], COMPILED)


@pytest.mark.parametrize("body", [b"", b"\0", b"\0\0\0\0", b"\1\0\0\0\7abc", b"{}"])
def test_what_is_not_framed_is_refused(body: bytes) -> None:
    with pytest.raises(Rejected, match="byte"):
        avro.schema_id(body)


def test_bytes_that_are_left_over_are_refused() -> None:
    with pytest.raises(Rejected, match=f"ends at byte {len(framed())}"):
        avro.read(framed() + b"\0", COMPILED)


@pytest.mark.parametrize(
    "type_", ["string", "bytes", {"type": "array", "items": "long"}, {"type": "map", "values": "int"}]
)
@pytest.mark.parametrize("length", [2**60, 2**62, 2**63 - 1, -1, -(2**60)])
def test_a_length_of_more_than_there_is_takes_no_memory(type_: Any, length: int) -> None:
    schema = avro.compiled(json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": type_}]}))
    tracemalloc.start()

    with pytest.raises(Rejected):
        avro.read(b"\0\0\0\0\7" + long(length) + b"abcdef", schema)

    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def fields(*types: Any) -> dict[str, Any]:
    return {
        "type": "record",
        "name": "R",
        "fields": [{"name": f"f{at}", "type": each} for at, each in enumerate(types)],
    }


def deep(levels: int) -> Any:
    schema: Any = "string"
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return fields(schema)


@pytest.mark.parametrize(
    "schema",
    [
        fields({"type": "array", "items": "null"}),
        fields({"type": "map", "values": {"type": "record", "name": "Empty", "fields": []}}),
        fields({"type": "array", "items": {"type": "fixed", "name": "Nothing", "size": 0}}),
        fields(["null", "R"]),
        fields(
            {
                "type": "array",
                "items": {"type": "record", "name": "I", "fields": [{"name": "i", "type": ["null", "I"]}]},
            }
        ),
        deep(40),
        fields([]),
        fields("Unknown"),
        {"type": "record", "name": "R"},
        {"type": "record", "name": "R", "fields": {}},
        {"__fastavro_parsed__": True, "type": "array", "items": "null"},
        [],
        7,
        None,
    ],
    ids=str,
)
def test_a_schema_by_which_little_could_become_much_is_refused(schema: Any) -> None:
    with pytest.raises(Rejected) as refused:
        avro.compiled(json.dumps(schema))

    assert refused.value.code == "unreadable_schema"


@pytest.mark.parametrize("levels", [500, 5000, 50_000])
def test_a_schema_that_is_nested_too_deep_to_look_at_is_refused(levels: int) -> None:
    with pytest.raises(Rejected) as refused:
        avro.compiled('{"type":"array","items":' * levels + '"int"' + "}" * levels)

    assert refused.value.code == "unreadable_schema"


def test_types_that_double_cost_no_more_than_their_bytes() -> None:
    doubling: Any = fields("int")
    for level in range(25):
        doubling = {
            "type": "record",
            "name": f"L{level}",
            "fields": [{"name": "a", "type": doubling}, {"name": "b", "type": doubling["name"]}],
        }

    with pytest.raises(Rejected, match="byte"):
        avro.read(b"\0\0\0\0\7" + b"\2" * 1000, avro.compiled(json.dumps(doubling)))


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_mutated_bytes_are_read_or_refused(data: st.DataObject) -> None:
    body = bytearray(framed())
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(5, len(body) - 1))
        match data.draw(st.integers(0, 2)):
            case 0:
                body[at] = data.draw(st.integers(0, 255))
            case 1:
                del body[at:]
                body += b"\0"
            case _:
                body[at:at] = data.draw(st.binary(max_size=12))

    with contextlib.suppress(Rejected):
        avro.read(bytes(body), COMPILED)
