"""Caliper 1.2: whose score it is, what was done, and who people are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.intake.dialects.caliper_names import EVENTS
from services.intake.translation import Fact, Profile, Translation
from shared.contracts.events import ObjectKind, Verb
from shared.errors import Rejected

Event = Callable[..., dict[str, Any]]
FactOf = Callable[[str, object], Fact]
ProfileOf = Callable[[str, object], Profile]
Translate = Callable[[str, object], Translation]

ADA = "https://example.edu/users/554433"
OFFERING = "https://example.edu/terms/202601/courses/7"
SECTION = f"{OFFERING}/sections/1"
QUIZ = f"{SECTION}/assess/1"


def test_a_grade_is_a_score_of_whom_the_attempt_is_and_not_of_the_grader(caliper: Event, fact_of: FactOf) -> None:
    fact = fact_of("caliper", caliper("graded"))

    assert fact.person.id == ADA
    assert (fact.verb, fact.score, fact.raw_score) == (Verb.SCORED, 0.8, "12/15")
    assert (fact.object.kind, fact.object.ids) == (ObjectKind.ASSIGNMENT, (QUIZ,))
    assert (fact.object.course, fact.object.run) == (OFFERING, SECTION)
    assert fact.course_ids == (SECTION, "CPS 435-01", OFFERING, "CPS 435")
    assert fact.event_id == "urn:uuid:a50ca17f-5971-47bb-8fca-4e6e6879001d"
    assert fact.occurred_at == datetime(2026, 10, 15, 10, 57, 6, tzinfo=UTC)


def test_a_thin_attempt_is_told_by_its_score(caliper: Event, fact_of: FactOf) -> None:
    whole = caliper("graded")
    thin = caliper("graded", {"object": whole["object"]["id"], "generated/attempt": whole["object"]})

    assert fact_of("caliper", thin).person.id == ADA


def test_a_score_without_its_most_takes_the_assessments(caliper: Event, fact_of: FactOf) -> None:
    fact = fact_of("caliper", caliper("graded", {"generated/maxScore": None, "object/assignable/maxScore": 24}))

    assert (fact.score, fact.raw_score) == (0.5, "12/24")


def test_a_grade_without_a_score_is_irrelevant(caliper: Event, translate: Translate) -> None:
    assert translate("caliper", caliper("graded", {"generated/scoreGiven": None})).irrelevant == 1


def test_a_graded_question_is_content(caliper: Event, fact_of: FactOf) -> None:
    question = {"id": f"{QUIZ}/items/3", "type": "AssessmentItem"}

    assert fact_of("caliper", caliper("graded", {"object/assignable": question})).object.kind is ObjectKind.CONTENT


def test_a_submitted_assessment_is_a_completed_assignment(caliper: Event, fact_of: FactOf) -> None:
    fact = fact_of("caliper", caliper("submitted"))

    assert (fact.verb, fact.score, fact.duration) == (Verb.COMPLETED, None, timedelta(minutes=10, seconds=30))
    assert (fact.object.kind, fact.object.ids, fact.object.name) == (ObjectKind.ASSIGNMENT, (QUIZ,), "Quiz One")
    assert fact.person.id == ADA


def test_whose_attempt_it_is_counts_before_who_handed_it_in(caliper: Event, fact_of: FactOf) -> None:
    by_a_program = {"actor": {"id": "https://example.edu/proctor", "type": "SoftwareApplication"}}

    assert fact_of("caliper", caliper("submitted", by_a_program)).person.id == ADA


def test_without_an_attempt_it_is_whoever_handed_it_in(caliper: Event, fact_of: FactOf) -> None:
    assert fact_of("caliper", caliper("submitted", {"generated": None, "actor": ADA})).person.id == ADA


def test_an_answered_question_is_completed_content_of_its_course(caliper: Event, fact_of: FactOf) -> None:
    fact = fact_of("caliper", caliper("answered"))

    assert (fact.verb, fact.object.kind) == (Verb.COMPLETED, ObjectKind.CONTENT)
    assert fact.object.ids == (f"{QUIZ}/items/3",)
    assert (fact.object.course, fact.object.run) == (SECTION, SECTION)
    assert fact.duration is None


def test_a_described_person_is_a_profile(person: Event, envelope: Event, profile_of: ProfileOf) -> None:
    profile = profile_of("caliper", envelope(person()))

    assert (profile.person.id, profile.person.sis_id, profile.person.email) == (ADA, "S-48", "ada@example.org")
    assert profile.person.name == "Ada Lovelace"
    assert profile.as_of == datetime(2026, 9, 2, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize("others", [None, {}, ["x"], [{"identifierType": "LtiUserId", "identifier": "7"}]])
def test_a_person_with_nothing_new_is_irrelevant(person: Event, translate: Translate, others: object) -> None:
    assert translate("caliper", person({"otherIdentifiers": others})).irrelevant == 1


def test_a_description_is_as_old_as_its_envelope_where_it_has_no_date(
    person: Event, envelope: Event, profile_of: ProfileOf
) -> None:
    profile = profile_of("caliper", envelope(person({"dateModified": None})))

    assert profile.as_of == datetime(2026, 11, 15, 11, 5, 1, tzinfo=UTC)


def test_an_envelope_describes_what_its_events_name_by_iri_only(
    caliper: Event, person: Event, envelope: Event, translate: Translate
) -> None:
    section = {**caliper("graded")["group"], "otherIdentifiers": []}
    events = [caliper("graded", {"group": SECTION, "object/assignee": ADA}), caliper("answered")]

    translation = translate("caliper", envelope(*events, section, person(), {"id": "x", "type": "Forum"}))

    assert [fact.person.email for fact in translation.facts] == ["ada@example.org"] * 2
    assert [fact.object.course for fact in translation.facts] == [OFFERING] * 2
    assert (len(translation.profiles), translation.irrelevant, len(translation.kinds)) == (1, 2, 5)


def test_envelopes_arrays_and_bare_events_say_the_same(caliper: Event, envelope: Event, translate: Translate) -> None:
    event = caliper("graded")
    ways: list[object] = [event, [event], envelope(event), [envelope(event)]]

    assert len({translate("caliper", way).facts[0].event_id for way in ways}) == 1
    assert len(translate("caliper", [event, envelope(event, event)]).facts) == 3


def test_a_group_in_a_section_is_of_that_section(caliper: Event, fact_of: FactOf) -> None:
    section = caliper("graded")["group"]
    team = {"id": f"{SECTION}/groups/2", "type": "Group", "subOrganizationOf": section}

    assert fact_of("caliper", caliper("graded", {"group": team})).object.run == SECTION


def test_things_without_a_group_are_of_no_course(caliper: Event, fact_of: FactOf) -> None:
    fact = fact_of("caliper", caliper("graded", {"group": None}))

    assert (fact.object.course, fact.object.run, fact.course_ids) == (None, None, ())


def test_of_many_other_names_of_a_course_only_the_first_are_kept(caliper: Event, fact_of: FactOf) -> None:
    names = [{"identifierType": "Other", "identifier": f"name-{number}"} for number in range(5000)]

    fact = fact_of("caliper", caliper("graded", {"group/otherIdentifiers": names}))

    assert "name-0" in fact.course_ids
    assert len(fact.course_ids) < 20


@pytest.mark.parametrize("type_", sorted(EVENTS))
def test_every_other_event_of_the_specification_is_familiar_and_irrelevant(
    caliper: Event, translate: Translate, type_: str
) -> None:
    translation = translate("caliper", caliper("submitted", {"type": type_, "action": "Started", "eventTime": None}))

    assert (translation.facts, translation.irrelevant) == ((), 1)
    assert [(kind.name, kind.familiar) for kind in translation.kinds] == [(f"{type_} v1p2", True)]


@pytest.mark.parametrize(
    "changes",
    [{"type": "TeleportEvent"}, {"@context": "http://purl.imsglobal.org/ctx/caliper/v2p0", "action": "Started"}],
)
def test_a_type_or_version_that_is_none_of_the_specification_is_news(
    caliper: Event, translate: Translate, changes: dict[str, Any]
) -> None:
    (kind,) = translate("caliper", caliper("submitted", changes)).kinds

    assert not kind.familiar


@pytest.mark.parametrize(
    ("name", "changes", "field"),
    [
        ("graded", {"eventTime": None}, "data.0.eventTime"),
        ("graded", {"object/assignee": None}, "data.0.object.assignee"),
        ("graded", {"object": "https://example.edu/attempts/1"}, "data.0.object.assignee"),
        ("graded", {"object/assignable": None}, "data.0.object.assignable"),
        ("graded", {"generated/scoreGiven": "12"}, "data.0.generated.scoreGiven"),
        ("graded", {"generated/maxScore": True}, "data.0.generated.maxScore"),
        ("graded", {"group": 7}, "data.0.group"),
        ("submitted", {"generated": None, "actor/type": "SoftwareApplication"}, "data.0.actor"),
        ("submitted", {"object": None, "generated": None}, "data.0.object"),
        ("submitted", {"type": None}, "data.0.type"),
        ("submitted", {"object/id": None}, "data.0.object.id"),
    ],
)
def test_what_is_wrong_is_refused_by_the_name_of_its_field(
    caliper: Event, envelope: Event, translate: Translate, name: str, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        translate("caliper", envelope(caliper(name, changes)))

    assert str(refusal.value).startswith(f"{field}: ")


@pytest.mark.parametrize("data", [None, 7, {}])
def test_an_envelope_without_its_data_is_refused(translate: Translate, data: object) -> None:
    with pytest.raises(Rejected, match=r"^data: "):
        translate("caliper", {"sensor": "x", "data": data})
