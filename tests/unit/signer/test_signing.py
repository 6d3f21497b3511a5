"""Batches of awards and drafts: signed twice each, refused with a reason, or left for the sweep."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.signer.domain import UnknownAchievement, UnknownLearner
from shared.catalogue.model import Catalogue
from shared.contracts.documents import KeyPurpose, KeyState
from shared.contracts.events import CredentialSigned, StatusListSigned
from shared.errors import LaurelError, Rejected, Unavailable
from shared.openbadges import data_integrity, keys, vc_jwt
from shared.openbadges.keys import VerificationMethod
from shared.openbadges.shapes import Shapes
from shared.openbadges.status_list import decode, is_set

NORTH = "did:web:badges.north.example"


def methods(world: Any) -> dict[str, VerificationMethod]:
    return {
        key.id: VerificationMethod(key.id, key.alg, key.jwk, key.multibase, key.purpose.value)
        for key in world.keys.published.values()
    }


def without_proof(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "proof"}


async def test_an_award_becomes_one_credential_secured_twice(world: Any) -> None:
    [signed] = await world.signing.credentials([world.award()])

    assert isinstance(signed, CredentialSigned)
    known = methods(world)
    token = vc_jwt.verify(signed.jwt, known[vc_jwt.kid_of(signed.jwt)])
    document = json.loads(signed.data_integrity)
    data_integrity.verify(document, known[data_integrity.kid_of(document)], Shapes())
    assert token == without_proof(document)
    assert token["id"] == signed.credential_id
    assert (signed.status_list, signed.status_index) == (1, 94567)
    assert known[vc_jwt.kid_of(signed.jwt)].purpose == "credential"


async def test_the_message_says_what_the_credential_says(world: Any) -> None:
    [signed] = await world.signing.credentials([world.award()])
    said = vc_jwt.unverified(signed.jwt)

    assert signed.valid_from.isoformat() == said["validFrom"].replace("Z", "+00:00")
    assert signed.valid_until.isoformat() == said["validUntil"].replace("Z", "+00:00")


async def test_a_redelivery_issues_the_same_credential(world: Any) -> None:
    once, twice = await world.signing.credentials([world.award(), world.award()])

    assert once == twice


async def test_a_batch_is_one_read_of_learners_and_at_most_one_of_keys(world: Any) -> None:
    await world.signing.credentials([world.award(learner=each) for each in ("ada", "grace", "mary") * 10])
    await world.signing.credentials([world.award()])

    assert world.learners.reads == 2
    assert world.keys.reads == 1


async def test_a_draft_becomes_one_list_secured_twice_with_keys_of_its_own(world: Any) -> None:
    [signed] = await world.signing.status_lists([world.draft()])

    assert isinstance(signed, StatusListSigned)
    assert (signed.list_number, signed.version, signed.drawn_at) == (1, 4, world.draft().drawn_at)
    known = methods(world)
    method = known[vc_jwt.kid_of(signed.jwt)]
    assert method.purpose == "status-list"
    said = vc_jwt.verify(signed.jwt, method)
    document = json.loads(signed.data_integrity)
    data_integrity.verify(document, known[data_integrity.kid_of(document)], Shapes())
    assert said == without_proof(document)
    assert is_set(decode(said["credentialSubject"]["encodedList"]), 7)


async def test_an_achievement_that_was_applied_a_moment_ago_is_found(world: Any, make: Any) -> None:
    newer = make.tenant_of("north", make.achievement(), make.achievement(version=3, supersedes=2))
    world.catalogue.applied = Catalogue(2, (newer,))

    [signed] = await world.signing.credentials([world.award(version=3)])

    assert isinstance(signed, CredentialSigned)
    assert world.catalogue.reads == 1


async def test_an_achievement_that_nobody_applied_is_refused_and_its_neighbours_go_on(world: Any) -> None:
    before, refused, after = await world.signing.credentials([world.award(), world.award(version=9), world.award()])

    assert isinstance(refused, UnknownAchievement)
    assert isinstance(before, CredentialSigned)
    assert isinstance(after, CredentialSigned)


async def test_an_erased_learner_gets_no_credential(world: Any) -> None:
    [refused] = await world.signing.credentials([world.award(learner="erased")])

    assert isinstance(refused, UnknownLearner)


async def test_a_draft_that_is_no_list_is_refused(world: Any) -> None:
    nonsense, stranger = await world.signing.status_lists(
        [world.draft(encoded_list="uAAAA"), world.draft(tenant="west")]
    )

    assert isinstance(nonsense, Rejected)
    assert isinstance(stranger, Rejected)


async def test_one_issuers_missing_key_leaves_its_awards_and_holds_up_nobody(world: Any) -> None:
    for name in [each for each in world.keys.files if each[0] == "north"]:
        del world.keys.files[name]

    left, signed = await world.signing.credentials([world.award(), world.award(tenant="south")])

    assert left is None
    assert isinstance(signed, CredentialSigned)
    assert world.tally.left == 1


async def test_what_was_left_is_signed_once_the_key_is_there(world: Any) -> None:
    kept = dict(world.keys.files)
    world.keys.files.clear()
    assert await world.signing.credentials([world.award()]) == [None]

    world.keys.files.update(kept)
    [signed] = await world.signing.credentials([world.award()])

    assert isinstance(signed, CredentialSigned)


@pytest.mark.parametrize("state", [None, KeyState.PENDING, KeyState.RETIRED, KeyState.COMPROMISED])
async def test_a_key_that_is_not_published_as_active_signs_nothing(world: Any, state: KeyState | None) -> None:
    pem = world.keys.files["north", keys.file_name("credential", "Ed25519")]
    kid = keys.signing_key(NORTH, pem).kid
    if state is None:
        del world.keys.published[kid]
    else:
        world.keys.published[kid] = world.keys.published[kid].model_copy(update={"state": state})

    assert await world.signing.credentials([world.award()]) == [None]


async def test_a_key_published_for_lists_signs_no_credential(world: Any) -> None:
    pem = world.keys.files["north", keys.file_name("status-list", "Ed25519")]
    world.keys.files["north", keys.file_name("credential", "Ed25519")] = pem

    assert await world.signing.credentials([world.award()]) == [None]


async def test_a_compromised_key_stops_signing_without_a_restart(world: Any) -> None:
    [before] = await world.signing.credentials([world.award()])
    kid = vc_jwt.kid_of(before.jwt)
    world.keys.published[kid] = world.keys.published[kid].model_copy(update={"state": KeyState.COMPROMISED})

    await world.keyring.forget()

    assert await world.signing.credentials([world.award()]) == [None]


async def test_a_new_key_is_used_once_it_is_published(world: Any) -> None:
    await world.signing.credentials([world.award()])
    world.keys.files["north", keys.file_name("credential", "ES256")] = pem = keys.generate("ES256")
    world.keys.publish("north", NORTH, KeyPurpose.CREDENTIAL, pem)

    await world.keyring.forget()
    [signed] = await world.signing.credentials([world.award()])

    assert vc_jwt.kid_of(signed.jwt) == keys.signing_key(NORTH, pem).kid


async def test_a_file_of_another_algorithm_is_not_used(world: Any) -> None:
    world.keys.files["north", keys.file_name("credential", "ES256")] = keys.generate("Ed25519")

    assert await world.signing.credentials([world.award()]) == [None]


async def test_every_signature_is_counted_and_every_key_named(world: Any) -> None:
    await world.signing.credentials([world.award()])

    assert sorted(world.tally.signed) == [("data-integrity", "Ed25519"), ("jwt", "ES256")]
    assert {purpose for _, purpose in world.tally.loaded} == {"credential"}


async def test_ready_when_a_probe_was_signed_and_verified_and_nothing_is_counted(world: Any) -> None:
    await world.readiness.check()

    assert world.tally.signed == []


async def test_ready_though_one_issuer_has_no_keys(world: Any) -> None:
    for name in [each for each in world.keys.files if each[0] == "north"]:
        del world.keys.files[name]

    await world.readiness.check()


async def test_not_ready_while_no_issuer_has_keys(world: Any) -> None:
    world.keys.files.clear()

    with pytest.raises(Unavailable):
        await world.readiness.check()


async def test_not_ready_when_what_is_signed_does_not_verify(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_integrity, "base58btc", lambda data: "z" + "1" * 64)

    with pytest.raises(LaurelError):
        await world.readiness.check()


async def test_ready_while_no_issuer_is_live(world: Any) -> None:
    world.catalogue.current = Catalogue(0, ())

    await world.readiness.check()
