"""A registrar's decision as an event of a source of the catalogue: the same way as every other fact about a learner."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from services.ctl.events_file import Destination, Line
from services.intake.dialects import DIALECTS
from services.intake.domain import Intake
from services.intake.translation import Delivery
from shared.catalogue.model import Catalogue, Source, Tenant
from shared.contracts.documents import LEARNERS
from shared.contracts.identity import normal_address
from shared.contracts.topics import MIB
from shared.errors import LaurelError, Rejected
from shared.runtime.mongo import Database, translated

DIALECT = "registrar"
Action = Literal["add", "withhold"]


class Undecidable(LaurelError):
    """Nothing was sent: the catalogue doesn't say where to, or about what."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether one learner gets one achievement."""

    id: str
    action: Action
    to: Destination
    learner: str
    """as the source knows people: by its `learner` setting"""
    achievement: str
    because: str
    by: str
    at: datetime

    def as_line(self) -> Line:
        """What is sent."""
        event = {
            "id": self.id,
            "action": self.action,
            "achievement": self.achievement,
            "learner": {self.to.source.learner: self.learner},
            "because": self.because,
            "by": self.by,
            "at": self.at.isoformat(),
        }
        return Line(1, self.to, None, json.dumps(event, separators=(",", ":")).encode(), ())

    def readable(self) -> None:
        """Raises Undecidable for what intake would refuse: a learner who can't be one, a reason that is too long."""
        delivery = Delivery(self.to.tenant, self.to.source, self.as_line().value)
        intake = Intake(DIALECTS, b"nothing is sent", MIB, timedelta(minutes=5))
        try:
            intake.conclude(delivery, intake.translate(delivery, self.at), self.at, {})
        except Rejected as error:
            raise Undecidable(str(error)) from error


def destination(catalogue: Catalogue, achievement: str, source: str | None) -> Destination:
    """Whose `achievement`, or `tenant/achievement`, it is, and where decisions on it go. Raises Undecidable."""
    tenant, _, slug = achievement.rpartition("/")
    owner = _owner(catalogue, slug, tenant or None)
    name = owner.issuer.tenant
    registrars = [each for each in owner.sources if each.dialect == DIALECT and source in (None, each.name)]
    if len(registrars) == 1:
        return Destination(name, registrars[0])
    if registrars:
        msg = f"{name} has several sources of the dialect registrar: say which with --source ({_names(registrars)})"
    elif source is not None and any(each.name == source for each in owner.sources):
        msg = f"{name}'s source {source} is not of the dialect registrar"
    else:
        called = source or DIALECT
        line = f"- {{name: {called}, dialect: registrar, topic: lms.{name}.{called}, learner: email}}"
        msg = (
            f"{name} has no source that registrars decide through: add `{line}` to the sources in its issuer.yaml, "
            "with the directory of the sources that know the same people by the same id, and apply the catalogue"
        )
    raise Undecidable(msg)


async def known_as(database: Database, to: Destination, learner: str) -> str | None:
    """Laurel's id of a learner whom the source's directory knows. Raises Unavailable."""
    name = normal_address(learner) if to.source.learner == "email" else learner
    query = {"tenant": to.tenant, "directory": to.source.directory_of(), "external_id": name}
    with translated(LEARNERS):
        found: dict[str, Any] | None = await database[LEARNERS].find_one(query, ("_id",))
    return None if found is None else str(found["_id"])


def _owner(catalogue: Catalogue, achievement: str, tenant: str | None) -> Tenant:
    tenants = [each for each in catalogue.tenants if tenant in (None, each.issuer.tenant)]
    if not tenants:
        msg = f"there is no tenant {tenant!r} (tenants: {_known(each.issuer.tenant for each in catalogue.tenants)})"
        raise Undecidable(msg)
    names = {each.issuer.tenant: {live.achievement.id for live in each.achievements} for each in tenants}
    owners = [each for each in tenants if achievement in names[each.issuer.tenant]]
    if len(owners) == 1:
        return owners[0]
    if owners:
        written = " or ".join(f"{each.issuer.tenant}/{achievement}" for each in owners)
        msg = f"several tenants have an achievement {achievement!r}: write {written}"
    else:
        known = _known(f"{name}/{slug}" for name, slugs in names.items() for slug in slugs)
        msg = f"no achievement {achievement!r} is live (known: {known})"
    raise Undecidable(msg)


def _names(sources: Sequence[Source]) -> str:
    return ", ".join(each.name for each in sources)


def _known(names: Any) -> str:
    return ", ".join(sorted(names)) or "none"
