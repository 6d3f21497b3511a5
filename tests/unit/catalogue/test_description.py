"""Issuer and achievement in Open Badges' places: nothing that the designer wrote gets lost, nothing else gets in."""

from __future__ import annotations

from typing import Any

import pytest

from shared.catalogue.description import description_of, profile_of
from shared.catalogue.model import Accreditation, Achievement, Alignment, Assessment, Credits, Issuer, Quality, Tenant
from shared.openbadges.vocabulary import Recognition

ISSUER = Issuer(
    tenant="north",
    id="did:web:badges.north.example",
    name="North",
    url="https://www.north.example",
    email="badges@north.example",
    description="A school.",
    accreditation=(Accreditation(by="Agency", url="https://agency.example"), Accreditation(by="Ministry")),
)


def achievement(**changes: Any) -> Achievement:
    told: dict[str, Any] = {
        "id": "event-driven-systems",
        "version": 2,
        "type": "MicroCredential",
        "name": "Event-driven systems",
        "description": "Designs and operates systems that communicate by events.",
        "criteria": "Completed EDS101 with at least 80 %.\n",
    }
    return Achievement(**(told | changes))


def test_every_address_is_the_issuers_own() -> None:
    described = description_of(ISSUER, achievement(supersedes=1))

    assert described.id == "https://badges.north.example/achievements/event-driven-systems/2"
    assert described.image == f"{described.id}/image"
    assert described.previous_version == "https://badges.north.example/achievements/event-driven-systems/1"


def test_what_open_badges_has_no_member_for_is_in_the_criteria() -> None:
    described = description_of(
        ISSUER,
        achievement(
            learning_outcomes=("Designs an event schema", "Operates a consumer group"),
            assessment=Assessment(type="exam", supervised=True, identity_checked=False),
            credits=Credits(workload="PT75H"),
            participation="blended",
            country="NL",
            quality=Quality(assured_by="NVAO", url="https://nvao.example"),
        ),
    )

    assert described.criteria.split("\n\n") == [
        "Completed EDS101 with at least 80 %.",
        "**Learning outcomes**",
        "- Designs an event schema\n- Operates a consumer group",
        "**Assessment:** exam, supervised, identity not checked",
        "**Workload:** PT75H",
        "**Participation:** blended",
        "**Country:** NL",
        "**Quality assured by:** NVAO (https://nvao.example)",
    ]


def test_what_the_designer_left_out_is_not_made_up() -> None:
    described = description_of(ISSUER, achievement())

    assert described.criteria == "Completed EDS101 with at least 80 %."
    assert (described.alignments, described.credits, described.previous_version) == ((), None, None)


@pytest.mark.parametrize("level", ["EQF 6", "eqf level 6"])
def test_skills_and_the_level_are_alignments(level: str) -> None:
    skill = Alignment(name="architecture", url="https://a.example/skill", type="ext:ESCOSkill", code="A1")

    first, last = description_of(ISSUER, achievement(alignment=(skill,), credits=Credits(level=level))).alignments

    assert (first.name, first.url, first.type, first.code) == (skill.name, skill.url, skill.type, skill.code)
    assert (last.name, last.url, last.code) == (level, "http://data.europa.eu/snb/eqf/6", "6")


def test_a_level_of_no_framework_that_we_know_aligns_to_the_achievement_itself() -> None:
    described = description_of(ISSUER, achievement(credits=Credits(ects=3, level="NLQF 5")))

    [level] = described.alignments
    assert (level.name, level.url, level.code) == ("NLQF 5", described.id, None)
    assert described.credits == 3


def test_a_profile_says_who_recognises_the_issuer() -> None:
    profile = profile_of(Tenant(issuer=ISSUER, sources=(), achievements=()))

    assert (profile.id, profile.email, profile.description) == (ISSUER.id, ISSUER.email, ISSUER.description)
    assert profile.recognised_by == (Recognition("Agency", "https://agency.example"), Recognition("Ministry", None))


@pytest.mark.parametrize(
    ("media_type", "named"),
    [("image/png", "https://badges.north.example/image"), ("image/svg+xml", None), (None, None)],
)
def test_only_pictures_that_can_be_opened_are_named(media_type: str | None, named: str | None) -> None:
    tenant = Tenant(issuer=ISSUER, sources=(), achievements=(), issuer_image_type=media_type)

    assert profile_of(tenant).image == named
