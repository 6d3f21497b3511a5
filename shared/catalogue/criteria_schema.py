"""The language of criteria as JSON Schema, so that an editor completes and explains it."""

from __future__ import annotations

from typing import Any

from shared.catalogue.grammar import DISTINCT, LEAVES, TAKES
from shared.catalogue.tree import BOUNDS, KINDS

Schema = dict[str, Any]

NUMBERS: list[Schema] = [
    {"type": "number", "minimum": 0, "maximum": 1},
    {"type": "string", "pattern": r"^\s*0*(100([.,]0+)?|\d{1,2}([.,]\d+)?)\s*%\s*$"},
    {"type": "string", "pattern": r"^\s*\d+([.,]\d+)?\s*/\s*\d+([.,]\d+)?\s*$"},
    {"type": "string", "pattern": r"^\s*(0+|0*\.\d+|0*1(\.0+)?)\s*$"},
]
"""A score without letters: 0.8, 80%, 16/20."""

_MEANINGS = {
    "completed": "Such a thing is completed; passed and mastered count as completed.",
    "passed": "The LMS says that it is passed.",
    "mastered": "The LMS says that an outcome is mastered.",
    "score": "Its score, as a part of 1, compares so.",
    "hours": "The durations of such activities add up to it.",
    "holds": "The learner holds such badges: due, and neither suspended, revoked nor expired.",
    "count": "There are so many distinct ones, all inside one window if `within` is given.",
    "streak": "There is at least one in each of so many periods in a row; the first begins with an activity.",
    "sequence": "Each is strictly later than the one before.",
    "all": "Each of them is true.",
    "any": "One of them is true.",
    "not": "It is not true, as far as is known: what arrives later can spoil it.",
    "at_least": "So many of them are true.",
    "during": "It is true of what happened in that window alone; both ends belong to it.",
}
_BOUNDS = {
    "at_least": "80%, 0.8, 16/20, or a letter of the source's scale; that much counts.",
    "more_than": "80%, 0.8, 16/20, or a letter of the source's scale; that much alone doesn't count.",
    "at_most": "80%, 0.8, 16/20, or a letter of the source's scale; that much counts.",
    "less_than": "80%, 0.8, 16/20, or a letter of the source's scale; that much doesn't count.",
}


def definitions() -> dict[str, Schema]:
    """To be put under `$defs`; `criterion` is the whole language."""
    criteria = _criteria()
    return {
        "criterion": _one_of(criteria),
        "leaf": _one_of({name: criteria[name] for name in LEAVES}),
        "pattern": {
            "description": "A glob over the ids by which the LMS knows the thing: *, ?, [a-z], {a,b}; case counts.",
            "type": ["string", "integer"],
            "minLength": 1,
            "maxLength": 500,
        },
        "duration": {
            "description": "ISO 8601 such as P1Y, P30D or PT20H, or short: 30d, 12h, 45m. P1Y is a calendar year.",
            "type": "string",
            "pattern": r"^(P(?!$)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?|\d+[dhm])$",
        },
        "time": {
            "description": "Hours, minutes and seconds: PT20H, 20h, 90m.",
            "type": "string",
            "pattern": r"^(PT(?=\d)(\d+H)?(\d+M)?(\d+S)?|\d+[hm])$",
        },
        "moment": {
            "description": "A date, which means its whole day in the issuer's time zone, or a time.",
            "type": "string",
            "pattern": r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?$",
        },
        "grade": {
            "anyOf": [*NUMBERS, {"type": "string", "pattern": r"^\s*[^\d\s%/.,_-][^%/]*$"}],
        },
    }


def _criteria() -> dict[str, Schema]:
    criterion, leaf, whole = _ref("criterion"), _ref("leaf"), {"type": "integer", "minimum": 1}
    several = {"type": "array", "items": criterion, "minItems": 1}
    steps = {"type": "array", "items": criterion, "minItems": 2}
    found: dict[str, Schema] = {
        "completed": _thing(KINDS),
        "passed": _thing(KINDS),
        "mastered": _thing(("outcome",)),
        "score": _score(),
        "hours": _fields({"at_least": _ref("time"), "of": leaf}, ("at_least", "of")),
        "holds": {
            "anyOf": [
                _ref("pattern"),
                _fields({"achievement": _ref("pattern"), "at_least": whole}, ("achievement",)),
            ]
        },
        "count": _fields(
            {
                "of": leaf,
                "at_least": whole,
                "distinct": {
                    "enum": list(DISTINCT),
                    "default": DISTINCT[0],
                    "description": "What makes two of them one.",
                },
                "within": _ref("duration"),
            },
            ("of", "at_least"),
        ),
        "streak": _fields({"of": leaf, "every": _ref("duration"), "times": whole}, ("of", "every", "times")),
        "sequence": {"anyOf": [steps, _fields({"of": steps, "within": _ref("duration")}, ("of",))]},
        "all": several,
        "any": several,
        "not": criterion,
        "at_least": _fields({"n": whole, "of": several}, ("n", "of")),
        "during": {
            **_fields({"from": _ref("moment"), "until": _ref("moment"), "of": criterion}, ("of",)),
            "anyOf": [{"required": ["from"]}, {"required": ["until"]}],
        },
    }
    return {name: {**schema, "description": _MEANINGS[name]} for name, schema in found.items()}


def _score() -> Schema:
    bounds = {how: {**_ref("grade"), "description": said} for how, said in _BOUNDS.items()}
    take = {"enum": list(TAKES), "default": TAKES[0], "description": "Which score counts, for each thing apart."}
    found = _thing((*KINDS, "outcome"), {**bounds, "take": take})
    return {**found, "anyOf": [{"required": [each]} for each in BOUNDS]}


def _thing(kinds: tuple[str, ...], more: dict[str, Schema] | None = None) -> Schema:
    source = {"type": "string", "description": "Listen to this source only."}
    fields = {**{each: _ref("pattern") for each in kinds}, "from": source, **(more or {})}
    return {**_fields(fields, ()), "oneOf": [{"required": [each]} for each in kinds]}


def _fields(properties: dict[str, Schema], required: tuple[str, ...]) -> Schema:
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(required)} if required else found


def _one_of(criteria: dict[str, Schema]) -> Schema:
    return {**_fields(criteria, ()), "minProperties": 1, "maxProperties": 1}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}
