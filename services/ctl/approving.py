"""Awards that wait for a registrar: which there are, and which of them somebody means."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.catalogue.facts import WAITS_FOR_APPROVAL
from shared.catalogue.model import Catalogue
from shared.contracts.documents import AWARDS, LEARNERS, AwardState
from shared.errors import LaurelError
from shared.runtime.mongo import Database, find_among, translated


class NotWaiting(LaurelError):
    """Nothing was asked for: an award that was named waits for nobody."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An award that waits for a registrar."""

    id: str
    tenant: str
    achievement: str
    version: int
    name: str
    learner: str
    who: str
    """as the LMS knows them"""
    earned_at: datetime
    why: str

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "award": self.id,
            "tenant": self.tenant,
            "achievement": self.achievement,
            "version": self.version,
            "learner": self.learner,
            "known_as": self.who,
            "earned_at": self.earned_at.isoformat(),
            "why": self.why,
        }


async def waiting(
    database: Database, catalogue: Catalogue, achievement: str | None = None, ids: Collection[str] = ()
) -> list[Pending]:
    """Those of TENANT/ACHIEVEMENT or TENANT, or these; the longest earned first. Raises NotWaiting, Unavailable."""
    query: dict[str, Any] = {"waits_for": WAITS_FOR_APPROVAL, "state": AwardState.PENDING.value}
    tenant, _, slug = (achievement or "").partition("/")
    query |= {"tenant": tenant} if tenant else {}
    query |= {"achievement": slug} if slug else {}
    query |= {"_id": {"$in": [*ids]}} if ids else {}
    with translated(AWARDS):
        found = await database[AWARDS].find(query).sort([("earned_at", 1), ("_id", 1)]).to_list(None)
    if missing := set(ids) - {each["_id"] for each in found}:
        msg = f"no award that waits for approval: {', '.join(sorted(missing))} (`laurel awards pending` lists them)"
        raise NotWaiting(msg)
    learners = await find_among(database[LEARNERS], "_id", {each["learner"] for each in found}, ("external_id",))
    names = {each["_id"]: str(each["external_id"]) for each in learners}
    return [_pending(each, names, catalogue) for each in found]


def _pending(award: dict[str, Any], names: dict[str, str], catalogue: Catalogue) -> Pending:
    live = catalogue.achievement(award["tenant"], award["achievement"], award["version"])
    return Pending(
        id=award["_id"],
        tenant=award["tenant"],
        achievement=award["achievement"],
        version=award["version"],
        name=live.achievement.name if live else award["achievement"],
        learner=award["learner"],
        who=names.get(award["learner"], award["learner"]),
        earned_at=award["earned_at"],
        why=award["why"],
    )
