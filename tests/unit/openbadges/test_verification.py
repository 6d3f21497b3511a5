"""What somebody presents gets a verdict in plain steps, and hostile input gets one too."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from shared.openbadges import keys, vc_jwt
from shared.openbadges.baking import bake_png
from shared.openbadges.verification import Outcome, Report, Result, references

LIST = "https://badges.example.edu/status/1"
POSITION = 94567


def outcomes(report: Report) -> dict[str, Outcome]:
    return {step.name: step.outcome for step in report.steps}


def test_a_token_is_verified_in_six_steps(check: Callable[..., Report], token: str) -> None:
    report = check(token)

    assert report.result is Result.VERIFIED
    assert report.secured_as == "jwt"
    assert list(outcomes(report)) == ["document", "issuer", "signature", "claims", "dates", "status"]
    assert set(outcomes(report).values()) == {Outcome.OK}


def test_a_document_with_a_proof_is_verified(check: Callable[..., Report], proven: dict[str, Any]) -> None:
    report = check(orjson.dumps(proven))

    assert report.result is Result.VERIFIED
    assert report.secured_as == "data-integrity"
    assert list(outcomes(report)) == ["document", "issuer", "signature", "dates", "status"]


def test_a_baked_picture_is_verified(check: Callable[..., Report], token: str, picture: bytes) -> None:
    assert check(bake_png(picture, token)).result is Result.VERIFIED


def test_white_space_and_a_byte_order_mark_do_no_harm(check: Callable[..., Report], token: str) -> None:
    assert check(b"\xef\xbb\xbf\n " + token.encode() + b" \n").result is Result.VERIFIED


def test_an_answer_can_be_written_as_json(check: Callable[..., Report], token: str) -> None:
    said = json.loads(json.dumps(check(token).as_json()))

    assert said["result"] == "verified"
    assert said["steps"][0]["name"] == "document"


def test_what_it_refers_to_is_told_beforehand(token: str, proven: dict[str, Any], issuer: Any) -> None:
    for presented, kid in ((token, issuer.es256.kid), (proven, issuer.ed25519.kid)):
        found = references(presented)

        assert found is not None
        assert found.credential_id == proven["id"]
        assert found.issuer == "did:web:badges.example.edu"
        assert found.kids == (kid,)
        assert found.status_lists == (LIST,)


def test_an_expired_credential_reads_expired(check: Callable[..., Report], token: str) -> None:
    report = check(token, now=datetime.fromisoformat("2029-11-01T09:30:00Z"))

    assert report.result is Result.EXPIRED
    assert outcomes(report)["dates"] is Outcome.FAILED


def test_one_that_is_not_yet_valid_is_not_verified(check: Callable[..., Report], token: str) -> None:
    report = check(token, now=datetime.fromisoformat("2026-10-31T00:00:00Z"))

    assert report.result is Result.COULD_NOT_CHECK
    assert outcomes(report)["dates"] is Outcome.FAILED


def test_a_revoked_credential_reads_revoked_and_its_neighbours_dont(
    check: Callable[..., Report], token: str, signed_list: Callable[..., str]
) -> None:
    revoked = check(token, resolve_status_list={LIST: signed_list(POSITION)}.get)
    neighbour = check(token, resolve_status_list={LIST: signed_list(POSITION - 1, POSITION + 1)}.get)

    assert revoked.result is Result.REVOKED
    assert outcomes(revoked)["status"] is Outcome.FAILED
    assert neighbour.result is Result.VERIFIED


@pytest.mark.parametrize(
    ("state", "result"),
    [("suspended", Result.SUSPENDED), ("revoked", Result.REVOKED), ("active", Result.VERIFIED), (None, Result.REVOKED)],
)
def test_who_knows_the_state_tells_suspended_from_revoked(
    check: Callable[..., Report], token: str, signed_list: Callable[..., str], state: str | None, result: Result
) -> None:
    report = check(token, resolve_status_list={LIST: signed_list(POSITION)}.get, state_of=lambda _: state)

    assert report.result is result


def test_a_revocation_that_no_list_shows_yet_counts_where_it_is_known(check: Callable[..., Report], token: str) -> None:
    assert check(token, state_of=lambda _: "revoked").result is Result.REVOKED


def test_revoked_outweighs_expired(check: Callable[..., Report], token: str, signed_list: Callable[..., str]) -> None:
    later = datetime.fromisoformat("2035-01-01T00:00:00Z")

    report = check(token, now=later, resolve_status_list={LIST: signed_list(POSITION)}.get)

    assert report.result is Result.REVOKED


def test_a_list_that_cannot_be_had_leaves_it_open(check: Callable[..., Report], token: str) -> None:
    report = check(token, resolve_status_list=lambda _: None)

    assert report.result is Result.COULD_NOT_CHECK
    assert outcomes(report)["status"] is Outcome.UNKNOWN


def test_a_list_that_is_not_its_issuers_own_says_nothing(
    check: Callable[..., Report], token: str, signed_list: Callable[..., str], issuer: Any
) -> None:
    for untrusted in (
        signed_list(key=issuer.es256),
        signed_list(number=2),
        signed_list()[:-20] + "A" * 20,
        token,
        "nonsense",
        b"",
    ):
        report = check(token, resolve_status_list={LIST: untrusted}.get)

        assert report.result is Result.COULD_NOT_CHECK


@pytest.mark.parametrize(
    "status",
    [
        {"id": "https://x.example", "type": "1EdTechRevocationList"},
        {"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": 5},
        {"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "-1"},
        {"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "999999999"},
        "revoked?",
        [],
    ],
)
def test_a_status_that_is_not_understood_is_never_good(
    check: Callable[..., Report], parts: Any, issuer: Any, status: Any
) -> None:
    entry = {"statusListCredential": LIST, **status} if isinstance(status, dict) else status
    token = vc_jwt.sign(parts.build() | {"credentialStatus": entry}, issuer.es256)

    report = check(token)

    assert report.result is (Result.VERIFIED if status == [] else Result.COULD_NOT_CHECK)


def test_an_unknown_issuer_is_no_verdict(check: Callable[..., Report], parts: Any) -> None:
    stranger = keys.signing_key("did:web:badges.example.edu", keys.generate("ES256"))
    token = vc_jwt.sign(parts.build(), stranger)

    assert check(token).result is Result.ISSUER_UNKNOWN


def test_a_known_issuers_name_over_a_strangers_key_is_invalid(check: Callable[..., Report], parts: Any) -> None:
    stranger = keys.signing_key("did:web:evil.example", keys.generate("ES256"))
    token = vc_jwt.sign(parts.build(), stranger)

    report = check(token, knows_issuer=lambda _: True)
    trusted = check(token, resolve_key={stranger.kid: stranger.public()}.get)

    assert report.result is Result.INVALID
    assert trusted.result is Result.INVALID


def test_a_key_for_lists_signs_no_credentials(check: Callable[..., Report], parts: Any, issuer: Any) -> None:
    assert check(vc_jwt.sign(parts.build(), issuer.list_es256)).result is Result.INVALID


def test_a_status_list_is_no_badge(check: Callable[..., Report], signed_list: Callable[..., str]) -> None:
    assert check(signed_list()).result is Result.INVALID


def test_claims_that_disagree_are_told_apart_from_a_broken_signature(
    check: Callable[..., Report], parts: Any, issuer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_claims = vc_jwt.claims
    with monkeypatch.context() as patched:
        patched.setattr(vc_jwt, "claims", lambda credential: true_claims(credential) | {"sub": "urn:uuid:0"})
        token = vc_jwt.sign(parts.build(), issuer.es256)

    report = check(token)

    assert report.result is Result.INVALID
    assert (outcomes(report)["signature"], outcomes(report)["claims"]) == (Outcome.OK, Outcome.FAILED)


def test_a_document_with_an_unsigned_extra_is_invalid(check: Callable[..., Report], proven: dict[str, Any]) -> None:
    assert check(proven | {"note": "added later"}).result is Result.INVALID


def test_a_member_that_stands_there_twice_is_invalid(check: Callable[..., Report], proven: dict[str, Any]) -> None:
    text = orjson.dumps(proven).decode()

    assert check('{"name":"Somebody else",' + text[1:]).result is Result.INVALID


def test_what_cannot_be_canonicalised_could_not_be_checked(
    check: Callable[..., Report], proven: dict[str, Any]
) -> None:
    listed = copy.deepcopy(proven)
    listed["credentialSubject"]["achievement"]["resultDescription"][0]["allowedValue"] = ["A"]

    assert check(listed).result is Result.COULD_NOT_CHECK


def test_a_clock_that_is_a_little_behind_does_no_harm(check: Callable[..., Report], token: str) -> None:
    before = datetime.fromisoformat("2026-11-01T09:30:00Z") - timedelta(minutes=1)

    assert check(token, now=before).result is Result.VERIFIED
