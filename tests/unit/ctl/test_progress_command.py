"""A learner's way to a badge that others count for: what is done, what is missing, in words and as a fraction."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from services.ctl.commands_progress import _row, as_data, stops, title
from services.ctl.explanation import Explanation, Known, explained
from shared.catalogue.model import Achievement, Catalogue, Issuer, LiveAchievement, Source, Tenant
from shared.contracts.documents import Learner

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
THEN = datetime(2026, 5, 1, 9, tzinfo=UTC)


def live(slug: str, earned_when: dict[str, Any], version: int = 1) -> LiveAchievement:
    achievement = Achievement(id=slug, version=version, type="Badge", name=slug.title(), description="x", criteria="x")
    return LiveAchievement(tenant="north", achievement=achievement, earned_when=earned_when, image=b"")


BADGES = (
    live("basics", {"completed": {"course": "NEVER"}}, version=1),
    live("basics", {"completed": {"course": "B"}}, version=2),
    live("safety", {"completed": {"course": "S"}}),
    live("master", {"all": [{"holds": "basics"}, {"holds": "safety"}, {"completed": {"course": "M"}}]}),
)


def award(slug: str) -> dict[str, Any]:
    return {
        "_id": f"a-{slug}", "tenant": "north", "learner": "l-1", "achievement": slug, "version": 2, "award_key": "once",
        "state": "earned", "earned_at": THEN, "due_at": THEN, "why": "…",
    }  # fmt: skip


def told(slug: str, *held: str) -> Explanation:
    issuer = Issuer(tenant="north", id="did:web:n.example", name="North", url="https://n.example")
    source = Source(name="lms", dialect="rows", topic="lms.n", learner="id")
    catalogue = Catalogue(1, (Tenant(issuer=issuer, sources=(source,), achievements=BADGES),))
    learner = Learner.from_store(
        {"_id": "l-1", "tenant": "north", "directory": "lms", "external_id": "ada", "seen_at": THEN, "updated_at": THEN}
    )
    wanted = max((each for each in BADGES if each.achievement.id == slug), key=lambda each: each.achievement.version)
    known = Known(learner, (), [award(each) for each in held])
    found = explained(catalogue, wanted, known, NOW + timedelta(days=1))
    assert found is not None
    return found


def test_each_badge_on_the_way_says_what_is_done_and_what_is_missing() -> None:
    way = stops(told("master", "basics"))

    assert [(each.badge, each.held) for each in way] == [("basics", True), ("safety", False), ("master", False)]
    assert _row(way[2], 1) == (
        "· Master",
        "█░░░░ 33%",
        "holds the badge safety: is not held; completed course M: nothing about course M has arrived",
    )
    assert _row(way[1], 1)[0] == "  · Safety"
    assert _row(way[0], 1) == ("  ✓ Basics", "█████ 100%", "")


def test_the_title_counts_what_is_held() -> None:
    one = told("master", "basics")

    assert title(one, stops(one)) == (
        "ada, known by lms on the way to “Master”: █░░░░ 33%; holds 1 of the 2 badges that can count for it"
    )
    assert title(told("safety"), stops(told("safety"))).endswith("no other badge counts for it")


def test_scripts_get_fractions() -> None:
    one = told("master", "basics")

    data = json.loads(json.dumps(as_data(one, stops(one))))

    assert (data["badges_held"], data["badges"], data["held"]) == (1, 2, False)
    assert 0.33 < data["progress"] < 0.34
    assert [each["progress"] for each in data["stops"]][:2] == [1.0, 0.0]
