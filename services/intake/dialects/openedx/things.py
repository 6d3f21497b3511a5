"""What Open edX speaks of: course runs by their keys, and blocks in them."""

from __future__ import annotations

import re

from services.intake.dialects.shapes import distinct, invalid
from shared.contracts.events import ActivityObject, ObjectKind

_PART = r"[^/?#+&@\s]+"
_RUN = re.compile(rf"(?P<scheme>course-v1|ccx-v1):(?P<course>{_PART}\+{_PART})\+{_PART}(?P<ccx>\+ccx@[0-9]+)?")
_OLD = re.compile(rf"(?P<course>{_PART}/{_PART})/{_PART}")
_LONGEST = 300


def taught(key: str, at: str) -> str:
    """The course that a run is of: its key without the run. A custom course (CCX) is a run of the course it was made
    from. Raises Rejected for what is no key of a run.
    """
    found = _RUN.fullmatch(key) if len(key) <= _LONGEST else None
    if found is not None and (found["scheme"] == "ccx-v1") == (found["ccx"] is not None):
        return f"course-v1:{found['course']}"
    old = _OLD.fullmatch(key) if len(key) <= _LONGEST else None
    if old is None:
        raise invalid(f"{at}: should be the key of a course run, such as course-v1:Org+Course+Run")
    return old["course"]


def course(key: str, at: str, name: str | None = None) -> ActivityObject:
    """A course run."""
    return ActivityObject(kind=ObjectKind.COURSE, ids=(key,), name=name, course=taught(key, at), run=key)


def block(kind: ObjectKind, id_: str, key: str, at: str) -> ActivityObject:
    """A part of a course run, by its usage key."""
    return ActivityObject(kind=kind, ids=distinct(id_), course=taught(key, at), run=key)


def graded(share: float, at: str) -> float:
    """A score as a share of 1. Extra credit may lead above."""
    if share < 0:
        raise invalid(f"{at}: should not be negative")
    return min(share, 1.0)
