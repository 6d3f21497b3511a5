"""Why a learner holds a badge, or what is missing: the criteria told over the stored facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.ctl.applying import live
from shared.catalogue.criteria import scales_of
from shared.catalogue.explain import Clause, explain_achievement
from shared.catalogue.facts import Facts, fact_of, holding_of, waits_for_address
from shared.catalogue.model import Catalogue, LiveAchievement
from shared.contracts.documents import ACTIVITIES, AWARDS, LEARNERS
from shared.errors import LaurelError
from shared.runtime.mongo import Database, translated


class UnknownAchievement(LaurelError):
    """No such achievement is live."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One learner's way to one achievement."""

    tenant: str
    achievement: str
    version: int
    learner: str
    clause: Clause
    waits_until: datetime | None = None
    """an award is there, and waits till then for its learner's address"""

    @property
    def met(self) -> bool:
        """Whether the criteria hold now."""
        return self.clause.met

    @property
    def title(self) -> str:
        """Who and what, and how it stands."""
        state = "earned" if self.met else "not earned"
        if self.waits_until is not None:
            state += f"; waits for an address until {self.waits_until.isoformat(timespec='minutes')}"
        return f"{self.tenant}/{self.achievement} version {self.version}, learner {self.learner}: {state}"

    @property
    def lines(self) -> list[str]:
        """The tree of criteria, ready to print."""
        return self.clause.lines()

    def unmet(self) -> list[Clause]:
        """The innermost clauses that don't hold and say what is missing."""
        return list(_unmet(self.clause))

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "tenant": self.tenant,
            "achievement": self.achievement,
            "version": self.version,
            "learner": self.learner,
            "met": self.met,
            "waits_until": self.waits_until,
            "lines": self.lines,
            "sentences": self.clause.sentences(),
            "progress": 1.0 if self.met else self.clause.progress,
            "clause": self.clause.as_json(),
        }


def _unmet(clause: Clause) -> Iterator[Clause]:
    if clause.met:
        return
    inner = [each for part in clause.parts for each in _unmet(part)]
    yield from inner or ([clause] if clause.missing else [])


async def explain_learner(database: Database, tenant: str, slug: str, learner: str) -> list[Explanation]:
    """One a learner: an LMS's id may name several, one in each directory. Raises UnknownAchievement, Unavailable."""
    catalogue = await live(database)
    wanted = _achievement(catalogue, tenant, slug)
    with translated(LEARNERS):
        query = {"tenant": tenant, "$or": [{"_id": learner}, {"external_id": learner}]}
        found = await database[LEARNERS].find(query).to_list(100)
    ids = dict.fromkeys(each.get("merged_into") or each["_id"] for each in found)
    return [await explain_one(database, catalogue, wanted, each) for each in ids]


async def explain_one(database: Database, catalogue: Catalogue, wanted: LiveAchievement, learner: str) -> Explanation:
    """Judged from what is stored now. Raises Unavailable."""
    mine = {"tenant": wanted.tenant, "learner": learner}
    with translated(ACTIVITIES):
        activities = await database[ACTIVITIES].find(mine).to_list(None)
        awards = await database[AWARDS].find(mine).to_list(None)
    tenant = catalogue.tenant(wanted.tenant)
    facts = Facts.of(
        [fact_of(each) for each in activities],
        [holding_of(each, catalogue) for each in awards],
        tenant.issuer.timezone if tenant else "UTC",
    )
    clause = explain_achievement(wanted, facts, scales_of(tenant) if tenant else None)
    waits_until = _waits_until(awards, wanted.achievement.id)
    return Explanation(wanted.tenant, wanted.achievement.id, wanted.achievement.version, learner, clause, waits_until)


def _waits_until(awards: Iterable[Mapping[str, Any]], achievement: str) -> datetime | None:
    waiting = (each for each in awards if each["achievement"] == achievement and waits_for_address(each))
    return min((each["waits_until"] for each in waiting), default=None)


def _achievement(catalogue: Catalogue, tenant: str, slug: str) -> LiveAchievement:
    for each in catalogue.current(tenant):
        if each.achievement.id == slug:
            return each
    known = ", ".join(sorted(each.achievement.id for each in catalogue.current(tenant))) or "none"
    msg = f"{tenant} has no achievement {slug!r} (known: {known})"
    raise UnknownAchievement(msg)
