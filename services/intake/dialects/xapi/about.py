"""What a statement is about: the activity, and the course that it is or belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from services.intake.dialects.shapes import ID_MAX, NAME_MAX, course_key, distinct
from services.intake.dialects.xapi.shape import Activity, Definition, Statement, Surroundings
from shared.contracts.events import ActivityObject, ObjectKind

_KINDS = {
    "course": ObjectKind.COURSE,
    "module": ObjectKind.MODULE,
    "block": ObjectKind.MODULE,
    "assessment": ObjectKind.ASSIGNMENT,
    "objective": ObjectKind.OUTCOME,
}
_CMI5 = re.compile(r"https?://w3id\.org/xapi/cmi5/context/categories/(cmi5|moveon)/?")


def thing(statement: Statement) -> ActivityObject:
    """The activity, by every id that it is known by."""
    kind = _kind(statement.object)
    ids = _ids(statement, kind)
    course, run = _course_and_run(statement, ids, kind)
    return ActivityObject(kind=kind, ids=ids, name=_name(statement.object.definition), course=course, run=run)


def course_ids(statement: Statement) -> tuple[str, ...]:
    """Every id of the course run that the activity is, or belongs to."""
    kind = _kind(statement.object)
    key = course_key(unquote(statement.object.id))
    around = () if kind is ObjectKind.COURSE or key else _courses_around(statement)
    own = _ids(statement, kind) if kind is ObjectKind.COURSE else ()
    keys = [found["run"] for each in around[:1] if (found := course_key(unquote(each)))]
    return distinct(*own, key["run"] if key else None, *around[:1], *keys)


def _ids(statement: Statement, kind: ObjectKind) -> tuple[str, ...]:
    """As sent, the Open edX key of a course inside it, and in cmi5 the publisher's: the LMS gives each a new one."""
    sent = statement.object.id
    iri = unquote(sent)
    key = course_key(iri)
    is_the_course = key is not None and (kind is ObjectKind.COURSE or iri.rstrip("/").endswith(key["run"]))
    publishers = _published(statement, kind) if _is_cmi5(statement) else ()
    return distinct(sent, key["run"] if key and is_the_course else None, *publishers)


def _course_and_run(statement: Statement, ids: tuple[str, ...], kind: ObjectKind) -> tuple[str | None, str | None]:
    """A key has both. In cmi5 a learner's registration is the run: who takes a course again is registered again."""
    key = course_key(unquote(statement.object.id))
    if key:
        return key["course"], key["run"]
    around = (ids[-1],) if kind is ObjectKind.COURSE else _courses_around(statement)
    course = around[0] if around else None
    if course and (key := course_key(unquote(course))):
        return key["course"], key["run"]
    registration = statement.context.registration if statement.context and _is_cmi5(statement) else None
    return course, registration or course


def _published(statement: Statement, kind: ObjectKind) -> tuple[str, ...]:
    return tuple(iri for iri, type_ in _activities(_around(statement).grouping) if _kind_of(type_) is kind)


def _courses_around(statement: Statement) -> tuple[str, ...]:
    around = _around(statement)
    found = (*_activities(around.parent), *_activities(around.grouping))
    return tuple(iri for iri, type_ in found if _kind_of(type_) is ObjectKind.COURSE)


def _is_cmi5(statement: Statement) -> bool:
    return any(_CMI5.fullmatch(iri) for iri, _ in _activities(_around(statement).category))


def _around(statement: Statement) -> Surroundings:
    return (statement.context and statement.context.contextActivities) or Surroundings()


def _activities(listed: Any) -> Iterator[tuple[str, str | None]]:
    """Their ids and types. What is no activity, or has no usable id, is passed over: it is not what happened."""
    for each in listed if isinstance(listed, list) else [listed]:
        match each:
            case {"id": str(iri), "definition": {"type": str(type_)}} if 0 < len(iri) <= ID_MAX:
                yield iri, type_
            case {"id": str(iri)} if 0 < len(iri) <= ID_MAX:
                yield iri, None


def _kind(activity: Activity) -> ObjectKind:
    return _kind_of(activity.definition.type if activity.definition else None)


def _kind_of(type_: str | None) -> ObjectKind:
    return _KINDS.get(re.split(r"[/#]", (type_ or "").rstrip("/"))[-1].lower(), ObjectKind.CONTENT)


def _name(definition: Definition | None) -> str | None:
    names = definition.name if definition else None
    if not isinstance(names, dict):
        return None
    english = [text for tag, text in names.items() if tag.lower().startswith("en")]
    texts = [text for text in [*english, *names.values()] if isinstance(text, str) and text.strip()]
    return texts[0].strip()[:NAME_MAX] if texts else None
