"""What a help desk reads: every answer says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.ctl.explanation import Explanation, Known, explained
from services.ctl.standing import State
from shared.catalogue.model import Achievement, Catalogue, Issuer, LiveAchievement, Source, Tenant
from shared.contracts.documents import Learner

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
THEN = datetime(2026, 5, 1, 9, tzinfo=UTC)
Tell = Callable[..., Explanation]


def version(number: int, least: str = "80%", **more: object) -> LiveAchievement:
    achievement = Achievement.model_validate(
        {
            "id": "welding",
            "version": number,
            "type": "Badge",
            "name": "Welding",
            "description": "x",
            "criteria": f"Welds with {least}.",
        }
        | more
    )
    return LiveAchievement(
        tenant="north",
        achievement=achievement,
        earned_when={"score": {"course": "WELD", "at_least": least}},
        image=b"",
    )


def activity(score: float | None = 0.85, at: datetime = THEN, **more: Any) -> dict[str, Any]:
    return {
        "_id": f"a-{score}-{at}",
        "event_id": "e",
        "source": "lms",
        "verb": "completed",
        "object": {"kind": "course", "ids": ["WELD"]},
        "occurred_at": at,
        "score": score,
    } | more


def award(**more: Any) -> dict[str, Any]:
    return {
        "_id": "award-1",
        "tenant": "north",
        "achievement": "welding",
        "version": 1,
        "learner": "l1",
        "award_key": "once",
        "earned_at": THEN,
        "due_at": THEN,
        "state": "earned",
        "why": "Scored 85 % in WELD on 2026-05-01",
    } | more


@pytest.fixture
def tell() -> Tell:
    def telling(
        *versions: LiveAchievement,
        activities: tuple[dict[str, Any], ...] = (),
        awards: tuple[dict[str, Any], ...] = (),
        signed: frozenset[str] | None = frozenset({"award-1"}),
        exact: LiveAchievement | None = None,
        **more: Any,
    ) -> Explanation:
        lives = versions or (version(1),)
        issuer = Issuer(
            tenant="north",
            id="did:web:north.example",
            name="North",
            url="https://north.example",
            timezone="Europe/Oslo",
        )
        source = Source(name="lms", dialect="moodle", topic="lms.a")
        catalogue = Catalogue(1, (Tenant(issuer=issuer, sources=(source,), achievements=lives),))
        learner = Learner(id="l1", tenant="north", directory="lms", external_id="17", name="Kari Moe")
        told = explained(
            catalogue,
            exact or lives[-1],
            Known(learner, activities, awards, (), signed),
            NOW,
            exact=exact is not None,
            **more,
        )
        assert told is not None
        return told

    return telling


def test_an_award_says_when_by_which_version_and_why(tell: Tell) -> None:
    told = tell(activities=(activity(),), awards=(award(),))

    assert told.title == "“Welding” and Kari Moe (17, known by lms): holds it"
    assert told.sentences[:2] == [
        "Earned on 2026-05-01, by the rules of version 1: Scored 85 % in WELD on 2026-05-01.",
        "Its credential is valid from 2026-05-01, without an end.",
    ]
    assert told.sentences[-1] == (
        "Laurel has heard of 1 activity of this learner, from lms; the last happened on 2026-05-01 11:00."
    )


def test_a_near_miss_says_how_near_and_what_is_missing(tell: Tell) -> None:
    told = tell(activities=(activity(0.75),))

    assert told.state is State.NOT_YET
    assert any("has 75 %, needs 80 %" in each for each in told.sentences)
    assert not any("there is no award" in each for each in told.sentences)


def test_somebody_who_did_nothing_is_told_so(tell: Tell) -> None:
    told = tell()

    assert told.title.endswith(": not earned")
    assert told.sentences[-1] == "Laurel has not heard of anything that this learner did."


def test_who_meets_the_criteria_without_an_award_learns_what_to_expect(tell: Tell) -> None:
    told = tell(activities=(activity(),))

    assert any("there is no award" in each for each in told.sentences)


def test_an_award_is_explained_by_the_version_that_it_was_earned_under(tell: Tell) -> None:
    told = tell(version(1, "70%"), version(2, "90%", supersedes=1), activities=(activity(0.75),), awards=(award(),))

    assert (told.live.achievement.version, told.met) == (1, True)
    assert any(
        "Version 2 can be earned today. What was earned under version 1 stays" in each for each in told.sentences
    )


def test_who_has_none_is_told_of_the_version_that_can_be_earned(tell: Tell) -> None:
    told = tell(version(1, "70%"), version(2, "90%", supersedes=1), activities=(activity(0.75),))

    assert (told.live.achievement.version, told.met) == (2, False)


def test_a_replaced_version_can_be_asked_for(tell: Tell) -> None:
    old = version(1, "70%")

    told = tell(old, version(2, "90%", supersedes=1), activities=(activity(0.75),), exact=old)

    assert told.live.achievement.version == 1
    assert any("replaced by version 2: nobody can earn it any more" in each for each in told.sentences)


def test_without_status_facts_the_evaluators_word_counts(tell: Tell) -> None:
    assert tell(awards=(award(credential_state="suspended"),)).state is State.SUSPENDED


def test_an_expired_badge_is_told_so(tell: Tell) -> None:
    told = tell(version(1, valid_for="P10D"), activities=(activity(),), awards=(award(),))

    assert told.state is State.EXPIRED
    assert "Its credential is valid from 2026-05-01 until 2026-05-11, which is over." in told.sentences


def test_a_credential_that_is_not_there_yet_is_being_signed(tell: Tell) -> None:
    told = tell(activities=(activity(),), awards=(award(),), signed=frozenset())

    assert any("is being signed" in each for each in told.sentences)


def test_a_registrars_word_is_told_with_its_reason(tell: Tell) -> None:
    withheld = activity(
        None, verb="withheld", object={"kind": "achievement", "ids": ["welding"]}, because="Not the learner's own work"
    )

    told = tell(activities=(activity(at=THEN - timedelta(days=1)), withheld))

    assert not told.met
    assert any("Not the learner's own work" in each for each in told.sentences)


def test_a_badge_that_outlived_its_criteria_says_why_it_stays(tell: Tell) -> None:
    told = tell(activities=(activity(0.5),), awards=(award(),))

    assert any("no longer met. This badge stays" in each for each in told.sentences)


def test_a_retired_achievement_says_until_when(tell: Tell) -> None:
    told = tell(version(1, retire_on="2026-05-15"), activities=(activity(at=NOW - timedelta(days=1)),))

    assert "It could be earned until 2026-05-15: what happened since doesn't count." in told.sentences


def test_each_run_of_a_repeatable_one_is_told(tell: Tell) -> None:
    told = tell(
        version(1, repeatable=True),
        activities=(activity(), activity(0.9, at=NOW)),
        awards=(award(award_key="WELD"), award(_id="award-2", award_key="WELD-2", state="pending", due_at=NOW)),
    )

    assert [each.run for each in told.awards] == ["WELD", "WELD-2"]
    assert told.state is State.HELD


def test_of_two_versions_side_by_side_the_nearer_one_is_told(tell: Tell) -> None:
    told = tell(version(1, "70%"), version(2, "90%"), activities=(activity(0.75),))

    assert (told.live.achievement.version, told.met) == (1, True)
    assert "Versions 1 and 2 can be earned side by side; 1 is told here." in told.sentences


def test_an_award_that_was_earned_again_says_so(tell: Tell) -> None:
    told = tell(
        activities=(activity(),),
        awards=(
            award(credential_state="revoked"),
            award(_id="award-2", award_key="once|again|f1", earned_at=THEN + timedelta(days=9)),
        ),
    )

    assert [each.state for each in told.awards] == [State.REVOKED, State.HELD]
    assert told.state is State.HELD
    assert any(each.startswith("Earned again on 2026-05-10") for each in told.sentences)


def test_a_merged_account_is_named(tell: Tell) -> None:
    told = tell(activities=(activity(),), formerly="old-id")

    assert told.sentences[0] == "The account old-id is one with this account since the two were merged."


def test_scripts_get_the_same(tell: Tell) -> None:
    told = tell(version(1), activities=(activity(),), awards=(award(),)).as_json()

    assert (told["state"], told["version"], told["progress"], told["known_as"]) == ("holds it", 1, 1.0, "17")
    assert told["sources"] == {"lms": 1}
    assert told["awards"][0]["sentences"]
