"""A registrar confirms or declines, by the command; until then nothing is signed, and explain says so."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from shared.contracts import documents
from tests.e2e import lms
from tests.stack import Stack, running

pytestmark = pytest.mark.timeout(150)

BUS = "name: bus, dialect: cloudevents, topic: lms.bus, learner: email"
BADGE = "school/diploma"


async def test_nothing_is_signed_before_a_registrar_says_so(tmp_path: Path) -> None:
    lms.tenant(
        tmp_path / "c", "school", "did:web:school.example.org", [BUS], {"diploma": "{completed: {course: FINAL}}"}
    )
    diploma = tmp_path / "c" / "school" / "achievements" / "diploma.yaml"
    diploma.write_text(diploma.read_text().replace("version: 1,", "version: 1, approval: required,"))

    async with running(tmp_path / "run", tmp_path / "c") as stack:
        await stack.send([lms.completed("bus", who, "FINAL") for who in ("ida", "bo")])
        await _states(stack, {"ida": "pending", "bo": "pending"})
        waiting, listed = await _explained(stack, "ida"), await stack.laurel("awards", "pending")
        signed_early = await stack.ids(documents.CREDENTIALS)
        ida, bo = [await _award(stack, who) for who in ("ida", "bo")]
        approved = await stack.laurel("awards", "approve", ida, "--because", "seen", "--yes")
        declined = await stack.laurel("awards", "decline", bo, "--because", "the thesis is missing", "--yes")
        await _states(stack, {"ida": "earned", "bo": "declined"})
        await stack.settled()
        credentials, mails = await stack.ids(documents.CREDENTIALS), stack.mails()
        refused = await _explained(stack, "bo")

    assert listed[0] == approved[0] == declined[0] == 0, (listed, approved, declined)
    assert "diploma" in listed[1]
    assert signed_early == []
    assert "approv" in waiting or "registrar" in waiting
    assert "the thesis is missing" in refused
    assert (credentials, dict(mails)) == ([ida], {ida: 1})


async def _explained(stack: Stack, who: str) -> str:
    code, said = await stack.laurel("catalogue", "explain", lms.address(who), BADGE)
    assert code in (0, 1), said
    return " ".join(said.split())


async def _award(stack: Stack, who: str) -> str:
    [learner] = await stack.ids(documents.LEARNERS, {"external_id": lms.address(who)})
    [award] = await stack.ids(documents.AWARDS, {"learner": learner})
    return award


async def _states(stack: Stack, wanted: dict[str, str]) -> None:
    """Returns once the learners' awards are so."""
    async with asyncio.timeout(40):
        while True:
            people = {each["_id"]: each["email"] async for each in stack.database[documents.LEARNERS].find({})}
            found = {people[each["learner"]]: each["state"] for each in await stack.awards()}
            if found == {lms.address(who): state for who, state in wanted.items()}:
                return
            await asyncio.sleep(0.2)
