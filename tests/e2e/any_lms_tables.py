"""The tables of what LMSs send, one a dialect, and what must come of it: `any_lms/*.yaml`."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fastavro
import yaml

from services.intake.dialects.openedx import schemas as bundled

TABLES: dict[str, dict[str, Any]] = {
    path.stem: yaml.safe_load(path.read_text()) for path in sorted((Path(__file__).parent / "any_lms").iterdir())
}
_ISSUER = {"tenant": "any", "id": "did:web:any.example.org", "name": "Any School", "url": "https://any.example.org"}
_MAGIC = b"\0\0\0\0\x07"
"""Confluent's frame with the schema id 7"""


def write_catalogue(folder: Path) -> Path:
    """A school with a source of each dialect."""
    tenant = folder / "catalogue" / "any"
    tenant.mkdir(parents=True)
    sources = [table["source"] for table in TABLES.values()]
    (tenant / "issuer.yaml").write_text(yaml.safe_dump({"issuer": _ISSUER, "sources": sources}))
    return folder / "catalogue"


def lines(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A table's events as an events file holds them."""
    return [
        {
            "source": table["source"]["name"],
            "headers": each.get("headers", {}),
            "value_base64": base64.b64encode(body_of(each)).decode(),
        }
        for each in table["events"]
    ]


def body_of(event: Mapping[str, Any]) -> bytes:
    """What arrives."""
    if "avro" not in event:
        return json.dumps(event["value"]).encode()
    out = io.BytesIO(_MAGIC)
    out.seek(len(_MAGIC))
    fastavro.schemaless_writer(out, fastavro.parse_schema(json.loads(schema_of(event))), event["avro"])
    return out.getvalue()


def schema_of(event: Mapping[str, Any]) -> str:
    """By which Open edX writes it."""
    return (Path(next(iter(bundled.__path__))) / f"{event['headers']['ce_type']}.avsc").read_text()


def headers_of(event: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    """As Kafka carries them."""
    return [(name, str(value).encode()) for name, value in event.get("headers", {}).items()]
