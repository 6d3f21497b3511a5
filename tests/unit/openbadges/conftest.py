"""An issuer with keys, and a credential with everything in it."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image

from shared.openbadges import data_integrity, keys, vc_jwt
from shared.openbadges.credential import build_credential
from shared.openbadges.keys import SigningKey, VerificationMethod
from shared.openbadges.shapes import Shapes
from shared.openbadges.status_list import encode, status_list_credential
from shared.openbadges.verification import Report, verify
from shared.openbadges.vocabulary import (
    AchievementDescription,
    Alignment,
    Award,
    Evidence,
    Profile,
    Recipient,
    Recognition,
    StatusEntry,
)

DID = "did:web:badges.example.edu"
B = "https://badges.example.edu"
EARNED_AT = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Parts:
    """What a credential is built of; `replace` what a test is about."""

    award: Award
    achievement: AchievementDescription
    issuer: Profile
    recipient: Recipient
    status: StatusEntry

    def build(self) -> dict[str, Any]:
        """A copy: tests change it, and parts of the original are shared."""
        built = build_credential(self.award, self.achievement, self.issuer, self.recipient, self.status)
        return copy.deepcopy(built)

    def with_award(self, **changes: Any) -> Parts:
        return replace(self, award=self.award._replace(**changes))

    def with_achievement(self, **changes: Any) -> Parts:
        return replace(self, achievement=replace(self.achievement, **changes))


@pytest.fixture
def parts() -> Parts:
    achievement = f"{B}/achievements/event-driven-systems/2"
    return Parts(
        Award(
            credential_id=f"{B}/credentials/2f0e9f3c-5b3e-5c0e-9d56-6f3a1f1d9a11",
            valid_from=EARNED_AT,
            valid_until=EARNED_AT.replace(year=2029),
            why="Completed EDS101 with 92 %.",
            evidence=(
                Evidence("EDS101", "Completed on 2026-10-31: course-v1:Example+EDS101+2026"),
                Evidence("EL-7", "Passed on 2026-10-30: EL-7"),
            ),
            score=0.925,
        ),
        AchievementDescription(
            id=achievement,
            type="MicroCredential",
            name="Event-driven systems",
            description='Designs "systems" that\ncommunicate by events — größer, \\ faster.\u2028',
            criteria="Completed EDS101 with at least 80 %.\n\n**Learning outcomes**\n\n- Designs an event schema",
            version="2",
            image=f"{achievement}/image",
            previous_version=f"{B}/achievements/event-driven-systems/1",
            tags=("kafka", "architecture"),
            alignments=(
                Alignment("software architecture", "http://data.europa.eu/esco/skill/x", "ESCO", "ext:ESCOSkill"),
                Alignment("EQF 6", "http://data.europa.eu/snb/eqf/6", "European Qualifications Framework", code="6"),
            ),
            credits=2.5,
        ),
        Profile(
            id=DID,
            name="Example University",
            url="https://www.example.edu",
            email="badges@example.edu",
            description="A university",
            image=f"{B}/image",
            recognised_by=(Recognition("Agency", "https://agency.example.org"),),
        ),
        Recipient("urn:uuid:7a1b6f5e-58a0-8c44-9f0e-5a3c1b2d4e6f", "ada@example.edu", "emailAddress", "0011aabb"),
        StatusEntry(f"{B}/status/1", 94567),
    )


@dataclass(frozen=True)
class Issuer:
    """Its private keys, and what it publishes."""

    es256: SigningKey
    rs256: SigningKey
    ed25519: SigningKey
    list_es256: SigningKey
    list_ed25519: SigningKey

    def published(self) -> dict[str, VerificationMethod]:
        purposes = {
            "credential": (self.es256, self.rs256, self.ed25519),
            "status-list": (self.list_es256, self.list_ed25519),
        }
        return {key.kid: replace(key.public(), purpose=purpose) for purpose, named in purposes.items() for key in named}


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    def key(alg: str) -> SigningKey:
        return keys.signing_key(DID, keys.generate(alg))

    return Issuer(key("ES256"), key("RS256"), key("Ed25519"), key("ES256"), key("Ed25519"))


@pytest.fixture(scope="session")
def shapes() -> Shapes:
    return Shapes()


@pytest.fixture
def proven(parts: Parts, issuer: Issuer, shapes: Shapes) -> dict[str, Any]:
    """The credential with its embedded proof."""
    return data_integrity.sign(parts.build(), issuer.ed25519, EARNED_AT, shapes)


@pytest.fixture
def token(parts: Parts, issuer: Issuer) -> str:
    """The credential as ES256 VC-JWT."""
    return vc_jwt.sign(parts.build(), issuer.es256)


@pytest.fixture
def signed_list(issuer: Issuer) -> Callable[..., str]:
    """A status list on which these positions are set, signed."""

    def signed(*indices: int, key: SigningKey | None = None, number: int = 1) -> str:
        unsigned = status_list_credential(DID, number, encode(indices), EARNED_AT)
        return vc_jwt.sign(unsigned, key or issuer.list_es256)

    return signed


@pytest.fixture
def check(parts: Parts, issuer: Issuer, shapes: Shapes, signed_list: Callable[..., str]) -> Callable[..., Report]:
    """Verifies what is presented, in January 2027, by the issuer's keys and a list on which its neighbours are set."""

    def checked(document: Any, **changes: Any) -> Report:
        told: dict[str, Any] = {
            "resolve_key": issuer.published().get,
            "resolve_status_list": {parts.status.list_url: signed_list(1, parts.status.index + 1)}.get,
            "now": datetime.fromisoformat("2027-01-01T00:00:00Z"),
            "shapes": shapes,
        }
        return verify(document, **(told | changes))

    return checked


@pytest.fixture
def picture() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(target, "PNG")
    return target.getvalue()
