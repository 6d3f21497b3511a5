"""Every dialect, as its LMS sends it, through the real front doors: what was done, by whom, about what, and when.

The tables are `any_lms/*.yaml`, one a dialect. Those that come by Kafka are records, the others signed deliveries.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio

from shared.contracts import documents
from tests.e2e.any_lms_tables import TABLES, lines, write_catalogue
from tests.stack import Stack, running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def activities(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[dict[str, Any]]]:
    """All that came of all tables, each with its learner as the LMS calls them."""
    folder = tmp_path_factory.mktemp("any-lms")
    async with running(folder / "stack", write_catalogue(folder), services=("intake", "evaluator")) as stack:
        sent = await stack.send(line for table in TABLES.values() for line in lines(table))
        assert not sent.not_taken
        await stack.settled()
        yield await _stored(stack)


@pytest.mark.parametrize("dialect", TABLES)
async def test_a_dialect_says_who_did_what_about_what_and_when(dialect: str, activities: list[dict[str, Any]]) -> None:
    table = TABLES[dialect]
    expected = [row for event in table["events"] for row in event["expect"]]

    found = [each for each in activities if each["source"] == table["source"]["name"]]

    assert [_told(_nearest(row, found), row) for row in expected] == expected
    assert len(found) == len(expected)


async def _stored(stack: Stack) -> list[dict[str, Any]]:
    people = {each["_id"]: each["external_id"] async for each in stack.database[documents.LEARNERS].find({})}
    found = await stack.database[documents.ACTIVITIES].find({}).to_list(None)
    return [{**each, "learner": people[each["learner"]]} for each in found]


def _told(activity: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """What the activity says of everything that the row asks."""
    event_id = activity["event_id"]
    said = {
        **{name: activity[name] for name in ("learner", "verb", "duration", "withdrawn")},
        **{name: activity["object"][name] for name in ("kind", "course", "run")},
        "id": activity["object"]["ids"][0],
        "score": None if activity["score"] is None else round(activity["score"], 10),
        "at": activity["occurred_at"],
        "event_id": "derived" if event_id.startswith("derived:") else event_id,
    }
    return {name: row[name] if name == "at" and _same(row["at"], said["at"]) else said[name] for name in row}


def _same(written: str, stored: datetime) -> bool:
    return datetime.fromisoformat(written) == stored


def _nearest(row: Mapping[str, Any], found: list[dict[str, Any]]) -> dict[str, Any]:
    """The activity that agrees with the row in most of its words."""
    return max(found, key=lambda each: sum(_told(each, row)[name] == row[name] for name in row))
