"""How sources are doing, as intake noted it: what came, what was refused, what waits, what isn't as it used to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.catalogue.criteria import CriterionError, parse
from shared.catalogue.model import Catalogue
from shared.catalogue.tree import Thing, things
from shared.contracts.documents import SOURCE_SIGHTINGS, WAITING, SightingOf
from shared.runtime.mongo import Database, translated


@dataclass(frozen=True, slots=True)
class Noted:
    """One thing that was seen of a source."""

    name: str
    count: int
    first_at: datetime
    last_at: datetime
    example: Mapping[str, str] | None = None
    """names and types of such a message"""


@dataclass(slots=True)
class Status:
    """One source."""

    source: str
    dialect: str
    waiting: int = 0
    seen: dict[SightingOf, list[Noted]] = field(default_factory=dict)

    @property
    def last_event(self) -> datetime | None:
        """When anything came, refused or not."""
        heard = [*self.seen.get(SightingOf.KIND, ()), *self.seen.get(SightingOf.REFUSAL, ())]
        return max((each.last_at for each in heard), default=None)

    @property
    def events(self) -> int:
        """How many there were, of every kind."""
        return sum(each.count for each in self.seen.get(SightingOf.KIND, ()))

    @property
    def refused(self) -> int:
        """Deliveries that became dead letters."""
        return sum(each.count for each in self.seen.get(SightingOf.REFUSAL, ()))

    def drift(self) -> list[tuple[SightingOf, Noted]]:
        """What somebody should look at, the newest first."""
        found = [(of, each) for of, noted in self.seen.items() if of.is_drift for each in noted]
        return sorted(found, key=lambda each: each[1].last_at, reverse=True)

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "source": self.source,
            "dialect": self.dialect,
            "last_event": self.last_event,
            "waiting": self.waiting,
            **{of.value: [_as_json(each) for each in self.seen.get(of, ())] for of in SightingOf},
        }


def _as_json(noted: Noted) -> dict[str, Any]:
    return {
        "name": noted.name,
        "count": noted.count,
        "first_at": noted.first_at,
        "last_at": noted.last_at,
        "example": noted.example,
    }


async def statuses(database: Database, catalogue: Catalogue) -> list[Status]:
    """Every source of the catalogue. Raises Unavailable."""
    found = {
        f"{tenant.issuer.tenant}/{source.name}": Status(f"{tenant.issuer.tenant}/{source.name}", source.dialect)
        for tenant in catalogue.tenants
        for source in tenant.sources
    }
    asked_for = {tenant.issuer.tenant: _courses(catalogue, tenant.issuer.tenant) for tenant in catalogue.tenants}
    with translated(SOURCE_SIGHTINGS):
        async for each in database[SOURCE_SIGHTINGS].find({}):
            status = found.get(each["source"])
            if status is None or (each["of"] == SightingOf.COURSE and _is_asked_for(each, asked_for)):
                continue
            status.seen.setdefault(SightingOf(each["of"]), []).append(_noted(each))
    with translated(WAITING):
        for each in await database[WAITING].aggregate([{"$group": {"_id": "$source", "n": {"$sum": 1}}}]).to_list(None):
            if each["_id"] in found:
                found[each["_id"]].waiting = each["n"]
    return [found[name] for name in sorted(found)]


def _noted(document: Mapping[str, Any]) -> Noted:
    shape = document.get("example")
    example = {each["field"]: each["type"] for each in shape} if shape is not None else None
    return Noted(document["name"], document["count"], document["first_at"], document["last_at"], example)


def _is_asked_for(document: Mapping[str, Any], asked_for: Mapping[str, list[Thing]]) -> bool:
    """The catalogue has a rule for the course by now."""
    tenant, _, source = document["source"].partition("/")
    return any(
        each.source in (None, source) and each.pattern.matches((document["name"],))
        for each in asked_for.get(tenant, ())
    )


def _courses(catalogue: Catalogue, tenant: str) -> list[Thing]:
    found: list[Thing] = []
    for live in catalogue.current(tenant):
        try:
            found += (each for each in things(parse(live.earned_when)) if each.kind == "course")
        except CriterionError:
            continue
    return found
