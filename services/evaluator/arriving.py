"""Activities as they arrive and as they are stored; and voids, which don't say whose fact never was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.evaluator.compiled import Compiled
from services.evaluator.known import Position
from services.evaluator.ports import Activities
from services.evaluator.touches import tagging
from shared.contracts.events import LearningActivity
from shared.errors import Rejected

_VOIDABLE = frozenset({"xapi", "auto"})
"""dialects whose facts another event may void"""


class ConflictingActivity(Rejected):
    """An event's id that was used before, for something else."""

    code = "conflict"


@dataclass(frozen=True, slots=True)
class Delivered:
    """An activity, and its place in the topic."""

    activity: LearningActivity
    position: Position


def document_of(delivered: Delivered, learner: str, live: Compiled) -> dict[str, Any]:
    """As it is stored. A void is parked until the fact that it names is there: only that says whose it was."""
    activity = delivered.activity
    topic, partition, offset = delivered.position
    document = activity.model_dump(mode="python", exclude={"activity_id"})
    document["learner"] = learner
    document["verb"] = activity.verb.value
    document["object"]["kind"] = activity.object.kind.value
    document["object"]["ids"] = list(activity.object.ids)
    stored = {
        "_id": activity.activity_id,
        **document,
        "origin": {"topic": topic, "partition": partition, "offset": offset},
    }
    return stored | ({"parked": activity.fact} if not learner else tagging(stored, live))


def conflict_of(activity: LearningActivity) -> ConflictingActivity:
    """In words that name nothing of the LMS's."""
    return ConflictingActivity(
        f"activity {activity.activity_id} of {activity.tenant}/{activity.source} came before with other content; "
        "the first stays: an LMS that corrects a fact has to send it under a new id"
    )


async def united(activities: Activities, stored: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Voids and what they void find each other, whichever came first: each looks for the other once it is stored.

    Answers what the voids among `stored` void.
    """
    parked = [each["parked"] for each in stored if each.get("parked")]
    voided = await activities.find(parked) if parked else []
    voidable = [each for each in stored if each["dialect"] in _VOIDABLE and each["learner"]]
    if voided or voidable:
        await activities.adopt([*voided, *voidable])
    return voided
