"""Badges that add up to badges, as a picture and as a learner's way."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from shared.catalogue.facts import Fact, Facts, Holding
from shared.catalogue.model import Achievement, LiveAchievement
from shared.catalogue.pathway_picture import draw_pathway
from shared.catalogue.pathways import along, pathway

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def live(slug: str, earned_when: dict[str, Any], name: str | None = None) -> LiveAchievement:
    achievement = Achievement(
        id=slug, version=1, type="Badge", name=name or slug.title(), description="d", criteria="c"
    )
    return LiveAchievement(tenant="north", achievement=achievement, earned_when=earned_when, image=b"")


COURSE: dict[str, Any] = {"completed": {"course": "A"}}
BADGES = [
    live("lead", {"all": [{"holds": {"achievement": "level-*", "at_least": 2}}, {"holds": "safety"}]}, 'Lead "A" <x>'),
    live("level-1", COURSE),
    live("level-2", {"all": [COURSE, {"not": {"holds": "expelled"}}]}),
    live("safety", COURSE),
    live("expelled", {"passed": {"course": "X"}}),
    live("master", {"holds": "lead"}),
]


def test_each_badge_stands_after_those_that_it_needs() -> None:
    way = pathway(BADGES)

    assert way.levels == {"lead": 1, "level-1": 0, "level-2": 0, "safety": 0, "expelled": 0, "master": 2}
    assert way.towards("master") == ("level-1", "level-2", "safety", "lead", "master")


def test_the_chart_says_who_counts_for_whom() -> None:
    assert pathway(BADGES).mermaid().splitlines() == [
        "flowchart LR",
        '  b0["Lead #quot;A#quot; <x>"]',
        '  b1["Level-1"]',
        '  b2["Level-2"]',
        '  b3["Safety"]',
        '  b4["Expelled"]',
        '  b5["Master"]',
        '  b1 -->|"2 of level-*"| b0',
        '  b2 -->|"2 of level-*"| b0',
        "  b3 --> b0",
        '  b4 -.->|"not"| b2',
        "  b0 --> b5",
    ]


def test_the_picture_is_sound_and_holds_every_badge_and_arrow() -> None:
    picture = ET.fromstring(draw_pathway(pathway(BADGES), "North & co"))

    texts = [each.text for each in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {'Lead "A" <x>', "Level-1", "Level-2", "Safety", "Expelled", "Master"} <= {*texts}
    assert texts.count("2 of level-*") == 2
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}path"))) == 5 + 1


def test_a_picture_of_nothing_is_a_picture() -> None:
    assert ET.fromstring(draw_pathway(pathway([]), "nothing")) is not None


def test_badges_that_count_for_each_other_have_a_level_too() -> None:
    ring = [live(slug, {"holds": {"achievement": "*", "at_least": 1}}) for slug in ("a", "b", "c")]

    assert pathway(ring).towards("a") == ("a", "b", "c")


def test_a_learners_way_says_what_is_done_and_what_is_missing() -> None:
    done = Fact("f", "e", "lms", "completed", "course", ("A",), DAY)
    held = [Holding("1", "level-1", DAY), Holding("2", "safety", DAY + timedelta(days=1), active=False)]

    way = along(pathway(BADGES), "lead", BADGES, Facts.of([done], held))

    assert [(each.badge, each.level, each.held, each.clause.met) for each in way] == [
        ("level-1", 0, True, True),
        ("level-2", 0, False, True),
        ("safety", 0, False, True),
        ("lead", 1, False, False),
    ]
    last = json.loads(json.dumps(way[-1].as_json()))
    assert last["progress"] == pytest.approx(0.25)
    assert last["sentences"][1] == "  - Missing: holds 2 badges level-*. So far: level-1; holds 1, needs 2."
