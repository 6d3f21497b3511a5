"""A registrar's decisions, as `laurel awards` sends them: this learner gets this achievement, or doesn't.

```json
{"id": "…", "action": "add", "achievement": "first-aid", "learner": {"email": "…"},
 "because": "…", "by": "…", "at": "…"}
```

Only a source of this dialect decides: what may send to it may award anything, so `auto` never tells it apart.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from services.intake.dialects.shapes import Id, Moment, Name, Shape, address, parse, read
from services.intake.translation import Delivery, Fact, Kind, Person, Translation
from shared.contracts.events import ActivityObject, ObjectKind, Verb

_FIELDS = {"id": "learner.id", "sis_id": "learner.sis_id", "email": "learner.email"}
_VERBS = {"add": Verb.GRANTED, "withhold": Verb.WITHHELD}
_BECAUSE_MAX = 1000


class Learner(Shape):
    """Whom it is about, by whichever id the source is set to trust."""

    id: Id | None = None
    sis_id: Id | None = None
    email: str | None = None
    name: Name = None


class Decision(Shape):
    """One decision; the same id is the same decision."""

    id: Id
    action: Literal["add", "withhold"]
    achievement: Annotated[str, Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=100)]
    learner: Learner
    because: Annotated[str, Field(min_length=1, max_length=_BECAUSE_MAX)]
    by: Name = None
    at: Moment


def translate(delivery: Delivery) -> Translation:
    """See the module."""
    decision = read(Decision, parse(delivery.body or b""))
    learner = decision.learner
    person = Person(
        fields=_FIELDS, id=learner.id, sis_id=learner.sis_id, email=address(learner.email), name=learner.name
    )
    fact = Fact(
        person=person,
        verb=_VERBS[decision.action],
        object=ActivityObject(kind=ObjectKind.ACHIEVEMENT, ids=(decision.achievement,)),
        occurred_at=decision.at,
        event_id=decision.id,
        because=decision.because,
        decided_by=decision.by,
    )
    return Translation(facts=(fact,), kinds=(Kind(decision.action),))
