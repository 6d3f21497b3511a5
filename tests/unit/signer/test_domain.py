"""What an award becomes: the designer's, the learner's and the issuer's words in Open Badges' places."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.signer.domain import MOST_EVIDENCE, Subject, credential
from shared.catalogue.description import description_of, profile_of
from shared.catalogue.model import Catalogue
from shared.contracts import identity
from shared.errors import Rejected
from shared.openbadges import rules
from shared.openbadges.credential import achievement_object, profile

SECRET = b"s" * 32


@pytest.fixture
def built(world: Any) -> Any:
    def build(learner: str = "ada", tenant: Any = None, **changes: Any) -> dict[str, Any]:
        owner = tenant or world.catalogue.current.tenant("north")
        live = owner.achievements[0]
        return credential(Subject(world.award(**changes), owner, live, world.learners.people[learner]), SECRET)

    return build


def test_the_same_award_gives_the_same_bytes(built: Any) -> None:
    assert orjson.dumps(built()) == orjson.dumps(built())


def test_every_address_is_the_issuers_own(built: Any) -> None:
    document = built()

    assert document["id"] == "https://badges.north.example/credentials/11111111-1111-5111-8111-111111111111"
    assert document["issuer"]["id"] == "did:web:badges.north.example"
    achievement = document["credentialSubject"]["achievement"]
    assert achievement["id"] == "https://badges.north.example/achievements/event-driven-systems/2"
    assert achievement["image"]["id"] == f"{achievement['id']}/image"
    assert achievement["related"][0]["id"].endswith("/event-driven-systems/1")
    assert document["credentialStatus"]["statusListCredential"] == "https://badges.north.example/status/1"


def test_a_learner_is_an_opaque_subject_and_a_hashed_normalised_address(built: Any) -> None:
    subject = built()["credentialSubject"]
    salt = identity.salt(SECRET, "north", "11111111-1111-5111-8111-111111111111")

    [recipient] = subject["identifier"]

    assert subject["id"] == identity.subject_id(SECRET, "north", "ada")
    assert recipient["salt"] == salt
    assert recipient["identityHash"] == "sha256$" + hashlib.sha256(f"ada@example.edu{salt}".encode()).hexdigest()


@pytest.mark.parametrize(
    ("learner", "kind", "who"), [("grace", "sisSourcedId", "s-42"), ("mary", "emailAddress", "mary@example.edu")]
)
def test_a_learner_without_an_address_is_known_by_the_learning_systems_id(
    built: Any, learner: str, kind: str, who: str
) -> None:
    [recipient] = built(learner)["credentialSubject"]["identifier"]

    assert recipient["identityType"] == kind
    assert recipient["identityHash"] == "sha256$" + hashlib.sha256(f"{who}{recipient['salt']}".encode()).hexdigest()


def test_no_personal_data_is_in_it(built: Any) -> None:
    text = json.dumps(built()).lower()

    assert "ada" not in text.replace("metadata", "")
    assert '"17"' not in text


def test_it_expires_years_later_by_the_issuers_calendar(built: Any) -> None:
    document = built(valid_from=datetime(2027, 1, 15, 23, 30, 0, 900_000, tzinfo=UTC))

    assert document["validFrom"] == document["awardedDate"] == "2027-01-15T23:30:00Z"
    assert document["validUntil"] == "2030-01-15T23:30:00Z"


def test_a_leap_day_and_summer_time_are_the_calendars(built: Any, make: Any) -> None:
    tenant = make.tenant_of("north", make.achievement(valid_for="P7M"))

    document = built(tenant=tenant, valid_from=datetime(2027, 12, 31, 11, 0, tzinfo=UTC))

    # noon in Amsterdam in winter is noon there in summer
    assert document["validUntil"] == "2028-07-31T10:00:00Z"


def test_issuer_and_achievement_are_described_as_at_their_own_addresses(built: Any, make: Any) -> None:
    tenant = make.tenant_of("north", make.achievement(), issuer_image_type="image/png")

    document = built(tenant=tenant, score=None)

    described = description_of(tenant.issuer, tenant.achievements[0].achievement)
    assert document["issuer"] == profile(profile_of(tenant))
    assert document["credentialSubject"]["achievement"] == achievement_object(described, is_scored=False)


def test_evidence_says_what_was_done_when_and_how_well_without_what_cannot_be_signed(built: Any) -> None:
    [evidence] = built()["evidence"]

    assert evidence == {
        "type": ["Evidence"],
        "name": "Event  systems",
        "narrative": "Completed on 2026-11-02, with 92 % (recorded as 92/100): EDS101",
    }


def test_more_evidence_than_fits_is_counted(built: Any, world: Any) -> None:
    [one] = world.award().evidence

    evidence = built(evidence=(one,) * (MOST_EVIDENCE + 5))["evidence"]

    assert len(evidence) == MOST_EVIDENCE + 1
    assert evidence[-1]["name"] == "5 more"


def test_a_bare_achievement_makes_a_good_credential(built: Any, make: Any) -> None:
    bare = make.achievement(
        supersedes=None, learning_outcomes=(), tags=(), alignment=(), credits=None, assessment=None, quality=None,
        country=None, participation=None, valid_for=None,
    )  # fmt: skip

    document = built(tenant=make.tenant_of("north", bare), evidence=(), score=None, why="")

    rules.check(document)
    assert "validUntil" not in document


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "bell\x07"},
        {"type": "Nonsense"},
        {"description": ""},
        {"tags": ("",)},
    ],
)
def test_what_validators_would_refuse_is_refused(built: Any, make: Any, changes: dict[str, Any]) -> None:
    tenant = make.tenant_of("north", make.achievement(**changes))

    with pytest.raises(Rejected):
        built(tenant=tenant)


@given(seconds=st.integers(0, 4_000_000_000), micro=st.integers(0, 999_999))
def test_fractions_of_seconds_never_get_in(seconds: int, micro: int) -> None:
    from shared.openbadges.dates import parse_timestamp, timestamp

    moment = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micro)

    assert parse_timestamp(timestamp(moment)) == moment.replace(microsecond=0)


def test_the_catalogue_of_a_test_is_one(make: Any) -> None:
    assert Catalogue(1, (make.tenant_of("north", make.achievement()),)).achievement("north", "event-driven-systems", 2)
