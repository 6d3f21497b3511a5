"""What Canvas says of courses, outcomes and people beside a completed course."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.dialects.canvas_names import OTHERS
from services.intake.translation import Fact, Profile, Translation
from shared.contracts.events import ObjectKind, Verb

Event = Callable[..., dict[str, Any]]
FactOf = Callable[[str, object], Fact]
ProfileOf = Callable[[str, object], Profile]
Translate = Callable[[str, object], Translation]

SAID_AT = datetime(2026, 11, 5, 19, 11, 5, 222000, tzinfo=UTC)


def test_progress_is_no_score_and_no_completion(live: Event, fact_of: FactOf) -> None:
    fact = fact_of("canvas", live("course_progress"))

    assert (fact.verb, fact.score, fact.raw_score) == (Verb.PROGRESSED, None, "7/8")
    assert (fact.object.kind, fact.object.ids) == (ObjectKind.COURSE, ("565", "21070000000000565", "2026.BR101-1"))
    assert (fact.occurred_at, fact.person.email) == (SAID_AT, "ada@example.org")


def test_all_requirements_met_is_still_progress(live: Event, fact_of: FactOf) -> None:
    all_met = live(
        "course_progress", progress__requirement_completed_count=8, progress__completed_at="2026-11-05T19:09:00Z"
    )

    assert fact_of("canvas", all_met).verb is Verb.PROGRESSED


def test_the_final_score_that_the_learner_may_see_counts(live: Event, fact_of: FactOf) -> None:
    fact = fact_of("canvas", live("course_grade_change"))

    assert (fact.verb, fact.score, fact.raw_score) == (Verb.SCORED, 0.875, "87.5%")
    assert fact.object.ids == ("565", "21070000000000565", "2026.BR101-1")
    assert fact.occurred_at == datetime(2026, 11, 5, 19, 11, 4, tzinfo=UTC)
    assert (fact.unique, fact.version) == (("course grade", "565"), SAID_AT)


def test_extra_credit_is_clamped_and_kept_as_sent(live: Event, fact_of: FactOf) -> None:
    fact = fact_of("canvas", live("course_grade_change", final_score=104.2))

    assert (fact.score, fact.raw_score) == (1.0, "104.2%")


@pytest.mark.parametrize("said", [{"final_score": None}, {"workflow_state": "deleted"}])
def test_a_course_grade_that_is_gone_is_withdrawn(live: Event, fact_of: FactOf, said: dict[str, Any]) -> None:
    assert fact_of("canvas", live("course_grade_change", **said)).withdrawn


def test_a_course_grade_that_never_was_is_irrelevant(live: Event, translate: Translate) -> None:
    never = translate("canvas", live("course_grade_change", final_score=None, old_final_score=None))

    assert (never.facts, never.irrelevant) == ((), 1)


def test_the_sis_id_of_another_context_is_not_the_courses(live: Event, fact_of: FactOf) -> None:
    elsewhere = fact_of("canvas", live("course_grade_change", course_id="566"))

    assert elsewhere.object.ids == ("566", "21070000000000566")


def test_a_mastered_outcome_names_its_learner_by_uuid(live: Event, fact_of: FactOf) -> None:
    fact = fact_of("canvas", live("learning_outcome_result_created"))

    assert (fact.verb, fact.succeeded, fact.score, fact.raw_score) == (Verb.MASTERED, True, 0.8, "4/5")
    assert (fact.object.kind, fact.object.ids) == (ObjectKind.OUTCOME, ("17", "21070000000000017"))
    assert fact.occurred_at == datetime(2026, 11, 5, 19, 11, 3, tzinfo=UTC)
    assert (fact.person.id, fact.person.sis_id) == (None, None)
    assert fact.person.aliases == ("uuid:elXwFPr6uKGaiVxchQSsqV6YZy5HBtlq8O2vqMXM",)
    assert fact.person.profile_follows


def test_the_title_of_a_rating_is_not_kept_as_it_names_the_learner(live: Event, fact_of: FactOf) -> None:
    assert "Lovelace" not in repr(fact_of("canvas", live("learning_outcome_result_created")))


def test_an_outcome_result_knows_its_course_where_canvas_says_so(live: Event, fact_of: FactOf) -> None:
    in_course = live("learning_outcome_result_updated", result_context_type="Course", result_context_id="565")

    fact = fact_of("canvas", in_course)

    assert (fact.object.run, fact.course_ids) == ("565", ("565", "21070000000000565"))


def test_mastery_lost_is_a_newer_version_of_the_same_rating(live: Event, fact_of: FactOf) -> None:
    first = fact_of("canvas", live("learning_outcome_result_created"))
    lost = fact_of("canvas", live("learning_outcome_result_updated", mastery=False, percent=None, score=1))

    assert (lost.verb, lost.succeeded, lost.score) == (Verb.SCORED, False, 0.2)
    assert lost.unique == first.unique == ("outcome", "17", "Assignment", "56")


def test_a_deleted_rating_is_withdrawn_and_an_unrated_one_irrelevant(
    live: Event, fact_of: FactOf, translate: Translate
) -> None:
    unrated = {"mastery": None, "percent": None, "score": None}

    assert fact_of("canvas", live("learning_outcome_result_updated", workflow_state="deleted", **unrated)).withdrawn
    assert translate("canvas", live("learning_outcome_result_created", **unrated)).irrelevant == 1


@pytest.mark.parametrize("name", ["user_created", "user_updated"])
def test_a_profile_has_the_ids_and_the_name_and_takes_no_login_for_an_address(
    live: Event, profile_of: ProfileOf, name: str
) -> None:
    profile = profile_of("canvas", live(name))

    assert profile.as_of == SAID_AT
    assert (profile.person.id, profile.person.sis_id, profile.person.name) == ("48", "S-48", "Ada Lovelace")
    assert profile.person.aliases == ("uuid:elXwFPr6uKGaiVxchQSsqV6YZy5HBtlq8O2vqMXM",)
    assert profile.person.email is None


def test_an_administrators_sis_id_is_never_that_of_whom_he_made(live: Event, profile_of: ProfileOf) -> None:
    assert profile_of("canvas", live("user_created", user_sis_id=None)).person.sis_id is None


def test_somebody_who_was_deleted_has_no_profile(live: Event, translate: Translate) -> None:
    assert translate("canvas", live("user_updated", workflow_state="deleted")).irrelevant == 1


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_every_other_documented_event_is_familiar_and_irrelevant_whatever_it_carries(
    translate: Translate, name: str
) -> None:
    translation = translate("canvas", {"metadata": {"event_name": name, "event_time": 3}, "body": ["text"]})

    assert (translation.facts, translation.profiles, translation.irrelevant) == ((), (), 1)
    assert [(kind.name, kind.familiar) for kind in translation.kinds] == [(name, True)]


def test_an_event_that_nobody_documented_is_told_as_news(translate: Translate) -> None:
    translation = translate("canvas", {"metadata": {"event_name": "course_" * 99}})

    assert translation.irrelevant == 1
    assert [(len(kind.name), kind.familiar) for kind in translation.kinds] == [(100, False)]


@pytest.mark.parametrize("lacking", ["root_account_id", "context_account_id"])
def test_a_guest_is_told_by_whatever_names_the_schools_shard(live: Event, fact_of: FactOf, lacking: str) -> None:
    by_a_guest = live("grade_change", student_id="90000000000048", **{f"metadata_{lacking}": None})

    assert fact_of("canvas", by_a_guest).person.id == "90000000000048"
