"""Avro as Confluent frames it: which schema a record was written with, and what it says by that schema.

A schema comes from a registry that others write to: one by which a few bytes could become very much is refused.
"""

from __future__ import annotations

import io
import json
from typing import Any

from fastavro import parse_schema, schemaless_reader
from fastavro.schema import SchemaParseException, UnknownType

from shared.errors import Rejected

MAGIC = b"\0"
_HEAD = 5
_DEEPEST = 32
_PRIMITIVES = {"boolean", "int", "long", "float", "double", "bytes", "string"}

Schema = Any
"""what `compiled` made; nothing else is read by"""


def schema_id(body: bytes) -> int:
    """The id in a framed record. Raises Rejected."""
    if len(body) < _HEAD or body[:1] != MAGIC:
        raise Rejected(f"not framed Avro: it stops at byte {min(len(body), _HEAD)}", code="invalid")
    return int.from_bytes(body[1:_HEAD], "big")


def read(body: bytes, schema: Schema) -> Any:
    """What a framed record says. Raises Rejected naming the byte where it can't be read any further."""
    stream = io.BytesIO(body)
    stream.seek(_HEAD)
    try:
        value = schemaless_reader(stream, schema, None)
    except (EOFError, ValueError, TypeError, LookupError, ArithmeticError):
        raise Rejected(f"not Avro of its schema: it stops at byte {stream.tell()}", code="invalid") from None
    if stream.tell() != len(body):
        raise Rejected(f"not Avro of its schema: that ends at byte {stream.tell()}", code="invalid")
    return value


def compiled(text: str) -> Schema:
    """A schema to read by. Raises Rejected."""
    try:
        schema = parse_schema(json.loads(text, object_hook=_plain))
        _depth(schema, {})
    except (SchemaParseException, UnknownType, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise Rejected("its schema is no Avro schema that can be read by", code="unreadable_schema") from None
    return schema


def _plain(part: dict[str, Any]) -> dict[str, Any]:
    """Without logical types, whose readers have errors of their own, and without fastavro's notes to itself."""
    return {name: value for name, value in part.items() if name != "logicalType" and not name.startswith("__")}


def _depth(schema: Schema, named: dict[str, int | None]) -> int:
    """How deep values are nested. Raises ValueError for types that contain themselves, and for values of no size:
    what is left takes at least a byte each, so that a record is never much larger in memory than on its way.
    """
    match schema:
        case str() if schema in _PRIMITIVES:
            return 1
        case str() if (known := named.get(schema)) is not None:
            return known
        case list() if schema:
            below = [_depth(each, named) for each in schema if each != "null"]
        case {"type": "array", "items": inner} | {"type": "map", "values": inner}:
            below = [_depth(inner, named)]
        case {"type": "record" | "error", "name": str(name), "fields": list(fields)} if fields:
            named[name] = None
            below = [_depth(each["type"], named) for each in fields]
            named[name] = max(below) + 1
        case {"type": "enum", "name": str(name)}:
            below = []
            named[name] = 1
        case {"type": "fixed", "name": str(name), "size": int(size)} if size > 0:
            below = []
            named[name] = 1
        case {"type": str(inner)} if inner in _PRIMITIVES:
            return 1
        case _:
            raise ValueError
    depth = max(below, default=0) + 1
    if depth > _DEEPEST:
        raise ValueError
    return depth
