"""Securing credentials: our proofs beside pyld end to end, our JWTs beside openbadgeslib's."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from openbadgeslib.ob3 import credential as other
from openbadgeslib.ob3.signer import OB3Signer
from pyld import jsonld

from shared.openbadges import contexts, data_integrity, keys, vc_jwt
from shared.openbadges.credential import build_credential
from shared.openbadges.shapes import Shapes
from shared.openbadges.vocabulary import (
    AchievementDescription,
    Award,
    Evidence,
    Profile,
    Recipient,
    StatusEntry,
)
from tests.bench.rounds import Line, at_least, cpu_seconds, figure, medians

DID = "did:web:badges.example.org"
MOMENT = datetime(2026, 5, 1, 12, tzinfo=UTC)
FAST, SLOW = 1000, 20
PROOF_GOAL, JWT_GOAL = 20, 1.5

ISSUER = Profile(DID, "Example Org", "https://badges.example.org", email="badges@example.org")
ACHIEVEMENT = AchievementDescription(
    "https://badges.example.org/achievements/x/1", "MicroCredential", "Event-driven systems",
    "Designs and operates systems.", "Completed EDS101 with at least 80 %.", "1", tags=("kafka",), credits=3.0,
)  # fmt: skip


def report() -> list[Line]:
    """Data Integrity ÷ pyld, VC-JWT ÷ openbadgeslib, in CPU a credential."""
    documents = [_credential(number) for number in range(FAST)]
    ed25519, es256 = keys.generate("Ed25519"), keys.generate("ES256")
    integrity, jwt, shapes = keys.signing_key(DID, ed25519), keys.signing_key(DID, es256), Shapes()
    private = load_pem_private_key(ed25519, None)
    signer = OB3Signer(es256, "ES256")
    found = medians(
        {
            "ours": lambda: (
                cpu_seconds(lambda: [data_integrity.sign(each, integrity, MOMENT, shapes) for each in documents]) / FAST
            ),
            "pyld": lambda: cpu_seconds(lambda: [_by_pyld(each, private) for each in documents[:SLOW]]) / SLOW,
            "jwt": lambda: cpu_seconds(lambda: [vc_jwt.sign(_credential(n), jwt) for n in range(FAST)]) / FAST,
            "theirs": lambda: cpu_seconds(lambda: [signer.sign(_theirs(n)) for n in range(FAST)]) / FAST,
        }
    )
    return [
        at_least("Data Integrity proofs ÷ pyld end to end", found["pyld"] / found["ours"], PROOF_GOAL),
        at_least("ES256 VC-JWT build + sign ÷ openbadgeslib's", found["theirs"] / found["jwt"], JWT_GOAL),
        figure("Data Integrity proofs a core", 1 / found["ours"], "/s"),
        figure("VC-JWTs built and signed a core", 1 / found["jwt"], "/s"),
    ]


def _credential(number: int) -> dict[str, Any]:
    award = Award(
        f"https://badges.example.org/credentials/{number:08d}-0000-4000-8000-000000000000", MOMENT, None,
        f"completed EDS101 with {80 + number % 20} %", (Evidence("EDS101", "completed on 2026-05-01"),), score=0.92,
    )  # fmt: skip
    recipient = Recipient(
        f"urn:uuid:{number:08d}-0000-4000-8000-000000000000", f"learner{number}@example.org", "emailAddress", "ab" * 16
    )
    status = StatusEntry("https://badges.example.org/status/1", number)
    return build_credential(award, ACHIEVEMENT, ISSUER, recipient, status)


def _by_pyld(document: dict[str, Any], key: Any) -> bytes:
    """The same proof as anybody would make it: two canonicalisations by pyld, two hashes, one signature."""
    options = {
        "@context": document["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2026-05-01T12:00:00Z",
        "verificationMethod": f"{DID}#key",
        "proofPurpose": "assertionMethod",
    }
    hashes = b"".join(hashlib.sha256(_canonical(each).encode()).digest() for each in (options, document))
    assert isinstance(key, Ed25519PrivateKey)
    return key.sign(hashes)


def _canonical(document: dict[str, Any]) -> str:
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": _load}
    text: str = jsonld.normalize(document, options)
    return text


def _load(url: str, _: Any) -> dict[str, Any]:
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": contexts.load(url),
    }


def _theirs(number: int) -> Any:
    achievement = other.Achievement(
        id=ACHIEVEMENT.id, name=ACHIEVEMENT.name, description=ACHIEVEMENT.description,
        criteria_narrative=ACHIEVEMENT.criteria, tags=["kafka"], achievement_type="MicroCredential",
        credits_available=3.0,
        result_descriptions=[other.ResultDescription(f"{ACHIEVEMENT.id}#score", "Score", "Percent")],
    )  # fmt: skip
    list_url = "https://badges.example.org/status/1"
    return other.OpenBadgeCredential(
        issuer=other.Issuer(DID, "Example Org", "https://badges.example.org", "badges@example.org"),
        recipient_id=f"urn:uuid:{number:08d}-0000-4000-8000-000000000000",
        achievement=achievement,
        id=f"https://badges.example.org/credentials/{number:08d}-0000-4000-8000-000000000000",
        issuance_date=MOMENT,
        evidence=[other.Evidence(name="EDS101", narrative="completed on 2026-05-01")],
        identifiers=[other.IdentityObject.create(f"learner{number}@example.org", "ab" * 16)],
        results=[other.Result(value="92", result_description=f"{ACHIEVEMENT.id}#score")],
        credits_earned=3.0,
        credential_status=[{"id": f"{list_url}#{number}", "type": "BitstringStatusListEntry",
                            "statusPurpose": "revocation", "statusListIndex": str(number),
                            "statusListCredential": list_url}],
    )  # fmt: skip
