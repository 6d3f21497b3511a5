"""Reading foreign JSON: what can't be read is refused with the name of the field and never with its value."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from shared.errors import Rejected

ID_MAX = 2000
NAME_MAX = 500
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""Before that nobody learned online: such a time is a program's way of saying that it knows none."""
_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}([Tt ].+)?$")
_ADDRESS = re.compile(r"^[^@\s<>()\[\],;:\\\"]+@[^@\s<>()\[\],;:\\\"]+$")


class Shape(BaseModel):
    """The part of a foreign message that we read; the rest is none of our business."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


def _id(value: object) -> str:
    """LMSs send one id as a number today and as text tomorrow."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        msg = "should be a text or a whole number, and not empty"
        raise ValueError(msg)
    if len(value) > ID_MAX:
        msg = f"should have at most {ID_MAX} characters"
        raise ValueError(msg)
    return value.strip()


def _moment(value: object) -> datetime:
    """RFC 3339 as it is met in practice; a time without a zone is UTC."""
    if not isinstance(value, str) or not _MOMENT.match(value.strip()):
        msg = "should be a time such as 2026-11-23T12:00:00Z"
        raise ValueError(msg)
    try:
        stated = datetime.fromisoformat(value.strip().upper())
        moment = stated.replace(tzinfo=UTC) if stated.tzinfo is None else stated.astimezone(UTC)
    except (ValueError, OverflowError):
        msg = "should be a time such as 2026-11-23T12:00:00Z"
        raise ValueError(msg) from None
    if moment < _EARLIEST:
        msg = f"should be a time since {_EARLIEST.year}"
        raise ValueError(msg)
    return moment


def _name(value: object) -> str | None:
    """Names are decoration: one that is no text, or too long, never costs anybody a badge."""
    return value.strip()[:NAME_MAX] or None if isinstance(value, str) else None


Id = Annotated[str, BeforeValidator(_id)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Name = Annotated[str | None, BeforeValidator(_name)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1)]

S = TypeVar("S", bound=Shape)


def parse(body: bytes) -> Any:
    """The JSON value in a body. Nesting beyond 1,024 is refused, as is everything else that isn't JSON."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Rejected(f"the message can't be read: {error.msg}", code="not_json") from None


def read(shape: type[S], value: object, at: str = "") -> S:
    """A value in a shape; `at` says where in the message it stood, e.g. `data.`."""
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    raise invalid("; ".join(f"{_place(at, each['loc'])}: {_said(each)}" for each in found[:3]))


def invalid(message: str) -> Rejected:
    """A field is missing or says something impossible."""
    return Rejected(message, code="invalid")


def address(text: str | None) -> str | None:
    """An e-mail address if it looks like one. Others are as good as none: nothing could be sent to them."""
    text = (text or "").strip()
    return text if len(text) <= 254 and text.isprintable() and _ADDRESS.match(text) else None


def distinct(*ids: str | None) -> tuple[str, ...]:
    """What there is of these, each once."""
    return tuple(dict.fromkeys(each for each in ids if each))


def course_key(iri: str) -> re.Match[str] | None:
    """The Open edX key in an id or IRI: `run` is `course-v1:edX+DemoX+Demo`, `course` is that without the last part."""
    return _COURSE_KEY.search(iri)


_COURSE_KEY = re.compile(r"(?P<run>(?P<course>course-v1:[^/?#+&\s]+\+[^/?#+&\s]+)\+[^/?#+&\s]+)")


def _place(at: str, loc: tuple[int | str, ...]) -> str:
    return f"{at}{'.'.join(str(part) for part in loc)}".rstrip(".") or "the message"


_WORDS = {
    "missing": "is missing",
    "string_type": "should be a text",
    "bool_type": "should be true or false",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_type": "should be a number",
    "finite_number": "should be a number, and finite",
    "dict_type": "should be an object",
    "model_type": "should be an object",
    "model_attributes_type": "should be an object",
    "list_type": "should be a list",
    "tuple_type": "should be a list",
}
"""pydantic's types of errors; what it says of others is told as it says it"""


def _said(error: Any) -> str:
    """What should be, never what is."""
    type_, limits = error["type"], error.get("ctx", {})
    if (type_, limits.get("le")) == ("less_than_equal", 1):
        return "should be 0 to 1 (87 % is 0.87)"
    if type_ == "greater_than_equal" and limits.get("ge") == 0:
        return "should not be below 0"
    return _WORDS.get(type_) or str(error["msg"]).removeprefix("Value error, ")
