"""What a catalogue says of JSON that no dialect knows: where in a message each part of a fact stands."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Path = Annotated[str, Field(min_length=1, max_length=500)]
"""Names from the top of the message, with dots between them: `data.user.id`, `data.items.0.code`."""


class Mapped(BaseModel):
    """A part of a mapping. A field that is not listed is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", regex_engine="python-re")


class Value(Mapped):
    """A value that is found, or given; converted, or looked up."""

    path: Path | None = None
    const: str | float | bool | None = None
    form: Literal["epoch_seconds", "epoch_milliseconds", "percent", "lower"] | None = None
    values: dict[str, str | float | bool] | None = None
    """what each of the message's words means; a word that isn't listed is as good as none"""


Found = Path | Value
"""A bare text is a path."""


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
    """Its score: points out of something, a percentage, a fraction of 1, or a letter of the source's scale."""

    points: Found | None = None
    out_of: Found | None = None
    percent: Found | None = None
    fraction: Found | None = None
    letter: Found | None = None


VerbWord = Literal["completed", "passed", "failed", "mastered", "scored", "progressed"]


class EventMapping(Mapped):
    """How one kind of message reads as one fact; the first mapping whose `when` is true is used."""

    when: dict[Path, str] = Field(default_factory=dict)
    """globs by path, all of which must match; without any it is always used"""
    id: Found | None = None
    """the event's own id; default: CloudEvents' source and id, else derived from what the fact says"""
    learner: LearnerAt
    verb: VerbWord | Value
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
