"""A learner's account, as somebody names it and as the store has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.ctl.deciding import known_as
from services.ctl.events_file import Destinations
from shared.catalogue.model import Catalogue
from shared.contracts.documents import ACTIVITIES, AWARDS, LEARNERS, AwardState
from shared.errors import LaurelError
from shared.runtime.mongo import Database, translated


class NoSuchLearner(LaurelError):
    """Nothing was heard of them."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who it is, and what is on it."""

    id: str
    directory: str
    external_id: str
    name: str | None
    email: str | None
    merged_into: str | None
    activities: int
    badges: tuple[str, ...]

    @property
    def known_as(self) -> str:
        """As people read it: whose id it is, and the id. `tenant:` begins the directories that a tenant shares."""
        return f"{self.directory.removeprefix('tenant:')}: {self.external_id}"

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "id": self.id,
            "directory": self.directory,
            "external_id": self.external_id,
            "name": self.name,
            "email": self.email,
            "merged_into": self.merged_into,
            "activities": self.activities,
            "badges": list(self.badges),
        }


async def account(database: Database, catalogue: Catalogue, tenant: str, named: str) -> Account:
    """By Laurel's id, or by `source:id`. Raises NoSuchLearner, UnusableEvents for an unknown source, Unavailable."""
    source, colon, external_id = named.partition(":")
    id_: str | None = named
    if colon:
        tenants = [each for each in catalogue.tenants if each.issuer.tenant == tenant]
        id_ = await known_as(database, Destinations(tenants).named(source), external_id)
    with translated(LEARNERS):
        found = await database[LEARNERS].find_one({"_id": id_, "tenant": tenant})
    if found is None:
        msg = f"{tenant} knows no learner {named!r}: name one by Laurel's id or by source:id"
        raise NoSuchLearner(msg)
    mine = {"tenant": tenant, "learner": found["_id"]}
    with translated(ACTIVITIES):
        activities = await database[ACTIVITIES].count_documents(mine)
        awards = await database[AWARDS].find(mine, ("achievement", "state")).to_list(None)
    badges = sorted(each["achievement"] for each in awards if each["state"] == AwardState.EARNED.value)
    return Account(
        id=found["_id"],
        directory=found["directory"],
        external_id=found["external_id"],
        name=found.get("name"),
        email=found.get("email"),
        merged_into=found.get("merged_into"),
        activities=activities,
        badges=tuple(badges),
    )
