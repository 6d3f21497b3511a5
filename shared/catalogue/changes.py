"""What applying a folder would change. A live version never changes, and nothing that was live is ever deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.catalogue.criteria import CriterionError, parse
from shared.catalogue.documents import achievement_document, tenant_document
from shared.catalogue.model import Catalogue, LiveAchievement, Tenant


@dataclass(frozen=True, slots=True)
class Diff:
    """Between what is live and what was read. With problems it can't be applied."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    """right, and perhaps not meant"""
    _tenants: tuple[Tenant, ...] = ()
    _achievements: tuple[LiveAchievement, ...] = ()

    @property
    def empty(self) -> bool:
        """Nothing to write: the revision stays."""
        return not (self._tenants or self._achievements)

    def documents(self, revision: int) -> list[dict[str, Any]]:
        """What is to be replaced or inserted, by `_id`."""
        return [
            *(tenant_document(each, revision) for each in self._tenants),
            *(achievement_document(each, revision) for each in self._achievements),
        ]


def diff(live: Catalogue, tenants: Sequence[Tenant]) -> Diff:
    """Pictures that were drawn are not compared: a better drawing is no change of an achievement."""
    added: list[str] = []
    changed: list[str] = []
    unchanged: list[str] = []
    problems: list[str] = []
    remarks: list[str] = []
    to_write: list[Tenant] = []
    new: list[LiveAchievement] = []
    for tenant in tenants:
        name = tenant.issuer.tenant
        known = live.tenant(name)
        if known is None or _face(known) != _face(tenant):
            (added if known is None else changed).append(name)
            to_write.append(tenant)
        else:
            unchanged.append(name)
        if known is not None and known.issuer.id != tenant.issuer.id:
            problems.append(
                f"{name}: the issuer's id is in every credential and can't change from {known.issuer.id} "
                f"to {tenant.issuer.id}: give the new one a tenant of its own"
            )
        for each in tenant.achievements:
            label = f"{name}/{each.achievement.id}/{each.achievement.version}"
            was = live.achievement(name, each.achievement.id, each.achievement.version)
            if was is None:
                added.append(label)
                new.append(each)
                problems += _older(live, each, label)
                remarks += _beside(live, each, label)
            elif _same(was, each):
                unchanged.append(label)
            else:
                changed.append(label)
                problems.append(
                    f"{label} is live and was changed ({', '.join(_differences(was, each))}): raise the version"
                )
    return Diff(
        tuple(added),
        tuple(changed),
        tuple(unchanged),
        tuple(problems),
        tuple(remarks),
        tuple(to_write),
        tuple(new),
    )


def _face(tenant: Tenant) -> tuple[object, ...]:
    return tenant.issuer, tenant.sources, tenant.scales, tenant.issuer_image, tenant.issuer_image_type


def _older(live: Catalogue, each: LiveAchievement, label: str) -> list[str]:
    versions = [
        was.achievement.version for was in live.current(each.tenant) if was.achievement.id == each.achievement.id
    ]
    if not versions or versions[0] < each.achievement.version:
        return []
    return [f"{label} is older than version {versions[0]}, which is live: give it a higher version"]


def _beside(live: Catalogue, each: LiveAchievement, label: str) -> list[str]:
    """Those who write a new version mostly mean that it replaces the one before."""
    wanted = each.achievement
    before = [
        was.achievement.version
        for was in live.earnable(each.tenant)
        if was.achievement.id == wanted.id and (wanted.supersedes or 0) < was.achievement.version < wanted.version
    ]
    if not before:
        return []
    beside = max(before)
    return [f"{label} leaves version {beside} earnable beside it: write supersedes: {beside} if it replaces that one"]


def _same(was: LiveAchievement, now: LiveAchievement) -> bool:
    return not _differences(was, now)


def _differences(was: LiveAchievement, now: LiveAchievement) -> list[str]:
    before, after = was.achievement.model_dump(), now.achievement.model_dump()
    found = [name for name in after if before.get(name) != after[name]]
    if not _same_criteria(was, now):
        found.append("earned_when")
    if not now.drawn and was.image != now.image and "image" not in found:
        found.append("image")
    return found


def _same_criteria(was: LiveAchievement, now: LiveAchievement) -> bool:
    if was.earned_when == now.earned_when:
        return True
    try:
        return parse(was.earned_when) == parse(now.earned_when)
    except CriterionError:
        return False
