"""kill -9 on intake while events wait for profiles, and profiles come: nobody is missed, and nobody doubled."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.contracts.documents import ACTIVITIES, LEARNERS, WAITING
from tests.stack import Stack, running

pytestmark = [pytest.mark.kill, pytest.mark.timeout(150)]

PEOPLE = 160
AT_ONCE = 8
KILLS = 4
SECONDS_BETWEEN_KILLS = 2.5
BEHIND = 5 * AT_ONCE
"""people whose completion has come when the first profile does"""

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


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    tenant = tmp_path / "catalogue" / "any"
    (tenant / "achievements").mkdir(parents=True)
    (tenant / "issuer.yaml").write_text(yaml.safe_dump({"issuer": ISSUER, "sources": [SOURCE]}))
    rule = {"achievement": BADGE, "earned_when": {"completed": {"course": "565"}}}
    (tenant / "achievements" / "bridges.yaml").write_text(yaml.safe_dump(rule))
    return tmp_path / "catalogue"


def event(name: str, time: str, body: dict[str, Any]) -> dict[str, Any]:
    metadata = {"event_name": name, "event_time": time, "producer": "canvas", "root_account_id": "21070000000000001"}
    return {"source": "canvas", "value": {"metadata": metadata, "body": body}}


def completed(user: int) -> dict[str, Any]:
    """Whose SIS id it is, the event doesn't say."""
    done = {"completed_at": "2026-11-05T13:38:00Z", "requirement_count": 1, "requirement_completed_count": 1}
    body = {"course": {"id": "565", "name": "Bridges I"}, "progress": done, "user": {"id": str(user), "name": "Ada"}}
    return event("course_completed", "2026-11-05T13:38:02.615Z", body)


def created(user: int) -> dict[str, Any]:
    body = {"user_id": f"2107{user:013}", "user_sis_id": f"S-{user}", "name": "Ada"}
    return event("user_created", "2026-11-04T10:00:00Z", body)


def events() -> Iterator[dict[str, Any]]:
    """Each person's profile comes later than their completion, and some completions come again behind it."""
    for at in range(PEOPLE + BEHIND):
        if at < PEOPLE:
            yield completed(at + 1)
        if at >= BEHIND:
            user = at - BEHIND + 1
            yield created(user)
            if user % 5 == 0:
                yield completed(user)


async def send_slowly(stack: Stack, seconds: float) -> None:
    everything = list(events())
    chunks = [everything[at : at + AT_ONCE] for at in range(0, len(everything), AT_ONCE)]
    for chunk in chunks:
        await stack.send(chunk)
        await asyncio.sleep(seconds / len(chunks))


async def kill_again_and_again(stack: Stack) -> list[int]:
    """How many waited each time."""
    waiting = []
    for _ in range(KILLS):
        await asyncio.sleep(SECONDS_BETWEEN_KILLS)
        while not stack.supervisor.child("intake").alive():
            await asyncio.sleep(0.05)
        waiting.append(await stack.database[WAITING].count_documents({}))
        stack.kill("intake")
    return waiting


async def test_whoever_waits_for_a_profile_survives_kill_nine(tmp_path: Path, catalogue: Path) -> None:
    def command(name: str) -> list[str]:
        return [sys.executable, "-m", "tests.chaos.process", name, *(["slow-waiting"] if name == "intake" else [])]

    env = {"LAUREL_CHAOS_SECONDS_A_BATCH": "0"}
    async with running(tmp_path / "run", catalogue, command=command, env=env) as stack:
        _, waiting = await asyncio.gather(
            send_slowly(stack, KILLS * SECONDS_BETWEEN_KILLS), kill_again_and_again(stack)
        )
        await stack.settled(patience=60)
        for _ in range(100):
            if not await stack.database[WAITING].count_documents({}):
                break
            await asyncio.sleep(0.1)
        await stack.settled()

        awards = await stack.awards()
        print(f"\nwaiting at each kill: {waiting}; {len(awards)} of {PEOPLE} badges")
        assert max(waiting) > 0, "nobody waited when it was killed"
        assert await stack.database[WAITING].count_documents({}) == 0
        assert await stack.database[LEARNERS].count_documents({}) == PEOPLE
        assert await stack.database[ACTIVITIES].count_documents({}) == PEOPLE
        assert len({each["learner"] for each in awards}) == len(awards) == PEOPLE
        assert await stack.dead_letters() == []
