"""xAPI statements with ADL's verbs completed, passed, failed, mastered and scored; one, an array, or an LRS's answer.

A statement about another statement, about an agent, or of a group is none of ours, and neither is any other verb.
"""

from __future__ import annotations

import math
import re
from typing import Any
from urllib.parse import unquote

from services.intake.dialects.shapes import (
    NAME_MAX,
    Id,
    Moment,
    Name,
    Number,
    Shape,
    address,
    course_key,
    invalid,
    parse,
    read,
)
from services.intake.translation import Delivery, Fact, Person, Translation
from shared.contracts.events import ActivityObject, ObjectKind, Verb

_VERB = re.compile(r"https?://adlnet\.gov/expapi/verbs/(completed|passed|failed|mastered|scored)/?")
_KINDS = {
    "course": ObjectKind.COURSE,
    "module": ObjectKind.MODULE,
    "assessment": ObjectKind.ASSIGNMENT,
    "objective": ObjectKind.OUTCOME,
}
_SCHEME = re.compile(r"^https?://", re.IGNORECASE)


class VerbShape(Shape):
    """An IRI; both http and https are met."""

    id: Id


class Kinds(Shape):
    """What kinds of thing acted and were acted upon."""

    objectType: Id | None = None  # noqa: N815


class Said(Shape):
    """As much of a statement as tells whether it is one of ours."""

    verb: VerbShape
    actor: Kinds
    object: Kinds


class Account(Shape):
    """An account is unique in its home page only."""

    homePage: Id | None = None  # noqa: N815
    name: Id


class Actor(Shape):
    """An agent, by one of xAPI's four inverse functional identifiers."""

    name: Name = None
    account: Account | None = None
    mbox: Id | None = None
    mbox_sha1sum: Id | None = None
    openid: Id | None = None


class Definition(Shape):
    """What kind of activity it is."""

    type: Id | None = None
    name: Any = None
    """a language map; decoration"""


class Activity(Shape):
    """What it was done to."""

    id: Id
    definition: Definition | None = None


class ScoreShape(Shape):
    """A score: `scaled` is what counts, else `raw` between `min` and `max`."""

    scaled: Number | None = None
    raw: Number | None = None
    min: Number | None = None
    max: Number | None = None


class Result(Shape):
    """What came of it."""

    score: ScoreShape | None = None
    success: bool | None = None
    completion: bool | None = None


class Surroundings(Shape):
    """What the activity belongs to; xAPI allows one activity in place of a list of them."""

    parent: Any = None
    grouping: Any = None


class Context(Shape):
    """Where it happened."""

    contextActivities: Surroundings | None = None  # noqa: N815


class Statement(Shape):
    """The parts of a statement that we read."""

    id: Id | None = None
    actor: Actor
    object: Activity
    result: Result | None = None
    context: Context | None = None
    timestamp: Moment | None = None
    stored: Moment | None = None


def translate(delivery: Delivery) -> Translation:
    """See the module. One bad statement refuses the whole delivery: it is one record, and one dead letter."""
    value = parse(delivery.body or b"")
    if isinstance(value, dict) and isinstance(value.get("statements"), list):
        value = value["statements"]
    if not isinstance(value, list):
        fact = _fact(value, "")
        return Translation((fact,)) if fact else Translation(irrelevant=1)
    facts = [_fact(each, f"{number}.") for number, each in enumerate(value)]
    ours = tuple(fact for fact in facts if fact)
    return Translation(ours, irrelevant=max(len(facts), 1) - len(ours))


def _fact(value: object, at: str) -> Fact | None:
    said = read(Said, value, at)
    verb = _VERB.fullmatch(said.verb.id)
    if verb is None or said.object.objectType not in (None, "Activity") or said.actor.objectType == "Group":
        return None
    statement = read(Statement, value, at)
    occurred_at = statement.timestamp or statement.stored
    if occurred_at is None:
        raise invalid(f"{at}timestamp: missing, and so is stored")
    result = statement.result or Result()
    score, raw_score = _score(result.score, at)
    if verb[1] == "scored" and score is None:
        raise invalid(f"{at}result.score.scaled: missing, and raw, min and max don't make up for it")
    return Fact(
        person=_person(statement.actor, at),
        verb=Verb(verb[1]),
        object=_object(statement),
        occurred_at=occurred_at,
        event_id=statement.id.lower() if statement.id else None,
        succeeded=_succeeded(result),
        score=score,
        raw_score=raw_score,
    )


def _person(actor: Actor, at: str) -> Person:
    """Any identifier of the four will do as an id: each names one agent."""
    account, mailbox = actor.account, _mailbox(actor.mbox, at)
    by_mailbox = account is None and mailbox is not None
    name = account.name if account else None
    home = account.homePage if account else None
    return Person(
        fields={
            "id": f"{at}actor.account.name, actor.mbox, actor.mbox_sha1sum or actor.openid",
            "sis_id": f"{at}actor.account.name",
            "email": f"{at}actor.mbox",
        },
        id=name or mailbox or actor.mbox_sha1sum or actor.openid,
        sis_id=name,
        email=mailbox,
        name=actor.name,
        home=_SCHEME.sub("", home).rstrip("/") if home else None,
        id_type="emailAddress" if by_mailbox else "accountId",
    )


def _mailbox(mbox: str | None, at: str) -> str | None:
    if mbox is None:
        return None
    mailbox = address(mbox[len("mailto:") :]) if mbox.lower().startswith("mailto:") else None
    if mailbox is None:
        raise invalid(f"{at}actor.mbox: should be mailto: and an address")
    return mailbox


def _object(statement: Statement) -> ActivityObject:
    activity = statement.object
    kind = _kind(activity)
    iri = unquote(activity.id)
    key = course_key(iri)
    is_the_course = key is not None and (kind is ObjectKind.COURSE or iri.rstrip("/").endswith(key["run"]))
    course, run = (key["course"], key["run"]) if key else _course_around(statement, kind)
    return ActivityObject(
        kind=kind,
        ids=(activity.id, key["run"]) if key and is_the_course and key["run"] != activity.id else (activity.id,),
        name=_name(activity.definition),
        course=course,
        run=run,
    )


def _course_around(statement: Statement, kind: ObjectKind) -> tuple[str | None, str | None]:
    """The course that the activity is, or belongs to where the context names one."""
    if kind is ObjectKind.COURSE:
        return statement.object.id, statement.object.id
    around = statement.context.contextActivities if statement.context else None
    for each in [*_listed(around.parent), *_listed(around.grouping)] if around else []:
        match each:
            case {"id": str(iri), "definition": {"type": str(type_)}} if _kind_of(type_) is ObjectKind.COURSE:
                key = course_key(unquote(iri))
                return (key["course"], key["run"]) if key else (iri, iri)
    return None, None


def _listed(activities: object) -> list[Any]:
    return activities if isinstance(activities, list) else [activities]


def _kind(activity: Activity) -> ObjectKind:
    type_ = activity.definition.type if activity.definition else None
    return _kind_of(type_) if type_ else ObjectKind.CONTENT


def _kind_of(type_: str) -> ObjectKind:
    return _KINDS.get(re.split(r"[/#]", type_.rstrip("/"))[-1].lower(), ObjectKind.CONTENT)


def _name(definition: Definition | None) -> str | None:
    names = definition.name if definition else None
    if not isinstance(names, dict):
        return None
    english = [text for tag, text in names.items() if tag.lower().startswith("en")]
    texts = [text for text in [*english, *names.values()] if isinstance(text, str) and text.strip()]
    return texts[0].strip()[:NAME_MAX] if texts else None


def _succeeded(result: Result) -> bool | None:
    """An explicit no to either is a no."""
    said = [each for each in (result.success, result.completion) if each is not None]
    return all(said) if said else None


def _score(score: ScoreShape | None, at: str) -> tuple[float | None, str | None]:
    if score is None:
        return None, None
    if score.scaled is not None:
        if not -1 <= score.scaled <= 1:
            raise invalid(f"{at}result.score.scaled: should be between -1 and 1")
        return max(0.0, score.scaled), _as_sent(score)
    if score.raw is None or score.max is None:
        return None, _as_sent(score)
    low = score.min or 0.0
    if not low <= score.raw <= score.max:
        raise invalid(f"{at}result.score.raw: should be between min and max")
    reach = score.max - low
    scaled = (score.raw - low) / reach if reach > 0 else math.nan
    return (scaled if math.isfinite(scaled) else None), _as_sent(score)


def _as_sent(score: ScoreShape) -> str | None:
    if score.raw is None:
        return None if score.scaled is None else repr(score.scaled)
    return f"{score.raw:g}" if score.max is None else f"{score.raw:g}/{score.max:g}"
