"""What an issuer and an achievement are to a program: Open Badges 3.0 Profile and Achievement, as JSON-LD. Pure."""

from __future__ import annotations

from typing import Any

from shared.catalogue.description import description_of, profile_of
from shared.catalogue.model import Achievement, Tenant
from shared.openbadges import contexts
from shared.openbadges.credential import achievement_object, profile

_CONTEXTS = [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES]


def profile_document(tenant: Tenant) -> dict[str, Any]:
    """The issuer at its own address: as credentials name it."""
    return {"@context": _CONTEXTS, **profile(profile_of(tenant))}


def achievement_document(tenant: Tenant, achievement: Achievement) -> dict[str, Any]:
    """One version of an achievement at its own address: as credentials hold it, and who made it."""
    described = achievement_object(description_of(tenant.issuer, achievement), is_scored=False)
    return {"@context": _CONTEXTS, **described, "creator": profile(profile_of(tenant))}
