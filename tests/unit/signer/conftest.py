"""The signer with a catalogue, learners and keys in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from services.signer.keyring import KeyRing
from services.signer.readiness import Readiness
from services.signer.securing import Securing
from services.signer.signing import Signing
from shared.catalogue.model import (
    Accreditation,
    Achievement,
    Alignment,
    Assessment,
    Catalogue,
    Credits,
    Issuer,
    LiveAchievement,
    Quality,
    Tenant,
)
from shared.contracts.documents import KeyPurpose, KeyState, Learner, PublicKey
from shared.contracts.events import AchievementEarned, Evidence, StatusListDrafted
from shared.openbadges import keys
from shared.openbadges.shapes import Shapes
from shared.openbadges.status_list import encode
from shared.runtime.secrets import MissingSecret

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SECRET = b"s" * 32


@dataclass
class MemoryCatalogue:
    """`applied` is what a refresh shows."""

    current: Catalogue
    applied: Catalogue | None = None
    reads: int = 0

    async def refresh(self) -> None:
        self.reads += 1
        self.current = self.applied or self.current


@dataclass
class MemoryLearners:
    people: dict[str, Learner] = field(default_factory=dict)
    reads: int = 0

    async def find(self, ids: Collection[str]) -> dict[str, Learner]:
        self.reads += 1
        return {each: self.people[each] for each in ids if each in self.people}


@dataclass
class MemoryKeys:
    """Files and what is published of them."""

    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    published: dict[str, PublicKey] = field(default_factory=dict)
    reads: int = 0

    def make(self, tenant: str, did: str, *, publish: bool = True) -> None:
        for purpose in KeyPurpose:
            for alg in ("ES256", "Ed25519"):
                pem = keys.generate(alg)
                self.files[tenant, keys.file_name(purpose.value, alg)] = pem
                if publish:
                    self.publish(tenant, did, purpose, pem)

    def publish(self, tenant: str, did: str, purpose: KeyPurpose, pem: bytes, **changes: Any) -> None:
        method = keys.signing_key(did, pem).public()
        told: dict[str, Any] = {
            "_id": method.kid,
            "tenant": tenant,
            "purpose": purpose,
            "alg": method.alg,
            "jwk": method.jwk,
            "multibase": method.multibase,
            "state": KeyState.ACTIVE,
            "created_at": NOW,
        }
        self.published[method.kid] = PublicKey(**(told | changes))

    def publish_all(self, tenant: str, did: str) -> None:
        for (owner, name), pem in self.files.items():
            if owner == tenant:
                purpose = KeyPurpose.STATUS_LIST if name.startswith("status") else KeyPurpose.CREDENTIAL
                self.publish(tenant, did, purpose, pem)

    def __call__(self, tenant: str, name: str) -> bytes:
        if (tenant, name) not in self.files:
            msg = f"secret {name} can't be read"
            raise MissingSecret(msg)
        return self.files[tenant, name]

    async def of(self, tenants: Collection[str]) -> dict[str, PublicKey]:
        self.reads += 1
        return {kid: key for kid, key in self.published.items() if key.tenant in tenants}


@dataclass
class Counted:
    signed: list[tuple[str, str]] = field(default_factory=list)
    left: int = 0
    loaded: set[tuple[str, str]] = field(default_factory=set)

    @contextmanager
    def signing(self, form: str, alg: str) -> Iterator[None]:
        yield
        self.signed.append((form, alg))

    def deferred(self, count: int) -> None:
        self.left += count

    def key_loaded(self, kid: str, purpose: str) -> None:
        self.loaded.add((kid, purpose))


def achievement(**changes: Any) -> Achievement:
    told: dict[str, Any] = {
        "id": "event-driven-systems",
        "version": 2,
        "supersedes": 1,
        "type": "MicroCredential",
        "name": "Event-driven systems",
        "description": "Designs and operates systems that communicate by events.",
        "criteria": "Completed EDS101 with at least 80 %.\n",
        "learning_outcomes": ("Designs an event schema", "Operates a consumer group"),
        "tags": ("kafka", "architecture"),
        "alignment": (Alignment(name="architecture", url="https://a.example/ü", type="ext:ESCOSkill"),),
        "credits": Credits(ects=3, level="EQF 6", workload="PT75H"),
        "assessment": Assessment(type="exam", supervised=True, identity_checked=False),
        "quality": Quality(assured_by="NVAO", url="https://nvao.example"),
        "country": "NL",
        "participation": "blended",
        "valid_for": "P3Y",
    }
    return Achievement(**(told | changes))


def tenant_of(name: str, *achievements: Achievement, **changes: Any) -> Tenant:
    did = f"did:web:badges.{name}.example"
    issuer = Issuer(
        tenant=name,
        id=did,
        name=name.title(),
        url=f"https://www.{name}.example",
        email="badges@x.example",
        timezone="Europe/Amsterdam",
        accreditation=(Accreditation(by="Agency", url="https://agency.example"),),
    )
    live = tuple(LiveAchievement(tenant=name, achievement=each, earned_when={}, image=b"") for each in achievements)
    return Tenant(**({"issuer": issuer, "sources": (), "achievements": live} | changes))


@dataclass
class World:
    catalogue: MemoryCatalogue
    learners: MemoryLearners
    keys: MemoryKeys
    tally: Counted
    keyring: KeyRing
    signing: Signing
    readiness: Readiness

    def award(self, **changes: Any) -> AchievementEarned:
        told: dict[str, Any] = {
            "award_id": "11111111-1111-5111-8111-111111111111",
            "award_key": "once",
            "tenant": "north",
            "achievement": "event-driven-systems",
            "version": 2,
            "learner": "ada",
            "earned_at": NOW,
            "valid_from": NOW,
            "evidence": (
                Evidence(
                    activity_id="a",
                    event_id="e",
                    source="canvas",
                    verb="completed",
                    object_id="EDS101",
                    object_name="Event\x00 systems",
                    score=0.92,
                    raw_score="92/100",
                    occurred_at=NOW,
                ),
            ),
            "score": 0.92,
            "why": "Completed EDS101 with 92 %",
            "status_list": 1,
            "status_index": 94567,
            "received_at": NOW,
        }
        return AchievementEarned(**(told | changes))

    def draft(self, **changes: Any) -> StatusListDrafted:
        told: dict[str, Any] = {
            "tenant": "north",
            "list_number": 1,
            "version": 4,
            "encoded_list": encode([7]),
            "drawn_at": NOW,
        }
        return StatusListDrafted(**(told | changes))


@pytest.fixture
def make() -> Any:
    """Builders: achievement(**changes), tenant_of(name, *achievements)."""

    class Make:
        achievement = staticmethod(achievement)
        tenant_of = staticmethod(tenant_of)

    return Make


@pytest.fixture
def world() -> World:
    """Two issuers with keys; Ada has an address, Grace has none."""
    tenants = tuple(tenant_of(name, achievement()) for name in ("north", "south"))
    catalogue, learners, key_files, tally = (
        MemoryCatalogue(Catalogue(1, tenants)), MemoryLearners(), MemoryKeys(), Counted(),
    )  # fmt: skip
    for each in tenants:
        key_files.make(each.issuer.tenant, each.issuer.id)
    known: dict[str, Any] = {"tenant": "north", "directory": "canvas"}
    learners.people = {
        "ada": Learner(_id="ada", external_id="17", email=" Ada@Example.EDU ", name="Ada", **known),
        "grace": Learner(_id="grace", external_id="s-42", identity_type="sisSourcedId", **known),
        "mary": Learner(_id="mary", external_id="Mary@Example.edu", identity_type="emailAddress", **known),
    }
    securing = Securing(Shapes(), tally)
    keyring = KeyRing(key_files, key_files, "ES256", tally)
    signing = Signing(catalogue, learners, keyring, securing, tally, SECRET)
    readiness = Readiness(catalogue, keyring, securing, lambda: NOW)
    return World(catalogue, learners, key_files, tally, keyring, signing, readiness)
