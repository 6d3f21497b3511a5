"""Reads any JSON as the catalogue's mapping says. What stands wrong is named by its path, never by its value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from services.intake.dialects import mapped_values
from services.intake.dialects.mapped_scores import score_of
from services.intake.dialects.mapped_values import Message, find
from services.intake.dialects.shapes import address, course_key, distinct, invalid
from services.intake.translation import Fact, Person
from shared.catalogue.mapping import EventMapping, LearnerAt, ObjectAt, Value
from shared.catalogue.patterns import Pattern
from shared.contracts.events import ActivityObject, ObjectKind, Verb

_IDS = ("id", "sis_id", "email")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is known of a message beside its content, for a mapping that says nothing else."""

    event_id: str | None = None
    time: datetime | None = None


def fact_of(mappings: Sequence[EventMapping], value: object, envelope: Envelope, at: str = "") -> Fact | None:
    """What the message says, or None where no mapping is meant for it. Raises Rejected."""
    mapping = next((each for each in mappings if _meant(each, value)), None)
    return None if mapping is None else _fact(mapping, Message(value, at), envelope)


def speaks_of(mappings: Sequence[EventMapping], event_type: str) -> bool:
    """A message of that `type` could be meant, whatever else it says."""
    asked = [each.when.get("type") for each in mappings]
    return any(glob is None or _glob(glob).matches((event_type,)) for glob in asked)


def _meant(mapping: EventMapping, value: object) -> bool:
    return all(_matches(glob, find(value, path)) for path, glob in mapping.when.items())


def _matches(glob: str, found: object) -> bool:
    word = mapped_values.word(found)
    return word is not None and _glob(glob).matches((word,))


@lru_cache(maxsize=1000)
def _glob(text: str) -> Pattern:
    return Pattern.parse(text)


def _fact(mapping: EventMapping, message: Message, envelope: Envelope) -> Fact | None:
    said = message.text(mapping.verb)
    if said is None:
        return None  # a word that the mapping doesn't list is none of ours
    verb = _verb(said, message.place(mapping.verb))
    occurred_at = message.moment(mapping.time) if mapping.time else envelope.time
    if occurred_at is None:
        raise invalid(f"{message.place(mapping.time) if mapping.time else f'{message.at}time'}: missing")
    score, letter, raw_score = score_of(mapping.score, message)
    if verb is Verb.SCORED and score is None and letter is None:
        raise invalid(f"{_score_place(mapping, message)}: missing, though the event says that something was scored")
    return Fact(
        person=_person(mapping.learner, message),
        verb=verb,
        object=(thing := _object(mapping.object, message)),
        occurred_at=occurred_at,
        event_id=message.text(mapping.id) or envelope.event_id,
        version=message.moment(mapping.version),
        withdrawn=message.flag(mapping.withdrawn) or False,
        sent_at=envelope.time,
        succeeded=message.flag(mapping.succeeded),
        score=score,
        letter=letter,
        letter_at=_score_place(mapping, message),
        raw_score=raw_score,
        duration=message.duration(mapping.duration),
        course_ids=distinct(thing.run, thing.course),
    )


def _verb(word: str, place: str) -> Verb:
    try:
        return Verb(word)
    except ValueError:
        raise invalid(f"{place}: should be a verb that Laurel knows, or be listed in the mapping's values") from None


def _score_place(mapping: EventMapping, message: Message) -> str:
    """The first place where a score was looked for."""
    asked: list[Value] = [] if mapping.score is None else [value for _, value in mapping.score if value is not None]
    return message.place(asked[0]) if asked else "the mapping's score"


def _person(at: LearnerAt, message: Message) -> Person:
    asked = {name: getattr(at, name) for name in _IDS}
    return Person(
        fields={
            name: f"{message.at}the mapping's learner.{name}" if value is None else message.place(value)
            for name, value in asked.items()
        },
        id=message.text(at.id),
        sis_id=message.text(at.sis_id),
        email=address(message.decoration(at.email)),
        name=message.decoration(at.name),
        locale=message.decoration(at.locale),
    )


def _object(at: ObjectAt, message: Message) -> ActivityObject:
    kind = ObjectKind(at.kind)
    id_ = message.text(at.id)
    if id_ is None:
        raise invalid(f"{message.place(at.id)}: missing")
    course, run = message.text(at.course), message.text(at.run)
    if kind is ObjectKind.COURSE:
        key = course_key(run or id_) or course_key(id_)
        course = course or (key["course"] if key else id_)
        run = run or (key["run"] if key else id_)
    more = [message.text(each) for each in at.also]
    return ActivityObject(
        kind=kind,
        ids=distinct(id_, run if kind is ObjectKind.COURSE else None, *more),
        name=message.decoration(at.name),
        course=course,
        run=run,
    )
