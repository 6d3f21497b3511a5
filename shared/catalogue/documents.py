"""How a catalogue is kept in the store: one document a tenant, one an achievement version, and a head."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from shared.catalogue.model import Achievement, Catalogue, Issuer, LiveAchievement, Source, Tenant

HEAD = "head"


def to_documents(tenant: Tenant, revision: int) -> list[dict[str, Any]]:
    """Everything of a tenant; the head is written by whoever applies, and last."""
    return [tenant_document(tenant, revision), *(achievement_document(each, revision) for each in tenant.achievements)]


def tenant_document(tenant: Tenant, revision: int) -> dict[str, Any]:
    """An issuer and its sources: replaced at each change."""
    return {
        "_id": f"tenant/{tenant.issuer.tenant}",
        "kind": "tenant",
        "issuer": tenant.issuer.model_dump(mode="json"),
        "sources": [_source_document(each) for each in tenant.sources],
        "scales": json.dumps(tenant.scales),
        "issuer_image": tenant.issuer_image,
        "issuer_image_type": tenant.issuer_image_type,
        "revision": revision,
    }


def _source_document(source: Source) -> dict[str, Any]:
    """A mapping as text: its field names are paths with dots, which not every store takes in a document."""
    document = source.model_dump(mode="json")
    return document | {"mapping": json.dumps(document["mapping"])}


def _source(document: Mapping[str, Any]) -> Source:
    mapping = json.loads(document.get("mapping") or "[]")
    return Source.model_validate({**document, "mapping": mapping})


def achievement_document(live: LiveAchievement, revision: int) -> dict[str, Any]:
    """One version, written once."""
    achievement = live.achievement
    return {
        "_id": f"achievement/{live.tenant}/{achievement.id}/{achievement.version}",
        "kind": "achievement",
        "tenant": live.tenant,
        "achievement": achievement.model_dump(mode="json"),
        "earned_when": live.earned_when,
        "image": live.image,
        "revision": revision,
    }


def from_documents(documents: Iterable[Mapping[str, Any]]) -> Catalogue:
    """The whole collection, in any order; without a head nothing is live yet, and the revision is 0.

    Pictures may be left out by whoever needs none.
    """
    revision = 0
    tenants: list[Mapping[str, Any]] = []
    achievements: dict[str, list[LiveAchievement]] = {}
    for each in sorted(documents, key=lambda document: str(document["_id"])):
        match each.get("kind"):
            case "tenant":
                tenants.append(each)
            case "achievement":
                achievements.setdefault(each["tenant"], []).append(_live(each))
            case _ if each["_id"] == HEAD:
                revision = each["revision"]
    return Catalogue(revision, tuple(_tenant(each, achievements) for each in tenants))


def _live(document: Mapping[str, Any]) -> LiveAchievement:
    return LiveAchievement(
        tenant=document["tenant"],
        achievement=Achievement.model_validate(document["achievement"]),
        earned_when=document["earned_when"],
        image=bytes(document.get("image") or b""),
        revision=document.get("revision"),
    )


def _tenant(document: Mapping[str, Any], achievements: Mapping[str, list[LiveAchievement]]) -> Tenant:
    issuer = Issuer.model_validate(document["issuer"])
    live = sorted(achievements.get(issuer.tenant, []), key=lambda each: (each.achievement.id, each.achievement.version))
    image = document.get("issuer_image")
    return Tenant(
        issuer=issuer,
        sources=tuple(_source(each) for each in document["sources"]),
        scales=json.loads(document.get("scales") or "{}"),
        achievements=tuple(live),
        issuer_image=bytes(image) if image is not None else None,
        issuer_image_type=document.get("issuer_image_type"),
    )
