"""JSON Schema of catalogue files, for editors. `check` knows more: what only shows when files are seen together."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from shared.catalogue import criteria_schema
from shared.catalogue.checks import DIALECTS
from shared.catalogue.model import Achievement, Issuer, Source
from shared.catalogue.schema_words import FIELDS

Schema = dict[str, Any]


def catalogue_schema() -> Schema:
    """Of one file: an issuer with its sources and scales, or an achievement with its criteria."""
    definitions = {**_models(), **criteria_schema.definitions()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A file of a Laurel catalogue",
        "description": "An issuer with its sources, or an achievement with its earning criteria.",
        "type": "object",
        "properties": {
            "issuer": _ref("Issuer"),
            "sources": {
                "description": "Where events come from, and what they are trusted for.",
                "type": ["array", "null"],
                "items": _ref("Source"),
            },
            "scales": {
                "description": "Letter grades with what they are worth: {us-letters: {A: 95%, B: 0.85}}.",
                "type": ["object", "null"],
                "propertyNames": {"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
                "additionalProperties": {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": {"anyOf": criteria_schema.NUMBERS},
                },
            },
            "achievement": _ref("Achievement"),
            "earned_when": {"description": "The earning criteria.", **_ref("criterion")},
        },
        "additionalProperties": False,
        "anyOf": [{"required": ["issuer"]}, {"required": ["achievement"]}],
        "dependentRequired": {
            "sources": ["issuer"],
            "scales": ["issuer"],
            "achievement": ["earned_when"],
            "earned_when": ["achievement"],
        },
        "$defs": definitions,
    }


def _models() -> dict[str, Schema]:
    _, found = models_json_schema(
        [(each, "validation") for each in (Issuer, Source, Achievement)], ref_template="#/$defs/{model}"
    )
    models: dict[str, Schema] = found["$defs"]
    for name, model in models.items():
        for field, schema in model["properties"].items():
            schema.pop("title", None)
            if said := FIELDS.get(name, {}).get(field):
                schema["description"] = said
    models["Source"]["properties"]["dialect"]["enum"] = list(DIALECTS)
    return models


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}
