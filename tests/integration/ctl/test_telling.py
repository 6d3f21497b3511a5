"""explain and report over a real store: whom they find, and that nothing is changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.ctl import applying
from services.ctl.explaining import UnknownAchievement, UnknownLearner, achievement_of, explain_learner
from services.ctl.reporting import Group, Report, Row, Wanted
from services.ctl.standing import State
from shared.catalogue.model import Catalogue
from shared.catalogue.patterns import Pattern

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
UNIVERSITY = "example-university"


def learner(id_: str, external_id: str, **more: Any) -> dict[str, Any]:
    return {"_id": id_, "tenant": UNIVERSITY, "directory": "tenant:email", "external_id": external_id} | more


def completed(who: str, course: str, **more: Any) -> dict[str, Any]:
    return {
        "_id": f"{who}-{course}",
        "event_id": f"{who}-{course}",
        "tenant": UNIVERSITY,
        "learner": who,
        "source": "campus-bus",
        "verb": "completed",
        "object": {"kind": "course", "ids": [course], "name": course},
        "occurred_at": NOW - timedelta(days=3),
    } | more


def award(who: str, slug: str, **more: Any) -> dict[str, Any]:
    return {
        "_id": f"award-{who}-{slug}",
        "tenant": UNIVERSITY,
        "achievement": slug,
        "version": 1,
        "learner": who,
        "award_key": "once",
        "earned_at": NOW - timedelta(days=3),
        "due_at": NOW - timedelta(days=3),
        "state": "earned",
        "why": "Completed it",
        "status_list": 1,
        "status_index": hash((who, slug)) % 100_000,
    } | more


@pytest.fixture
async def catalogue(database: Any) -> Catalogue:
    """The bundled one, live."""
    now_live, found = await applying.changes(database, applying.applicable(EXAMPLES))
    await applying.apply(database, now_live, found, NOW)
    return await applying.live(database)


async def filled(database: Any) -> None:
    """Ada holds data-literacy, Bob is half way to research-skills, and an old account of Ada's was merged."""
    await database["learners"].insert_many(
        [
            learner("l-ada", "ada@example.edu", name="Ada", email="ada.private@example.org"),
            learner("l-bob", "bob@example.edu"),
            learner("l-old", "old@example.edu", merged_into="l-ada"),
            learner("l-other", "ada@example.edu") | {"_id": "l-north", "tenant": "north-academy"},
        ]
    )
    await database["activities"].insert_many([completed("l-ada", "DATA101"), completed("l-bob", "METH101")])
    await database["awards"].insert_one(award("l-ada", "data-literacy"))


async def rows(database: Any, catalogue: Catalogue, slugs: tuple[str, ...], course: str | None = None) -> list[Row]:
    tenant = catalogue.tenant(UNIVERSITY)
    assert tenant is not None
    lives = tuple(achievement_of(catalogue, UNIVERSITY, slug)[1] for slug in slugs)
    wanted = Wanted(tenant, lives, Pattern.parse(course) if course else None, 0.5)
    report = Report(database, catalogue, wanted, NOW)
    return [each async for each in report.rows(lambda more: None)]


@pytest.mark.parametrize(
    "named", ["ada@example.edu", "ADA@example.edu", "l-ada", "ada.private@example.org", "old@example.edu", "l-old"]
)
async def test_a_learner_is_found_by_any_id(database: Any, catalogue: Catalogue, named: str) -> None:
    await filled(database)

    [told] = await explain_learner(database, UNIVERSITY, "data-literacy", named)

    assert (told.learner.id, told.state) == ("l-ada", State.HELD)
    assert (told.formerly is not None) == ("old" in named)


async def test_a_wrong_id_is_told_with_the_nearest_and_how_sources_know_learners(
    database: Any, catalogue: Catalogue
) -> None:
    await filled(database)

    with pytest.raises(
        UnknownLearner, match=r"Did you mean bob@example\.edu\?.*by their e-mail address \(.*campus-bus"
    ):
        await explain_learner(database, UNIVERSITY, "data-literacy", "bbo@example.edu")


async def test_events_that_wait_for_a_profile_are_told(database: Any, catalogue: Catalogue) -> None:
    await database["waiting"].insert_one({"_id": "w", "source": f"{UNIVERSITY}/campus-bus", "aliases": ["x"]})

    with pytest.raises(UnknownLearner, match="1 events wait until their learners' profiles arrive"):
        await explain_learner(database, UNIVERSITY, "data-literacy", "zoe")


@pytest.mark.parametrize(
    ("tenant", "slug", "version", "said"),
    [
        (UNIVERSITY, "data-litercy", None, 'did you mean "data-literacy"'),
        ("example-univercity", "data-literacy", None, 'did you mean "example-university"'),
        (UNIVERSITY, "data-literacy", 7, "has no version 7"),
    ],
)
async def test_a_wrong_achievement_is_told_with_the_nearest(
    database: Any, catalogue: Catalogue, tenant: str, slug: str, version: int | None, said: str
) -> None:
    with pytest.raises(UnknownAchievement, match=said):
        await explain_learner(database, tenant, slug, "ada@example.edu", version)


async def test_a_report_tells_who_earned_and_who_nearly(database: Any, catalogue: Catalogue) -> None:
    await filled(database)

    told = {
        (each.learner, each.achievement): each
        for each in await rows(database, catalogue, ("data-literacy", "research-skills"))
    }

    assert told["ada@example.edu", "data-literacy"].group is Group.EARNED
    assert told["ada@example.edu", "data-literacy"].name == "Ada"
    near = told["bob@example.edu", "research-skills"]
    assert (near.group, near.progress) == (Group.NEARLY, 0.5)
    assert "STAT101" in near.missing
    assert {who for who, _ in told} == {"ada@example.edu", "bob@example.edu"}


async def test_a_course_is_reported_by_who_was_there_and_what_it_counts_for(
    database: Any, catalogue: Catalogue
) -> None:
    await filled(database)

    told = await rows(database, catalogue, ("data-literacy", "research-skills", "seminar-guest"), course="METH*")

    assert [(each.learner, each.achievement) for each in told] == [("bob@example.edu", "research-skills")]


async def test_a_revoked_badge_is_not_earned_in_a_report(database: Any, catalogue: Catalogue) -> None:
    await filled(database)
    await database["awards"].update_one({}, {"$set": {"credential_state": "revoked"}})

    [ada] = [each for each in await rows(database, catalogue, ("data-literacy",)) if each.name == "Ada"]

    assert (ada.group, ada.state) == (Group.NOT_YET, "revoked")


async def test_every_learner_is_told_once_across_batches(database: Any, catalogue: Catalogue) -> None:
    people = [f"l-{number:04}" for number in range(250)]
    await database["learners"].insert_many([learner(each, f"{each}@example.edu") for each in people])
    await database["activities"].insert_many([completed(each, "DATA101") for each in people])
    tenant = catalogue.tenant(UNIVERSITY)
    assert tenant is not None
    wanted = Wanted(tenant, (achievement_of(catalogue, UNIVERSITY, "data-literacy")[1],), None, 0.5)
    report, looked = Report(database, catalogue, wanted, NOW), list[int]()

    told = [each.learner async for each in report.rows(looked.append)]

    assert sorted(told) == [f"{each}@example.edu" for each in people]
    assert (sum(looked), len(looked), await report.size()) == (250, 3, 250)


async def test_an_account_that_was_merged_is_not_looked_at_twice(database: Any, catalogue: Catalogue) -> None:
    await filled(database)
    tenant = catalogue.tenant(UNIVERSITY)
    assert tenant is not None

    size = await Report(database, catalogue, Wanted(tenant, (), None, 0.5), NOW).size()

    assert size == 2


async def test_nothing_is_written(database: Any, catalogue: Catalogue) -> None:
    await filled(database)
    before = {name: await database[name].find({}).to_list(None) for name in await database.list_collection_names()}

    await rows(database, catalogue, ("data-literacy", "research-skills"))
    await explain_learner(database, UNIVERSITY, "data-literacy", "l-bob")

    after = {name: await database[name].find({}).to_list(None) for name in await database.list_collection_names()}
    assert after == before
