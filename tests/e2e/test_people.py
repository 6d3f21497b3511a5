"""Who somebody is, said later and twice, through the real services and the operator's command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import yaml

from shared.contracts.documents import ACTIVITIES, LEARNERS, WAITING
from tests.stack import Stack, running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

ISSUER = {"tenant": "any", "id": "did:web:any.example.org", "name": "Any School", "url": "https://any.example.org"}
SOURCE = {"name": "canvas", "dialect": "canvas", "topic": "lms.any.canvas", "learner": "sis_id"}
BADGE = {
    "id": "bridges",
    "version": 1,
    "type": "Badge",
    "name": "Bridges",
    "description": "Builds bridges.",
    "criteria": "Complete the course.",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("people")
    tenant = folder / "catalogue" / "any"
    (tenant / "achievements").mkdir(parents=True)
    (tenant / "issuer.yaml").write_text(yaml.safe_dump({"issuer": ISSUER, "sources": [SOURCE]}))
    rule = {"achievement": BADGE, "earned_when": {"completed": {"course": "565"}}}
    (tenant / "achievements" / "bridges.yaml").write_text(yaml.safe_dump(rule))
    async with running(folder / "stack", folder / "catalogue") as stack:
        yield stack


def completed(user: int) -> dict[str, Any]:
    """By a teacher's click: whose SIS id it is, the event doesn't say."""
    return {
        "source": "canvas",
        "value": {
            "metadata": {
                "event_name": "course_completed",
                "event_time": "2026-11-05T13:38:02.615Z",
                "producer": "canvas",
                "root_account_id": "21070000000000001",
                "user_id": "21070000000000987",
            },
            "body": {
                "course": {"id": "565", "name": "Bridges I"},
                "progress": {
                    "completed_at": "2026-11-05T13:38:00.218Z",
                    "requirement_count": 1,
                    "requirement_completed_count": 1,
                },
                "user": {"id": str(user), "email": f"user{user}@example.org", "name": "Ada"},
            },
        },
    }


def created(user: int, sis_id: str) -> dict[str, Any]:
    metadata = {
        "event_name": "user_created",
        "event_time": "2026-11-04T10:00:00Z",
        "producer": "canvas",
        "root_account_id": "21070000000000001",
    }
    body = {"user_id": f"2107{user:013}", "user_sis_id": sis_id, "name": "Ada"}
    return {"source": "canvas", "value": {"metadata": metadata, "body": body}}


async def test_what_nobody_can_be_given_yet_waits_where_the_operator_sees_it(stack: Stack) -> None:
    await stack.send([completed(123), completed(124), completed(123)])
    await stack.settled()

    code, said = await stack.laurel("sources", "status", "--json")

    (canvas,) = json.loads(said)
    assert (code, canvas["waiting"], canvas["refusal"]) == (0, 2, [])
    assert await stack.awards() == []
    assert await stack.dead_letters() == []


async def test_with_their_profiles_they_get_their_badges(stack: Stack) -> None:
    await stack.send([created(123, "S-1"), created(124, "S-2")])
    await stack.settled()

    assert await stack.database[WAITING].count_documents({}) == 0
    assert len(await stack.awards()) == 2


async def test_two_accounts_of_one_person_become_one(stack: Stack) -> None:
    asked = ("learners", "merge", "canvas:S-2", "canvas:S-1", "--because", "registered twice", "--json")
    _, would = await stack.laurel(*asked)
    before = await stack.database[LEARNERS].count_documents({"merged_into": {"$exists": True}})

    code, said = await stack.laurel(*asked, "--yes")
    await stack.settled()
    await stack.send([completed(124) | {"headers": {"again": "1"}}])
    await stack.settled()

    kept = json.loads(would)["would_merge"]["into"]
    assert (before, code, json.loads(said)["merging"]["into"]) == (0, 0, kept)
    assert await _eventually_one(stack) == {kept["id"]}
    assert await stack.dead_letters() == []


async def _eventually_one(stack: Stack) -> set[str]:
    """Whose activities there are, once what was asked for is done."""
    whose: set[str] = set()
    for _ in range(100):
        whose = {each["learner"] async for each in stack.database[ACTIVITIES].find({})}
        if len(whose) == 1:
            break
        await asyncio.sleep(0.1)
    return whose


async def test_a_merge_that_makes_no_sense_is_refused(stack: Stack) -> None:
    code, _ = await stack.laurel("learners", "merge", "canvas:S-1", "canvas:S-2", "--because", "back", "--yes")
    await stack.settled()

    (letter,) = await stack.dead_letters()
    assert (code, letter.error_code) == (0, "merge_cycle")
