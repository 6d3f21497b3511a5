"""What a catalogue says of JSON that no dialect knows: where in a message each part of a fact stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.catalogue.patterns import Pattern, PatternError
from shared.catalogue.problems import nearest

Verb = Literal["completed", "passed", "failed", "mastered", "scored", "progressed"]
VERBS: tuple[str, ...] = get_args(Verb)
_NAME = re.compile(r"(?:\\.|[^.\\])+")


def names(path: str) -> tuple[str, ...]:
    r"""The names in a path: `data.user.id` has three. A dot that belongs to a name is written `\.`."""
    return tuple(re.sub(r"\\(.)", r"\1", each) for each in _NAME.findall(path))


def _wrong(message: str) -> PydanticCustomError:
    # braces would be taken for places to fill
    return PydanticCustomError("mapping", "{said}", {"said": message})


def _path(text: str) -> str:
    if not re.fullmatch(rf"{_NAME.pattern}(?:\.{_NAME.pattern})*", text, re.DOTALL):
        raise _wrong(f'"{text}" is not a path: names with single dots between them, such as data.user.id')
    return text


def _glob(text: str) -> str:
    try:
        Pattern.parse(text)
    except PatternError as error:
        raise _wrong(str(error)) from error
    return text


def _plain(value: Any) -> Any:
    if value is not None and not isinstance(value, str | int | float):
        raise _wrong("needs text, a number, true or false")
    return value


Path = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_path)]
"""Names from the top of the message, with dots between them: `data.user.id`, `data.items.0.code`."""
Glob = Annotated[str, AfterValidator(_glob)]
Plain = Annotated[Any, BeforeValidator(_plain, json_schema_input_type=str | float | bool | None)]


class Mapped(BaseModel):
    """A part of a mapping. A field that is not listed is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", regex_engine="python-re")


class Value(Mapped):
    """A value that is found, or given; converted, or looked up. A bare text in its place is a path."""

    path: Path | None = None
    const: Plain = None
    default: Plain = None
    """what it is where the message doesn't say"""
    form: Literal["epoch_seconds", "epoch_milliseconds", "percent", "lower"] | None = None
    values: dict[str, Plain] | None = None
    """what each of the message's words means; a word that isn't listed is as good as none"""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.path is None) == (self.const is None):
            raise _wrong('needs one of "path" and "const"')
        if self.const is not None and (self.default is not None or self.form or self.values is not None):
            raise _wrong('"const" is the value itself: only a "path" has default, form or values')
        return self

    def __str__(self) -> str:
        return self.path if self.path is not None else "a constant of the mapping"


def _at(raw: Any) -> Any:
    return {"path": raw} if isinstance(raw, str) else raw


def _verb(raw: Any) -> Any:
    return {"const": raw} if isinstance(raw, str) else raw


def _known_verbs(value: Value) -> Value:
    for each in (value.const, value.default, *(value.values or {}).values()):
        if each is not None and each not in VERBS:
            raise _wrong(f'"{each}" is not a verb{nearest(str(each), VERBS)}')
    return value


Found = Annotated[Value, BeforeValidator(_at, json_schema_input_type=Path | Value)]
Said = Annotated[Value, BeforeValidator(_verb, json_schema_input_type=Verb | Value), AfterValidator(_known_verbs)]


class LearnerAt(Mapped):
    """Who it was."""

    id: Found | None = None
    sis_id: Found | None = None
    email: Found | None = None
    name: Found | None = None
    locale: Found | None = None


class ObjectAt(Mapped):
    """What it was about."""

    kind: Literal["course", "module", "assignment", "program", "outcome", "content"] = "course"
    id: Found
    also: tuple[Found, ...] = ()
    """other ids by which criteria may name it"""
    name: Found | None = None
    course: Found | None = None
    run: Found | None = None


class ScoreAt(Mapped):
    """Its score: points out of something, a percentage, a fraction of 1, a letter of the source's scale, or as people
    write it."""

    points: Found | None = None
    out_of: Found | None = None
    percent: Found | None = None
    fraction: Found | None = None
    letter: Found | None = None
    written: Found | None = None
    """`0.8`, `80%`, `16/20` or a letter: whatever stands there"""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        numbers = [name for name in given if name != "letter"]
        if numbers not in ([], ["points", "out_of"], ["percent"], ["fraction"], ["written"]) or not given:
            raise _wrong("needs points and out_of, or percent, or fraction, or written; or a letter, also beside them")
        return self


class EventMapping(Mapped):
    """How one kind of message reads as one fact; the first mapping whose `when` is true is used."""

    when: dict[Path, Glob] = Field(default_factory=dict)
    """globs by path, all of which must match; without any it is always used"""
    id: Found | None = None
    """the event's own id; default: CloudEvents' source and id, else derived from what the fact says"""
    learner: LearnerAt
    verb: Said
    """one of the words, or where it stands"""
    object: ObjectAt
    score: ScoreAt | None = None
    succeeded: Found | None = None
    time: Found | None = None
    """when it happened; default: CloudEvents' time"""
    version: Found | None = None
    """for facts that are corrected under one id: when this version was made"""
    withdrawn: Found | None = None
    duration: Found | None = None
    """ISO 8601, or seconds"""


def paths(part: BaseModel, at: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every path of a mapping, with where it stands in there."""
    if isinstance(part, EventMapping):
        yield from (((*at, "when", path), path) for path in part.when)
    if isinstance(part, Value):
        if part.path is not None:
            yield at, part.path
        return
    for name, value in part:
        listed = isinstance(value, tuple)
        for number, each in enumerate(value if listed else (value,)):
            if isinstance(each, BaseModel):
                yield from paths(each, (*at, name, number) if listed else (*at, name))
