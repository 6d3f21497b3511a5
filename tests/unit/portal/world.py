"""A small public world: two issuers with real keys, an archive in memory, and a browser for it."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Route

from services.portal.api import METHODS
from services.portal.face import open_door
from services.portal.metrics import PortalMetrics
from shared.catalogue.description import description_of, profile_of
from shared.catalogue.model import Achievement, Catalogue, Issuer, LiveAchievement, Tenant
from shared.contracts.documents import Award, Credential, KeyPurpose, PublicKey, StatusFact, StatusList
from shared.contracts.events import Change, Evidence, Verb
from shared.errors import Unavailable
from shared.openbadges import data_integrity, did, keys, status_list, vc_jwt, vocabulary
from shared.openbadges.credential import build_credential
from shared.openbadges.shapes import Shapes
from shared.openbadges.status import status_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ISSUED = datetime(2026, 10, 31, 9, tzinfo=UTC)
SHAPES = Shapes()
PEMS = {(purpose, alg): keys.generate(alg) for purpose in KeyPurpose for alg in ("ES256", "Ed25519")}


def picture() -> bytes:
    """The smallest PNG."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(*each) for each in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b""))
    )


@dataclass
class FakeArchive:
    """What was issued, in dictionaries. `down` makes it unavailable."""

    credentials: dict[str, Credential] = field(default_factory=dict)
    awards: dict[str, Award] = field(default_factory=dict)
    said: list[StatusFact] = field(default_factory=list)
    lists: dict[tuple[str, int], StatusList] = field(default_factory=dict)
    published: list[PublicKey] = field(default_factory=list)
    down: bool = False
    looks: int = 0

    async def credential(self, tenant: str, award_id: str) -> Credential | None:
        self._reach()
        found = self.credentials.get(award_id)
        return found if found and found.tenant == tenant else None

    async def award(self, tenant: str, award_id: str) -> Award | None:
        self._reach()
        return self.awards.get(award_id)

    async def facts(self, tenant: str, award_id: str) -> Sequence[StatusFact]:
        self._reach()
        return [each for each in self.said if each.award_id == award_id]

    async def status_list(self, tenant: str, number: int) -> StatusList | None:
        self._reach()
        return self.lists.get((tenant, number))

    async def keys(self, tenants: Sequence[str]) -> Sequence[PublicKey]:
        self._reach()
        return [each for each in self.published if each.tenant in tenants]

    def _reach(self) -> None:
        self.looks += 1
        if self.down:
            raise Unavailable("store")


class World:
    """Issues, takes back, and looks."""

    def __init__(self) -> None:
        self.archive = FakeArchive()
        self.tenants: dict[str, Tenant] = {}
        self.registry = CollectorRegistry()
        self.metrics = PortalMetrics(self.registry)
        self.now = NOW

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue(1, tuple(self.tenants.values()))

    def issuer(self, tenant: str, identifier: str, *achievements: Achievement, **about: Any) -> None:
        image = {name: about.pop(name, None) for name in ("issuer_image", "issuer_image_type")}
        details = {"name": f"School of {tenant}", "url": "https://www.example.edu"} | about
        live = tuple(
            LiveAchievement(tenant=tenant, achievement=each, earned_when={}, image=picture()) for each in achievements
        )
        issuer = Issuer(tenant=tenant, id=identifier, **details)
        self.tenants[tenant] = Tenant(issuer=issuer, sources=(), achievements=live, **image)
        for purpose, alg in PEMS:
            method = self.key(tenant, purpose, alg).public()
            self.archive.published.append(
                PublicKey(
                    id=method.kid,
                    tenant=tenant,
                    purpose=purpose,
                    alg=alg,
                    jwk=method.jwk,
                    multibase=method.multibase,
                    created_at=ISSUED,
                )
            )
        self.draw(tenant)

    def key(self, tenant: str, purpose: KeyPurpose, alg: str) -> keys.SigningKey:
        return keys.signing_key(self.tenants[tenant].issuer.id, PEMS[purpose, alg])

    def issue(self, tenant: str, slug: str = "event-driven-systems", *, n: int = 1, **about: Any) -> str:
        """A stored credential on position n of list 1; returns the award's id."""
        award_id = f"00000000-0000-5000-8000-{n:012d}"
        offered = self.tenants[tenant].achievements
        achievement = next(each.achievement for each in offered if each.achievement.id == slug)
        unsigned = self._unsigned(tenant, achievement, award_id, n, about.get("valid_until"))
        key = self.key(tenant, KeyPurpose.CREDENTIAL, "Ed25519")
        award = Award(
            id=award_id, tenant=tenant, achievement=slug, version=achievement.version, learner="learner",
            award_key="once", earned_at=ISSUED, due_at=ISSUED, why=about.get("why", WHY),
            evidence=about.get("evidence", (EVIDENCE,)), status_list=1, status_index=n, received_at=ISSUED,
        )  # fmt: skip
        self.archive.awards[award_id] = award
        self.archive.credentials[award_id] = Credential(
            id=award_id, credential_id=unsigned["id"], tenant=tenant, achievement=slug, version=achievement.version,
            learner="learner", valid_from=ISSUED, valid_until=about.get("valid_until"), status_list=1, status_index=n,
            jwt=vc_jwt.sign(unsigned, self.key(tenant, KeyPurpose.CREDENTIAL, "ES256")),
            data_integrity=json.dumps(data_integrity.sign(unsigned, key, ISSUED, SHAPES)),
            stored_at=ISSUED, received_at=ISSUED,
        )  # fmt: skip
        return award_id

    def say(self, change: Change, award_id: str, reason: str = "", *, draw: bool = True) -> None:
        """A status fact, and unless told otherwise the list that follows from it."""
        tenant = self.archive.credentials[award_id].tenant
        at = NOW - timedelta(days=1) + timedelta(minutes=len(self.archive.said))
        fact = StatusFact(
            id=f"fact-{len(self.archive.said)}", tenant=tenant, award_id=award_id, change=change, cause="operator",
            reason=reason, requested_by="operator", at=at,
        )  # fmt: skip
        self.archive.said.append(fact)
        if draw:
            self.draw(tenant)

    def draw(self, tenant: str) -> None:
        """Publishes list 1 as the facts have it."""
        set_bits = [
            credential.status_index
            for credential in self.archive.credentials.values()
            if credential.tenant == tenant
            and status_of(each for each in self.archive.said if each.award_id == credential.id).bit
        ]
        issuer = self.tenants[tenant].issuer
        unsigned = status_list.status_list_credential(issuer.id, 1, status_list.encode(set_bits), ISSUED)
        key = self.key(tenant, KeyPurpose.STATUS_LIST, "Ed25519")
        self.archive.lists[tenant, 1] = StatusList(
            id=f"{tenant}/1", tenant=tenant, number=1, published=1,
            jwt=vc_jwt.sign(unsigned, self.key(tenant, KeyPurpose.STATUS_LIST, "ES256")),
            data_integrity=json.dumps(data_integrity.sign(unsigned, key, ISSUED, SHAPES)), drawn_at=ISSUED,
        )  # fmt: skip

    def browser(self, host: str = "127.0.0.1:8080", *, mounted: bool = True) -> httpx.AsyncClient:
        """At the portal's own address, or (not mounted) at an issuer's."""
        door = open_door(
            self.archive,
            catalogue=lambda: self.catalogue,
            metrics=self.metrics,
            now=lambda: self.now,
            clock=lambda: 0.0,
            mounted=mounted,
            verify_max_bytes=2 * 1024 * 1024,
        )
        app = Starlette(routes=[Route("/{address:path}", door.enter, methods=list(METHODS))])
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=f"http://{host}")

    def _unsigned(
        self, tenant: str, achievement: Achievement, award_id: str, index: int, valid_until: datetime | None
    ) -> dict[str, Any]:
        issuer = self.tenants[tenant].issuer
        return build_credential(
            vocabulary.Award(did.credential_url(issuer.id, award_id), ISSUED, valid_until, WHY),
            description_of(issuer, achievement),
            profile_of(self.tenants[tenant]),
            vocabulary.Recipient("urn:uuid:00000000-0000-8000-8000-000000000001", LEARNER, "emailAddress", "ab"),
            vocabulary.StatusEntry(did.status_list_url(issuer.id, 1), index),
        )


LEARNER = "ada@example.edu"
WHY = "EDS101 completed with 92 %"
EVIDENCE = Evidence(
    activity_id="a", event_id="e", source="canvas-main", verb=Verb.PASSED, object_id="course-v1:Example+EDS101+2026",
    object_name="Event-driven systems 101", score=0.92, raw_score=None, occurred_at=ISSUED,
)  # fmt: skip
EDS = Achievement(
    id="event-driven-systems", version=2, type="MicroCredential", name="Event-driven systems",
    description="Designs and operates systems that communicate by events.", criteria="Completed EDS101 with 80 %.",
    learning_outcomes=("Designs an event schema",), valid_for="P3Y",
)  # fmt: skip
