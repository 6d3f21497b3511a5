"""Rules that can't lead to a badge, or haven't for long, are told with what to do; others aren't."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.ctl.dead_rules import Watched, told
from services.ctl.source_status import Noted, Status
from shared.catalogue.model import Achievement, Catalogue, Issuer, LiveAchievement, Source, Tenant
from shared.contracts.documents import SightingOf

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CANVAS = Source(name="canvas", dialect="canvas", topic="lms.canvas", learner="id")
MOODLE = Source(name="moodle", dialect="moodle", topic="lms.moodle", learner="id")
REGISTRAR = Source(name="desk", dialect="registrar", topic="registrar.desk", learner="id")


def said(
    earned_when: dict[str, Any],
    watched: Watched | None = None,
    *,
    sources: tuple[Source, ...] = (CANVAS, REGISTRAR),
    last_event: datetime | None = NOW,
    **fields: Any,
) -> list[str]:
    """`last_event`: of Canvas."""
    achievement = Achievement(
        **{"id": "intro", "version": 2, "type": "Badge", "name": "I", "description": "…", "criteria": "…", **fields}
    )
    live = LiveAchievement(tenant="north", achievement=achievement, earned_when=earned_when, image=b"")
    issuer = Issuer(tenant="north", id="did:web:n.example", name="North", url="https://n.example")
    canvas = Status("north/canvas", "canvas")
    if last_event is not None:
        canvas.seen[SightingOf.KIND] = [Noted("grade_change", 1, last_event, last_event)]
    catalogue = Catalogue(1, (Tenant(issuer=issuer, sources=sources, achievements=(live,)),))
    known = {} if watched is None else {"north/intro": watched}
    return list(told(catalogue, known, {"north/canvas": canvas}, NOW))


COURSE = {"completed": {"course": "EDS-*"}}
OF_MOODLE = {"completed": {"course": "EDS-*", "from": "moodle"}}


def test_a_rule_without_any_source_is_told() -> None:
    (one,) = said(COURSE, sources=(REGISTRAR,))

    assert one.startswith("north/intro version 2 looks at course EDS-*, and north has no source")


def test_a_rule_about_a_source_that_is_gone_is_told_with_those_there_are() -> None:
    (one,) = said(OF_MOODLE)

    assert "asks for what comes from moodle, and north has no such source any more" in one
    assert "names another (canvas)" in one


def test_a_rule_that_nothing_matched_while_its_sources_are_active_is_told() -> None:
    (one,) = said(COURSE, Watched(NOW - 3 * DAY, None, None))

    assert "nothing like it has come since 2026-10-30, while canvas sends events" in one
    assert "laurel sources status" in one


def test_nothing_is_told_while_the_sources_that_it_looks_at_are_quiet_or_the_rule_is_new() -> None:
    assert said(COURSE, Watched(NOW - 20 * DAY, None, None), last_event=NOW - 8 * DAY) == []
    assert said(COURSE, Watched(NOW - 20 * DAY, None, None), last_event=None) == []
    assert said(COURSE, Watched(NOW - DAY / 2, None, None)) == []
    assert said(OF_MOODLE, Watched(NOW - 20 * DAY, None, None), sources=(CANVAS, MOODLE)) == []
    assert said(COURSE) == []


def test_a_rule_that_nobody_meets_while_its_courses_are_active_is_told() -> None:
    (never,) = said(COURSE, Watched(NOW - 31 * DAY, NOW - DAY, None))
    (no_longer,) = said(COURSE, Watched(NOW - 90 * DAY, NOW - DAY, NOW - 31 * DAY))

    assert "was earned by nobody since 2026-10-02, while course EDS-* is active" in never
    assert "was earned by nobody since 2026-10-02" in no_longer


def test_a_rule_that_is_earned_and_one_whose_course_does_not_run_now_are_fine() -> None:
    assert said(COURSE, Watched(NOW - 90 * DAY, NOW - DAY, NOW - 29 * DAY)) == []
    assert said(COURSE, Watched(NOW - 90 * DAY, NOW - 8 * DAY, NOW - 60 * DAY)) == []


def test_rules_about_badges_alone_and_retired_ones_are_nobodys_concern() -> None:
    silent = Watched(NOW - 90 * DAY, None, None)

    assert said({"holds": "other"}, silent, sources=()) == []
    assert said(COURSE, silent, retire_on=date(2026, 11, 2)) == []
