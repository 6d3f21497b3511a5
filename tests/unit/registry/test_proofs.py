"""Nothing is stored that isn't signed by a fit key of its issuer, twice the same, and exactly what was awarded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from services.registry.domain import AwardWithdrawn, DoesNotMatchAward, Intent, UnfitKey, UnknownIssuer
from services.registry.proofs import KeyRing, SignedProofs
from shared.contracts import identity
from shared.contracts.documents import KeyPurpose, KeyState, PublicKey
from shared.contracts.events import CredentialSigned, StatusListSigned
from shared.errors import Rejected, Unavailable
from shared.openbadges import data_integrity, did, keys, vc_jwt
from shared.openbadges.keys import SigningKey
from shared.openbadges.proof import InvalidProof
from shared.openbadges.shapes import Shapes
from shared.openbadges.status_list import InvalidStatusList, encode, status_list_credential
from tests.unit.registry.world import START, TENANT, signed

ISSUER = "did:web:badges.example.edu"
SECRET = b"a deployment's secret"
INTENT = Intent("a", TENANT, "event-driven", 1, "ada", START, 1, 94_567)
SHAPES = Shapes()

TOKEN_KEY, PROOF_KEY, LIST_TOKEN_KEY, LIST_PROOF_KEY = (
    keys.signing_key(ISSUER, keys.generate(alg)) for alg in ("ES256", "Ed25519", "ES256", "Ed25519")
)


def public(key: SigningKey, purpose: KeyPurpose, state: KeyState = KeyState.ACTIVE) -> PublicKey:
    half = key.public()
    return PublicKey(
        id=half.kid, tenant=TENANT, purpose=purpose, alg=half.alg, jwk=half.jwk, multibase=half.multibase,
        state=state, created_at=START,
    )  # fmt: skip


PUBLISHED = [
    public(TOKEN_KEY, KeyPurpose.CREDENTIAL),
    public(PROOF_KEY, KeyPurpose.CREDENTIAL),
    public(LIST_TOKEN_KEY, KeyPurpose.STATUS_LIST),
    public(LIST_PROOF_KEY, KeyPurpose.STATUS_LIST),
]


@dataclass
class Publication:
    """The collection of keys."""

    keys: list[PublicKey] = field(default_factory=lambda: list(PUBLISHED))
    reads: int = 0

    async def read(self) -> list[PublicKey]:
        self.reads += 1
        return self.keys


@pytest.fixture
def publication() -> Publication:
    return Publication()


@pytest.fixture
def proofs(publication: Publication) -> SignedProofs:
    async def issuer_of(tenant: str) -> str | None:
        return {TENANT: ISSUER}.get(tenant)

    return SignedProofs(KeyRing(publication.read), issuer_of, SECRET, SHAPES)


def credential() -> dict[str, Any]:
    url = did.status_list_url(ISSUER, 1)
    return {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": did.credential_url(ISSUER, "a"),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": ISSUER, "type": ["Profile"], "name": "Example University"},
        "validFrom": "2026-11-02T09:00:00Z",
        "credentialSubject": {
            "id": identity.subject_id(SECRET, TENANT, "ada"),
            "type": ["AchievementSubject"],
            "achievement": {
                "id": did.achievement_url(ISSUER, "event-driven", 1),
                "type": ["Achievement"],
                "name": "Event-driven systems",
                "description": "…",
                "criteria": {"narrative": "…"},
            },
        },
        "credentialStatus": {
            "id": f"{url}#94567",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "94567",
            "statusListCredential": url,
        },
    }


def secure(document: Mapping[str, Any], token: SigningKey, proof: SigningKey) -> dict[str, str]:
    with_proof = data_integrity.sign(document, proof, START, SHAPES)
    return {"jwt": vc_jwt.sign(document, token), "data_integrity": orjson.dumps(with_proof).decode()}


def event(
    document: Mapping[str, Any] | None = None, token: SigningKey = TOKEN_KEY, proof: SigningKey = PROOF_KEY
) -> CredentialSigned:
    secured = secure(document or credential(), token, proof)
    return signed("a", index=94_567).model_copy(update=secured)


def a_list(
    document: Mapping[str, Any] | None = None, token: SigningKey = LIST_TOKEN_KEY, proof: SigningKey = LIST_PROOF_KEY
) -> StatusListSigned:
    secured = secure(document or status_list_credential(ISSUER, 1, encode([7]), START), token, proof)
    return StatusListSigned(tenant=TENANT, list_number=1, version=1, drawn_at=START, **secured)


async def verdict(proofs: SignedProofs, each: CredentialSigned, intent: Intent = INTENT) -> Rejected | None:
    (only,) = await proofs.credentials([(each, intent)])
    return only


def changed(path: str, value: object) -> dict[str, Any]:
    document = credential()
    at: Any = document
    *parents, last = path.split(".")
    for name in parents:
        at = at[name]
    at[last] = value
    return document


async def test_what_was_awarded_and_rightly_signed_is_accepted(proofs: SignedProofs) -> None:
    assert await verdict(proofs, event()) is None


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("id", did.credential_url(ISSUER, "b"), "id"),
        ("credentialSubject.id", identity.subject_id(SECRET, TENANT, "eve"), "subject"),
        ("credentialSubject.achievement.id", did.achievement_url(ISSUER, "event-driven", 2), "achievement"),
        ("credentialStatus.statusListIndex", "94568", "status_index"),
        ("credentialStatus.statusListCredential", did.status_list_url(ISSUER, 2), "status_list"),
        ("credentialStatus.statusPurpose", "suspension", "status_purpose"),
        ("validFrom", "2026-11-02T09:00:01Z", "valid_from"),
        ("validUntil", "2027-11-02T09:00:01Z", "valid_until"),
    ],
)
async def test_a_credential_that_says_something_else_than_the_award_is_refused(
    proofs: SignedProofs, path: str, value: object, named: str
) -> None:
    refused = await verdict(proofs, event(changed(path, value)))

    assert isinstance(refused, DoesNotMatchAward)
    assert str(refused).endswith(f": {named}")
    assert "ada" not in str(refused)


@pytest.mark.parametrize(
    "intent",
    [
        replace(INTENT, tenant="other"),
        replace(INTENT, achievement="other"),
        replace(INTENT, version=2),
        replace(INTENT, learner="eve"),
        replace(INTENT, valid_from=START + timedelta(seconds=1)),
        replace(INTENT, status_list=2),
        replace(INTENT, status_index=5),
    ],
    ids=["tenant", "achievement", "version", "learner", "valid_from", "status_list", "status_index"],
)
async def test_a_message_that_says_something_else_than_the_award_is_refused(
    proofs: SignedProofs, intent: Intent
) -> None:
    assert isinstance(await verdict(proofs, event(), intent), DoesNotMatchAward)


async def test_a_withdrawn_award_gets_no_credential(proofs: SignedProofs) -> None:
    assert isinstance(await verdict(proofs, event(), replace(INTENT, withdrawn=True)), AwardWithdrawn)


async def test_a_fraction_of_a_second_in_the_award_is_no_difference(proofs: SignedProofs) -> None:
    assert await verdict(proofs, event(), replace(INTENT, valid_from=START + timedelta(milliseconds=5))) is None


async def test_one_changed_byte_in_either_securing_is_refused(proofs: SignedProofs) -> None:
    good = event()
    header, payload, signature = good.jwt.split(".")
    flipped = "B" if signature[9] == "A" else "A"
    token = good.model_copy(update={"jwt": f"{header}.{payload}.{signature[:9]}{flipped}{signature[10:]}"})
    document = good.model_copy(
        update={"data_integrity": good.data_integrity.replace("Event-driven systems", "Event-driven system5")}
    )

    assert isinstance(await verdict(proofs, token), InvalidProof)
    assert isinstance(await verdict(proofs, document), InvalidProof)


async def test_two_securings_of_different_documents_are_refused(proofs: SignedProofs) -> None:
    other = event(changed("credentialSubject.achievement.name", "Another name"))

    mixed = event().model_copy(update={"data_integrity": other.data_integrity})

    assert isinstance(await verdict(proofs, mixed), InvalidProof)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"proof": 1}', "[" * 10_000])
async def test_what_is_no_secured_document_is_refused(proofs: SignedProofs, text: str) -> None:
    assert isinstance(await verdict(proofs, event().model_copy(update={"data_integrity": text})), InvalidProof)
    assert isinstance(await verdict(proofs, event().model_copy(update={"jwt": text})), InvalidProof)


async def test_a_key_published_after_the_registry_started_is_read_again(
    proofs: SignedProofs, publication: Publication
) -> None:
    publication.keys = []
    with pytest.raises(Unavailable):
        await proofs.credentials([(event(), INTENT)])

    publication.keys = PUBLISHED

    assert await verdict(proofs, event()) is None


async def test_known_keys_are_not_read_again_for_every_batch(proofs: SignedProofs, publication: Publication) -> None:
    for _ in range(3):
        await verdict(proofs, event())

    assert publication.reads == 1


async def test_another_issuers_key_is_refused_and_never_waited_for(proofs: SignedProofs) -> None:
    foreign = keys.signing_key("did:web:elsewhere.example.org", keys.generate("ES256"))

    assert isinstance(await verdict(proofs, event(token=foreign)), UnfitKey)


async def test_a_compromised_key_signs_nothing_any_more(proofs: SignedProofs, publication: Publication) -> None:
    publication.keys = [public(TOKEN_KEY, KeyPurpose.CREDENTIAL, KeyState.COMPROMISED), *PUBLISHED[1:]]

    assert isinstance(await verdict(proofs, event()), UnfitKey)


async def test_a_retired_key_still_vouches_for_what_it_signed(proofs: SignedProofs, publication: Publication) -> None:
    publication.keys = [public(TOKEN_KEY, KeyPurpose.CREDENTIAL, KeyState.RETIRED), *PUBLISHED[1:]]

    assert await verdict(proofs, event()) is None


async def test_a_key_for_status_lists_never_vouches_for_a_credential(proofs: SignedProofs) -> None:
    assert isinstance(await verdict(proofs, event(token=LIST_TOKEN_KEY)), UnfitKey)
    assert isinstance(await verdict(proofs, event(proof=LIST_PROOF_KEY)), UnfitKey)


async def test_a_tenant_that_nobody_knows_is_refused_and_its_neighbours_are_not(proofs: SignedProofs) -> None:
    unknown = event().model_copy(update={"tenant": "nobody"})

    verdicts = await proofs.credentials([(unknown, replace(INTENT, tenant="nobody")), (event(), INTENT)])

    assert [type(each) for each in verdicts] == [UnknownIssuer, type(None)]


async def test_a_rightly_signed_list_is_accepted(proofs: SignedProofs) -> None:
    assert await proofs.lists([a_list()]) == [None]


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (status_list_credential(ISSUER, 2, encode([]), START), InvalidProof),
        (status_list_credential(ISSUER, 1, encode([]), START + timedelta(seconds=1)), InvalidProof),
        (status_list_credential(ISSUER, 1, "uAAAA", START), InvalidStatusList),
    ],
    ids=["another number", "another moment", "unreadable"],
)
async def test_a_list_that_is_not_the_one_named_is_refused(
    proofs: SignedProofs, document: Mapping[str, Any], error: type[Rejected]
) -> None:
    (refused,) = await proofs.lists([a_list(document)])

    assert type(refused) is error


async def test_a_list_signed_with_a_credential_key_is_refused(proofs: SignedProofs) -> None:
    token, proof = await proofs.lists([a_list(token=TOKEN_KEY), a_list(proof=PROOF_KEY)])

    assert isinstance(token, UnfitKey)
    assert isinstance(proof, UnfitKey)
