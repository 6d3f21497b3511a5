from __future__ import annotations

import pytest

from shared.catalogue import quality
from shared.catalogue.model import (
    Accreditation,
    Achievement,
    Alignment,
    Assessment,
    Credits,
    Issuer,
    LiveAchievement,
    Quality,
    Tenant,
)

ISSUER = Issuer(tenant="north", id="did:web:north.example", name="North Academy", url="https://north.example")
BARE = Achievement(
    id="welding", version=1, type="MicroCredential", name="Welding", description="Welds.", criteria="Weld something."
)
COMPLETE = BARE.model_copy(
    update={
        "country": "NO",
        "learning_outcomes": ("Welds a seam",),
        "credits": Credits(ects=3, level="EQF 4"),
        "assessment": Assessment(type="project"),
        "participation": "onsite",
        "quality": Quality(assured_by="NOKUT"),
        "alignment": (Alignment(name="welding", url="http://data.europa.eu/esco/skill/1"),),
    }
)
PASSED: dict[str, object] = {"passed": {"course": "WELD-1"}}
ASSIGNMENT: dict[str, object] = {"score": {"assignment": "SEAM", "at_least": "80%"}}


def measured(
    profile: quality.Profile, achievement: Achievement, when: dict[str, object] = PASSED, issuer: Issuer = ISSUER
) -> quality.Measure:
    live = LiveAchievement(tenant="north", achievement=achievement, earned_when=when, image=b"")
    return quality.measure(profile, Tenant(issuer=issuer, sources=(), achievements=(live,)), live)


def missing(measure: quality.Measure) -> set[str]:
    return {each.name for each in measure.missing}


def test_annex_i_names_eleven_mandatory_elements() -> None:
    assert len(quality.EU.elements) == 11


def test_what_laurel_writes_into_every_credential_is_there() -> None:
    told = measured(quality.EU, BARE)

    assert (told.there, told.ready) == (4, False)
    assert missing(told).isdisjoint({"identification of the learner", "title", "awarding body", "date of issuing"})


def test_an_achievement_that_says_all_of_it_is_ready() -> None:
    told = measured(quality.EU, COMPLETE)

    assert told.ready
    assert told.sentence == "11 of 11: ready"


@pytest.mark.parametrize(
    ("field", "element"),
    [
        ("country", "country or region of the issuer"),
        ("learning_outcomes", "learning outcomes"),
        ("assessment", "type of assessment"),
        ("participation", "form of participation"),
        ("quality", "type of quality assurance"),
    ],
)
def test_what_is_missing_is_named(field: str, element: str) -> None:
    left_out = COMPLETE.model_copy(update={field: BARE.model_dump()[field]})

    told = measured(quality.EU, left_out)

    assert told.sentence == f"10 of 11: missing {element}"


def test_a_workload_counts_in_hours_too_and_a_level_not_as_one() -> None:
    told = measured(quality.EU, COMPLETE.model_copy(update={"credits": Credits(workload="PT75H")}))

    assert missing(told) == {"level"}


def test_every_element_that_can_be_missing_says_what_to_write() -> None:
    for profile in quality.PROFILES.values():
        for each in measured(profile, BARE, {"completed": {"course": "X"}}).missing:
            assert each.advice, (profile.name, each.name)


def test_knowledge_asks_for_an_assessment_and_its_result() -> None:
    accredited = ISSUER.model_copy(update={"accreditation": (Accreditation(by="NOKUT"),)})
    exam = COMPLETE.model_copy(update={"assessment": Assessment(type="exam")})

    ready = measured(quality.KNOWLEDGE, exam, PASSED, accredited)
    attended = measured(quality.KNOWLEDGE, exam, {"completed": {"course": "WELD-1"}}, accredited)

    assert ready.ready
    assert missing(attended) == {"the assessment's result"}


def test_application_takes_no_exam_for_applying() -> None:
    accredited = ISSUER.model_copy(update={"accreditation": (Accreditation(by="NOKUT"),)})
    exam = COMPLETE.model_copy(update={"assessment": Assessment(type="Written Exam")})

    assert measured(quality.APPLICATION, COMPLETE, ASSIGNMENT, accredited).ready
    assert missing(measured(quality.APPLICATION, exam, ASSIGNMENT, accredited)) == {"an assessment of applying it"}
    assert missing(measured(quality.APPLICATION, COMPLETE, PASSED, accredited)) == {"the work as evidence"}


def test_of_several_versions_the_newest_is_measured() -> None:
    lives = tuple(
        LiveAchievement(
            tenant="north",
            achievement=BARE.model_copy(update={"version": version}),
            earned_when=PASSED,
            image=b"",
        )
        for version in (2, 10, 9)
    )

    told = quality.measure_all(quality.EU, [Tenant(issuer=ISSUER, sources=(), achievements=lives)])

    assert [each.version for each in told] == [10]


def test_criteria_that_cannot_be_read_are_no_result() -> None:
    told = measured(quality.KNOWLEDGE, COMPLETE, {"pased": {}})

    assert "the assessment's result" in missing(told)


def test_nothing_is_ever_called_certified() -> None:
    for profile in quality.PROFILES.values():
        told = measured(profile, COMPLETE, ASSIGNMENT)
        assert "certified" not in f"{profile.title} {told.sentence}"
