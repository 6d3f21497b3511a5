"""Reads what is stored about one learner, and finds out whom a help desk means."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import SequenceMatcher
from heapq import nlargest
from typing import Any

from services.ctl.applying import live
from services.ctl.explanation import Explanation, Known, explained
from shared.catalogue.model import Catalogue, LiveAchievement, Tenant
from shared.catalogue.problems import nearest
from shared.contracts.documents import (
    ACTIVITIES,
    AWARDS,
    CREDENTIALS,
    LEARNERS,
    STATUS_FACTS,
    WAITING,
    Learner,
    StatusFact,
)
from shared.contracts.identity import normal_address
from shared.errors import LaurelError
from shared.runtime.mongo import Database, find_among, translated

_LOOKED_THROUGH = 50_000
"""ids that are compared with a wrong one: seconds, whatever the directory's size"""
_CLOSE = 0.6
_AS_GOOD = 0.1
_NEAREST = 3
_CALLED = {"id": "the LMS's id of an account", "sis_id": "their student number", "email": "their e-mail address"}


class UnknownAchievement(LaurelError):
    """No such achievement is live."""


class UnknownLearner(LaurelError):
    """Nothing was heard of them."""


async def explain_learner(
    database: Database, tenant: str, slug: str, learner: str, version: int | None = None
) -> list[Explanation]:
    """One a learner: an LMS's id may name several, one in each directory.

    Raises UnknownAchievement, UnknownLearner, Unavailable.
    """
    catalogue = await live(database)
    owner, wanted = achievement_of(catalogue, tenant, slug, version)
    found = await _named(database, tenant, learner)
    if not found:
        raise UnknownLearner(await _nobody(database, owner, learner))
    told = []
    for each in found:
        known = await _known(database, each)
        formerly = None if _is(each, learner) else learner
        one = explained(catalogue, wanted, known, datetime.now(UTC), exact=version is not None, formerly=formerly)
        told += [one] if one is not None else []
    return told


def achievement_of(
    catalogue: Catalogue, tenant: str, slug: str, version: int | None = None
) -> tuple[Tenant, LiveAchievement]:
    """What can be earned now, or that version. Raises UnknownAchievement."""
    owner = catalogue.tenant(tenant)
    if owner is None:
        names = [each.issuer.tenant for each in catalogue.tenants]
        msg = f"no tenant is called {tenant!r}{nearest(tenant, names)}"
        raise UnknownAchievement(msg)
    current = {each.achievement.id: each for each in catalogue.current(tenant)}
    if slug not in current:
        msg = f"{tenant} has no achievement {slug!r}{nearest(slug, current)}"
        raise UnknownAchievement(msg)
    wanted = current[slug] if version is None else catalogue.achievement(tenant, slug, version)
    if wanted is None:
        every = sorted(each.achievement.version for each in owner.achievements if each.achievement.id == slug)
        msg = f"{tenant}/{slug} has no version {version} (there are: {', '.join(map(str, every))})"
        raise UnknownAchievement(msg)
    return owner, wanted


async def _named(database: Database, tenant: str, learner: str) -> list[Learner]:
    """By Laurel's id, the LMS's or an address; an account that was merged is the one that was kept."""
    ways: list[dict[str, str]] = [{"_id": learner}, {"external_id": learner}]
    if "@" in learner:
        address = normal_address(learner)
        ways += [{"external_id": address}, {"email": address}]
    with translated(LEARNERS):
        found = await database[LEARNERS].find({"tenant": tenant, "$or": ways}).to_list(100)
    ids = dict.fromkeys(each.get("merged_into") or each["_id"] for each in found)
    kept = {each["_id"]: each for each in await find_among(database[LEARNERS], "_id", ids)}
    return [Learner.from_store(kept[each]) for each in ids if each in kept]


def _is(learner: Learner, named: str) -> bool:
    """The account answers to that name itself."""
    names = {learner.id, learner.external_id, learner.email and normal_address(learner.email)}
    return named in names or ("@" in named and normal_address(named) in names)


async def _known(database: Database, learner: Learner) -> Known:
    mine = {"tenant": learner.tenant, "learner": learner.id}
    with translated(ACTIVITIES):
        activities = await database[ACTIVITIES].find(mine).to_list(None)
        awards = await database[AWARDS].find(mine).to_list(None)
    ids = [each["_id"] for each in awards]
    facts = await find_among(database[STATUS_FACTS], "award_id", ids)
    signed = await find_among(database[CREDENTIALS], "_id", ids, ("_id",))
    return Known(
        learner,
        activities,
        awards,
        tuple(StatusFact.from_store(each) for each in facts),
        frozenset(each["_id"] for each in signed),
    )


async def _nobody(database: Database, tenant: Tenant, learner: str) -> str:
    """What to try instead."""
    name = tenant.issuer.tenant
    with translated(LEARNERS):
        cursor = database[LEARNERS].find({"tenant": name}, ("external_id",)).limit(_LOOKED_THROUGH)
        near = _near(learner, [each["external_id"] async for each in cursor])
        waiting = await database[WAITING].count_documents({"source": {"$in": _labels(tenant)}})
    said = [f"{name} has never heard of a learner {learner!r}."]
    if near:
        said.append(f"Did you mean {' or '.join(near)}?")
    ways: dict[str, list[str]] = {}
    for each in tenant.sources:
        ways.setdefault(_CALLED[each.learner], []).append(each.name)
    known = [f"by {way} ({', '.join(names)})" for way, names in ways.items()]
    said.append(f"Learners are known {'; '.join(known)}. Laurel's own id of a learner does, too.")
    if waiting:
        said.append(f"{waiting} events wait until their learners' profiles arrive: it may be among them.")
    else:
        said.append("If the id is right, no event about them has arrived.")
    return " ".join(said)


def _labels(tenant: Tenant) -> list[str]:
    return [f"{tenant.issuer.tenant}/{each.name}" for each in tenant.sources]


def _near(learner: str, ids: Iterable[str]) -> list[str]:
    """The few that are spelled almost so."""
    name, _, host = learner.lower().partition("@")
    matcher: SequenceMatcher[Any] = SequenceMatcher(a="", b=name, autojunk=False)

    def likeness(each: str) -> float:
        # what all addresses of a school have in common says nothing
        local, _, there = each.lower().partition("@")
        matcher.set_seq1(local if there == host or not (there and host) else each.lower())
        quick = min(matcher.real_quick_ratio(), matcher.quick_ratio())
        return matcher.ratio() if quick >= _CLOSE else 0.0

    best = nlargest(_NEAREST, ((likeness(each), each) for each in ids))
    return [each for close, each in best if close >= max(_CLOSE, best[0][0] - _AS_GOOD)]
