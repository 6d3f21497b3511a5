"""From YAML values to the models, with every mistake told at its place and with the nearest valid name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from shared.catalogue.model import Entry
from shared.catalogue.problems import Finding, Location, nearest

E = TypeVar("E", bound=Entry)

_WORDS = {
    "string_type": "needs text; put it in quotes if it looks like a number",
    "int_type": "needs a whole number",
    "int_parsing": "needs a whole number",
    "int_from_float": "needs a whole number",
    "bool_type": "needs true or false",
    "bool_parsing": "needs true or false",
    "float_type": "needs a number",
    "float_parsing": "needs a number",
    "tuple_type": "needs a list",
    "dict_type": "needs fields",
    "model_type": "needs fields",
    "model_attributes_type": "needs fields",
    "date_from_datetime_parsing": "needs a date such as 2027-08-31",
    "date_parsing": "needs a date such as 2027-08-31",
}
_PATTERNS = {
    "^did:web:": "needs a did:web identifier such as did:web:badges.example.org",
    "^[a-z0-9]+": "needs lower-case letters, digits and single dashes between them, such as event-driven-systems",
    "^(P(?!$)": "needs a duration: P1Y, P30D, PT20H, or short 30d, 12h, 45m",
    "^[A-Z]{2}$": "needs a country's two capital letters, such as NL",
    "^[^{}]*": "needs a glob with {course} in it once, such as ????.{course}-*",
    "^[A-Za-z0-9._-]+$": "needs a Kafka topic's name: letters, digits, dot, dash and underscore",
    "^[A-Za-z0-9][": "needs letters, digits, dot, dash and underscore, beginning with a letter or digit",
}


def read(model: type[E], raw: Any, location: Location) -> tuple[E | None, list[Finding]]:
    """The entry, or None with what is wrong with it."""
    try:
        return model.model_validate(raw), []
    except ValidationError as error:
        return None, list(_findings(model, error, location))


def _findings(model: type[Entry], error: ValidationError, location: Location) -> Iterator[Finding]:
    for each in error.errors(include_url=False):
        inside = tuple(part for part in each["loc"] if part != "[key]")
        at = (*location, *inside)
        match each["type"]:
            case "extra_forbidden":
                fields = _fields(model, inside[:-1])
                yield Finding(at, f'"{inside[-1]}" is not a field here{nearest(str(inside[-1]), fields)}')
            case "missing":
                yield Finding(at[:-1], f'needs "{inside[-1]}"')
            case "literal_error":
                expected = str(each.get("ctx", {}).get("expected", "")).replace("'", "")
                yield Finding(at, f'"{each["input"]}" is not valid here: {expected}')
            case "string_pattern_mismatch":
                yield Finding(at, f'"{str(each["input"])[:100]}" {_pattern_words(str(each.get("ctx", {})["pattern"]))}')
            case kind:
                yield Finding(at, _WORDS.get(kind, each["msg"]))


def _pattern_words(pattern: str) -> str:
    for start, words in _PATTERNS.items():
        if pattern.startswith(start):
            return words
    return "is not written as expected"


def _fields(model: type[Entry], inside: Location) -> list[str]:
    """The names that are valid at that place of the model."""
    here: Any = model
    for part in inside:
        if (
            isinstance(part, str)
            and isinstance(here, type)
            and issubclass(here, BaseModel)
            and part in here.model_fields
        ):
            here = here.model_fields[part].annotation
        here = _entry_in(here)
    return list(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else []


def _entry_in(annotation: Any) -> Any:
    """The model inside `tuple[Model, ...]`, `Model | None`, `dict[str, Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        found = _entry_in(argument)
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found
    return annotation
