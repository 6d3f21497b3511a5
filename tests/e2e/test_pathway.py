"""Five levels of badges complete from one last activity; what happens to a leaf goes up as far as each level says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from shared.contracts import documents
from tests.e2e import lms
from tests.stack import Stack, running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

LEAVES = range(1, 11)
BADGES = {
    **{f"leaf-{number}": f"{{completed: {{course: C{number}}}}}" for number in LEAVES},
    **{f"skill-{n}": f"{{all: [{{holds: leaf-1}}, {{holds: leaf-{2 * n}}}]}}" for n in range(1, 6)},
    "field-1": "{at_least: {n: 2, of: [{holds: skill-1}, {holds: skill-2}, {holds: skill-5}]}}",
    "field-2": "{at_least: {n: 2, of: [{holds: skill-3}, {holds: skill-4}, {holds: skill-5}]}}",
    "field-3": "{holds: {achievement: 'skill-*', at_least: 4}}",
    "diploma": "{at_least: {n: 2, of: [{holds: field-1}, {holds: field-2}, {holds: field-3}]}}",
    "degree": "{all: [{holds: diploma}, {completed: {course: CAPSTONE}}]}",
}
KEEP = {"skill-5", "degree"}
"""they stay whatever becomes of what they rest on"""
ABOVE = {each for each in BADGES if not each.startswith("leaf")}
LAST = "2026-03-05T10:00:00Z"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("pathway")
    source = "name: bus, dialect: cloudevents, topic: lms.path, learner: email"
    lms.tenant(folder / "catalogue", "path", "did:web:path.example.org", [source], BADGES)
    for slug in ABOVE - KEEP:
        file = folder / "catalogue" / "path" / "achievements" / f"{slug}.yaml"
        file.write_text(file.read_text().replace("type: Badge", "type: Badge, on_correction: suspend"))
    async with running(folder / "run", folder / "catalogue") as started:
        yield started


async def awards(stack: Stack) -> dict[str, dict[str, Any]]:
    return {each["achievement"]: each for each in await stack.awards()}


async def becomes(stack: Stack, wanted: set[str]) -> set[str]:
    """Those that count in the end; status goes round through Kafka a few times, once for each level at most."""
    held: set[str] = set()
    for _ in range(60):
        await stack.settled()
        found = await awards(stack)
        held = {name for name, each in found.items() if each["credential_state"] == "active"}
        if held == wanted:
            break
        await asyncio.sleep(0.25)
    return held


async def change(stack: Stack, what: str, achievement: str) -> None:
    award = (await awards(stack))[achievement]["_id"]
    code, said = await stack.laurel("credential", what, award, "--reason", "looked at it again", "--yes")
    assert code == 0, said


async def test_one_last_activity_completes_it_in_order_and_each_award_says_why(stack: Stack) -> None:
    await stack.send(lms.completed("bus", "ada", course) for course in [*(f"C{n}" for n in LEAVES[1:]), "CAPSTONE"])
    await stack.settled()
    before = set(await awards(stack))

    await stack.send([lms.completed("bus", "ada", "C1", at=LAST)])
    await stack.settled()

    found = await awards(stack)
    ids = {each["_id"]: name for name, each in found.items()}
    rests_on = {
        name: {ids[e["activity_id"]] for e in each["evidence"] if e["verb"] == "holds"} for name, each in found.items()
    }
    assert before == {f"leaf-{number}" for number in LEAVES[1:]}
    assert set(found) == set(BADGES)
    assert {found[each]["earned_at"].isoformat() for each in ABOVE | {"leaf-1"}} == {"2026-03-05T10:00:00+00:00"}
    assert rests_on["skill-2"] == {"leaf-1", "leaf-4"}
    assert rests_on["field-1"] == {"skill-1", "skill-2"}
    assert rests_on["diploma"] == {"field-1", "field-2"}
    assert rests_on["degree"] == {"diploma"}
    assert found["degree"]["why"] == "Completed CAPSTONE on 2026-03-02; holds “Diploma”"
    assert await stack.database[documents.CREDENTIALS].count_documents({}) == len(BADGES) == 20


async def test_each_is_explained(stack: Stack) -> None:
    for slug in ("leaf-1", "skill-1", "field-3", "diploma", "degree"):
        code, said = await stack.laurel("catalogue", "explain", lms.address("ada"), f"path/{slug}", "--json")
        (told,) = json.loads(said)

        assert (code, told["met"], told["state"]) == (0, True, "holds it")
        assert told["sentences"][0].startswith("Earned on 2026-03-05")


async def test_a_leaf_that_is_lost_takes_along_what_rests_on_it_and_gives_it_back(stack: Stack) -> None:
    kept = {f"leaf-{number}" for number in LEAVES[1:]} | KEEP

    await change(stack, "suspend", "leaf-1")
    lost = await becomes(stack, kept)
    reason = await stack.database[documents.STATUS_FACTS].find_one(
        {"award_id": (await awards(stack))["skill-1"]["_id"]}
    )
    await change(stack, "reinstate", "leaf-1")
    restored = await becomes(stack, set(BADGES))

    assert lost == kept
    assert reason is not None
    assert (reason["cause"], reason["change"]) == ("correction", "suspend")
    assert reason["reason"] == (
        "A correction: the badge “Leaf-1” is no longer held. No longer met: holds the badge leaf-1"
    )
    assert restored == set(BADGES)


async def test_m_of_n_stays_as_long_as_enough_is_left(stack: Stack) -> None:
    """Four of five skills are still there, and two of three in each field."""
    await change(stack, "revoke", "leaf-2")

    held = await becomes(stack, set(BADGES) - {"leaf-2", "skill-1"})

    assert held == set(BADGES) - {"leaf-2", "skill-1"}
    assert await stack.dead_letters() == []
    assert stack.restarts == {}
