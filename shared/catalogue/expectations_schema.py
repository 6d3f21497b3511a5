"""JSON Schema of a catalogue's own tests, for editors."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from shared.catalogue.expectations import KINDS, NONE, Expected, Given, WrittenTest

_SAID = {
    "Given": {
        "learner": "Any name; several learners are judged apart.",
        "verb": "What was done. granted and withheld are a registrar's decisions about an achievement.",
        "of_course": "The course that a module or an assignment belongs to.",
        "run": "Which delivery of the course.",
        "score": "80%, 0.8, 16/20, or a letter on the source's scale.",
        "success": "false: it was done without success.",
        "duration": "What it took: PT2H, 45m.",
        "at": "When: 2026-05-01 (the beginning of that day, where the issuer is) or 2026-05-01T12:00.",
        "source": "Which of the issuer's sources says so; default: the first.",
        "because": "A registrar's reason.",
        **{kind: f"The id of the {kind}, as the LMS sends it." for kind in KINDS},
    },
    "Expected": {
        "achievement": "Its id.",
        "learner": "Who gets it; default: the one who has no name.",
        "run": "Of a repeatable one: for which course run.",
        "earned_at": "When it is earned: a date means some time on that day.",
    },
    "WrittenTest": {
        "name": "What it is about, in words.",
        "given": "What was done, in the order in which Laurel hears of it.",
        "expect_not": "Achievements that must not come of it.",
    },
}


def tests_schema() -> dict[str, Any]:
    """Of one file in a tenant's folder `tests`."""
    models = [(each, "validation") for each in (WrittenTest, Given, Expected)]
    _, found = models_json_schema(models, ref_template="#/$defs/{model}")  # type: ignore[arg-type]
    definitions: dict[str, Any] = found["$defs"]
    for name, fields in _SAID.items():
        for field, said in fields.items():
            definitions[name]["properties"][field] = definitions[name]["properties"][field] | {"description": said}
            definitions[name]["properties"][field].pop("title", None)
    award = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Expected"}]}
    definitions["WrittenTest"]["properties"]["expect"] = {
        "description": f"What is awarded: an achievement, a list of them, awards with learner and time, or {NONE}.",
        "anyOf": [*award["anyOf"], {"type": "array", "items": award}],
    }
    definitions["WrittenTest"]["anyOf"] = [{"required": ["expect"]}, {"required": ["expect_not"]}]
    definitions["Given"]["oneOf"] = [{"required": [kind]} for kind in KINDS]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tests of a Laurel catalogue",
        "description": "What learners do, and which awards that should come to: run by `laurel catalogue check`.",
        "type": "object",
        "properties": {"tests": {"type": "array", "items": {"$ref": "#/$defs/WrittenTest"}}},
        "required": ["tests"],
        "additionalProperties": False,
        "$defs": definitions,
    }
