"""What a search engine or a link preview reads: schema.org's EducationalOccupationalCredential. Pure."""

from __future__ import annotations

from typing import Any

from services.portal.badge import Badge
from services.portal.wording import web_address, words
from shared.catalogue.model import Achievement, Issuer
from shared.openbadges import did


def awarded(badge: Badge) -> dict[str, Any]:
    """A badge that was issued."""
    described = offered(badge.issuer, badge.achievement)
    described |= {
        "@id": badge.address,
        "url": badge.address,
        "datePublished": badge.credential.valid_from.isoformat(),
        "identifier": badge.credential.id,
    }
    if badge.credential.valid_until is not None:
        described["expires"] = badge.credential.valid_until.isoformat()
    return described


def offered(issuer: Issuer, achievement: Achievement) -> dict[str, Any]:
    """An achievement that can be earned."""
    address = did.achievement_url(issuer.id, achievement.id, achievement.version)
    described: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "EducationalOccupationalCredential",
        "@id": address,
        "url": address,
        "name": achievement.name,
        "description": achievement.description,
        "image": f"{address}/image",
        "version": str(achievement.version),
        "credentialCategory": {"@type": "DefinedTerm", "name": words(achievement.type)},
        "recognizedBy": {"@type": "Organization", "@id": issuer.id, "name": issuer.name, "url": issuer.url},
        "competencyRequired": [*achievement.learning_outcomes, *(_skill(each) for each in achievement.alignment)],
        "keywords": list(achievement.tags),
        "validFor": achievement.valid_for,
        "educationalLevel": achievement.credits.level if achievement.credits else None,
        "validIn": {"@type": "Country", "name": achievement.country} if achievement.country else None,
    }
    return {name: value for name, value in described.items() if value not in (None, [])}


def _skill(alignment: Any) -> dict[str, Any]:
    skill = {
        "@type": "DefinedTerm",
        "name": alignment.name,
        "url": web_address(alignment.url),
        "inDefinedTermSet": alignment.framework,
        "termCode": alignment.code,
    }
    return {name: value for name, value in skill.items() if value is not None}
