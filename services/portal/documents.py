"""What an issuer and an achievement are to a program: Open Badges 3.0 Profile and Achievement, as JSON-LD. Pure."""

from __future__ import annotations

from typing import Any

from shared.catalogue.model import Achievement, Tenant
from shared.openbadges import contexts, did, vocabulary
from shared.openbadges.credential import achievement_object, profile

_CONTEXTS = [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES]


def profile_document(tenant: Tenant) -> dict[str, Any]:
    """The issuer at its own address."""
    return {"@context": _CONTEXTS, **_profile(tenant)}


def achievement_document(tenant: Tenant, achievement: Achievement) -> dict[str, Any]:
    """One version of an achievement at its own address."""
    did_of_issuer = tenant.issuer.id
    address = did.achievement_url(did_of_issuer, achievement.id, achievement.version)
    previous = achievement.supersedes
    described = vocabulary.AchievementDescription(
        id=address,
        type=achievement.type,
        name=achievement.name,
        description=achievement.description,
        criteria=achievement.criteria.strip(),
        version=str(achievement.version),
        image=f"{address}/image",
        previous_version=did.achievement_url(did_of_issuer, achievement.id, previous) if previous else None,
        tags=achievement.tags,
        alignments=tuple(
            vocabulary.Alignment(each.name, each.url, each.framework, each.type, each.code, each.description)
            for each in achievement.alignment
        ),
        credits=achievement.credits.ects if achievement.credits else None,
    )
    return {"@context": _CONTEXTS, **achievement_object(described, is_scored=False), "creator": _profile(tenant)}


def _profile(tenant: Tenant) -> dict[str, Any]:
    issuer = tenant.issuer
    return profile(
        vocabulary.Profile(
            id=issuer.id,
            name=issuer.name,
            url=issuer.url,
            email=issuer.email,
            description=issuer.description,
            image=f"{did.base_url(issuer.id)}/image" if tenant.issuer_image else None,
            recognised_by=tuple(vocabulary.Recognition(each.by, each.url) for each in issuer.accreditation),
        )
    )
