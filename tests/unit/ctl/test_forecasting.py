"""What a draft would come to for one learner: what comes, what goes, and which criterion decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from services.ctl.forecasting import Change, Comes, Forecast
from services.evaluator.arriving import document_of
from services.evaluator.awards import OwnAward
from services.evaluator.compiled import compiled
from shared.catalogue.model import Catalogue
from shared.contracts.documents import AwardState
from tests.unit.evaluator.world import DAY, NOW, TENANT, catalogue, deliver, did, live

A, B = {"completed": {"course": "A"}}, {"completed": {"course": "B"}}
HOUR = timedelta(hours=1)
AGAIN = datetime(2026, 4, 1, tzinfo=UTC)


def recorded(*activities: Any) -> list[dict[str, Any]]:
    return [document_of(each, "ada", compiled(catalogue())) for each in deliver(activities)]


def award(slug: str, version: int = 1, **fields: Any) -> OwnAward:
    return OwnAward(
        **{
            "id": f"award-{slug}", "tenant": TENANT, "achievement": slug, "version": version, "learner": "ada",
            "award_key": "once", "earned_at": DAY, "due_at": DAY, "state": AwardState.EARNED, "why": "…",
            "status_list": 1, "status_index": 0, "received_at": DAY, "stored_at": DAY, **fields,
        }
    )  # fmt: skip


def forecast(of: Catalogue, activities: list[dict[str, Any]], *awards: OwnAward, **options: Any) -> list[Change]:
    return Forecast(of, NOW, **options).of(TENANT, "ada", activities, awards)


def test_what_would_be_earned_is_told_with_the_criterion_that_decides() -> None:
    draft = catalogue(live("both", {"all": [A, B]}), live("top", {"holds": "both"}))

    both, top = forecast(draft, recorded(did("e1", "B", at=DAY + HOUR), did("e2", "A")))

    assert (both.comes, both.achievement, both.earned_at) == (Comes.EARNED, "both", DAY + HOUR)
    assert both.clause == "completed course B"
    assert (top.achievement, top.comes) == ("top", Comes.EARNED)


def test_what_is_there_is_no_news_and_what_is_not_asked_for_is_not_told() -> None:
    draft = catalogue(live("a", A), live("b", B))
    activities = recorded(did("e1", "A"), did("e2", "B"))

    changes = forecast(draft, activities, award("a"))
    none = forecast(draft, activities, award("a"), achievement=(TENANT, "a"))

    assert [each.achievement for each in changes] == ["b"]
    assert none == []


def test_an_award_that_the_new_version_would_not_give_stays_and_is_told() -> None:
    first, second = live("a", A), live("a", {"all": [A, B]}, version=2, supersedes=1)

    [change] = forecast(catalogue(first, second), recorded(did("e1", "A")), award("a"))
    both = forecast(catalogue(first, second), recorded(did("e1", "A"), did("e2", "B")), award("a"))

    assert (change.comes, change.clause) == (Comes.KEPT, "completed course B")
    assert both == []


def test_an_award_whose_facts_were_taken_back_would_be_lost_where_its_achievement_says_so() -> None:
    gone = did("e1", "A", version=AGAIN, at=AGAIN, withdrawn=True)

    for policy, expected in (("suspend", [Comes.LOST]), ("revoke", [Comes.LOST]), ("keep", [])):
        activities = recorded(did("e1", "A", version=DAY), gone)
        changes = forecast(catalogue(live("a", A, on_correction=policy)), activities, award("a"))

        assert [each.comes for each in changes] == expected, policy


def test_somebody_of_whom_nothing_is_known_that_counts_costs_nothing() -> None:
    assert forecast(catalogue(live("a", A)), recorded(did("e1", "Z"))) == []
    assert forecast(catalogue(live("a", A)), []) == []
