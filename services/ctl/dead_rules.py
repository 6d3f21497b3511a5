"""Rules that can't lead to a badge, or haven't for long, and what to do about each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.ctl.source_status import Status, statuses
from shared.catalogue.criteria import CriterionError, parse
from shared.catalogue.model import Catalogue, LiveAchievement, Tenant
from shared.catalogue.tree import Thing, things
from shared.catalogue.words import of_thing
from shared.contracts.documents import RULE_SIGHTINGS
from shared.runtime.mongo import Database, translated

ACTIVE = timedelta(days=7)
"""something came within that time: the alert RuleSilent says so too"""
SILENT = timedelta(days=30)
"""nobody earned it within that time"""
NEW = timedelta(days=1)
"""a rule that is live for less has had no chance"""
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Watched:
    """What the evaluator saw of an achievement."""

    since: datetime
    touched_at: datetime | None
    matched_at: datetime | None


async def dead_rules(database: Database, catalogue: Catalogue, now: datetime) -> list[str]:
    """A sentence a rule: what is wrong, and what to do. Raises Unavailable."""
    heard = {each.source: each for each in await statuses(database, catalogue)}
    with translated(RULE_SIGHTINGS):
        watched = {each["_id"]: _watched(each) async for each in database[RULE_SIGHTINGS].find({})}
    return list(told(catalogue, watched, heard, now))


def told(
    catalogue: Catalogue, watched: Mapping[str, Watched], heard: Mapping[str, Status], now: datetime
) -> Iterator[str]:
    """Of everything that can be earned now; `watched` by tenant/achievement, `heard` by tenant/source."""
    for tenant in catalogue.tenants:
        today = now.astimezone(ZoneInfo(tenant.issuer.timezone)).date()
        for live in sorted(catalogue.earnable(tenant.issuer.tenant), key=_place):
            looked_at = _things(live, today)
            wrong = looked_at and (
                _impossible(tenant, looked_at)
                or _silent(tenant, looked_at, watched.get(f"{live.tenant}/{live.achievement.id}"), heard, now)
            )
            if wrong:
                yield f"{live.tenant}/{live.achievement.id} version {live.achievement.version} {wrong}"


def _impossible(tenant: Tenant, looked_at: Sequence[Thing]) -> str | None:
    """No source could bring it."""
    names = [each.name for each in tenant.sources if each.dialect != "registrar"]
    if not names:
        return f"looks at {_listed(looked_at)}, and {tenant.issuer.tenant} has no source: add one to its issuer.yaml"
    known = {each.name for each in tenant.sources}
    gone = sorted({each.source for each in looked_at if each.source is not None} - known)
    if gone:
        return (
            f"asks for what comes from {' and '.join(gone)}, and {tenant.issuer.tenant} has no such source any more: "
            f"give it a new version that names another ({', '.join(names)}), or that says no `from`"
        )
    return None


def _silent(
    tenant: Tenant, looked_at: Sequence[Thing], watched: Watched | None, heard: Mapping[str, Status], now: datetime
) -> str | None:
    """It could, and for long it didn't. None where no evaluator has watched it yet."""
    if watched is None:
        return None
    since = f"since {watched.since.date().isoformat()}"
    if watched.touched_at is None:
        active = _active(tenant, looked_at, heard, max(now - ACTIVE, watched.since))
        if not active or now - watched.since < NEW:
            return None
        return (
            f"looks at {_listed(looked_at)}, and nothing like it has come {since}, while {', '.join(active)} sends "
            "events: compare the ids with those of `laurel sources status`, then give it a new version"
        )
    earned = watched.matched_at or watched.since
    if now - watched.touched_at < ACTIVE and now - earned > SILENT:
        ago = f"since {earned.date().isoformat()}"
        return (
            f"was earned by nobody {ago}, while {_listed(looked_at)} is active: ask `laurel catalogue explain` about "
            "somebody who should have it; perhaps its bound can't be reached, or the LMS sends no such scores"
        )
    return None


def _active(tenant: Tenant, looked_at: Sequence[Thing], heard: Mapping[str, Status], since: datetime) -> list[str]:
    """Sources that could have brought it, and brought other things."""
    wanted = {each.source for each in looked_at}
    found = []
    for source in tenant.sources:
        status = heard.get(f"{tenant.issuer.tenant}/{source.name}")
        last = status.last_event if status is not None and source.dialect != "registrar" else None
        if last is not None and last > since and (None in wanted or source.name in wanted):
            found.append(source.name)
    return found


def _things(live: LiveAchievement, today: date) -> tuple[Thing, ...]:
    """Nothing of one that has retired."""
    retires = live.achievement.retire_on
    if retires is not None and retires <= today:
        return ()
    try:
        return things(parse(live.earned_when))
    except CriterionError:
        return ()  # a newer Laurel's: the evaluator tells


def _listed(looked_at: Sequence[Thing]) -> str:
    more = f" and {len(looked_at) - _SHOWN} more" if looked_at[_SHOWN:] else ""
    return ", ".join(of_thing(each) for each in looked_at[:_SHOWN]) + more


def _place(live: LiveAchievement) -> tuple[str, int]:
    return live.achievement.id, live.achievement.version


def _watched(document: Mapping[str, Any]) -> Watched:
    return Watched(document["since"], document.get("touched_at"), document.get("matched_at"))
