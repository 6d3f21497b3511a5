"""The same events again, in any order and however often, come to the same awards; in another place to the same badges.

The bundled examples, of every dialect, and learners who are known to one system only. All criteria can only become
true, and what is corrected or voided never was enough. One award waits for an address, for longer than the test.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from shared.catalogue.facts import WAITS_FOR_ADDRESS
from shared.contracts import documents
from tests.e2e import lms
from tests.stack import CLONE, Stack, running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]

CATALOGUE = CLONE / "examples" / "catalogue"
EXAMPLES = [json.loads(line) for line in (CLONE / "examples" / "events.jsonl").read_text().splitlines() if line.strip()]
EDS = "course-v1:Example+EDS101+2026"
LONERS = [
    *(
        lms.completed("campus-bus", name, course, key=name, at=f"2026-0{month}-01T10:00:00Z", grade=0.85)
        for name in ("solveig", "tariq")
        for month, course in enumerate(("DATA101-1", EDS, "EL-A", "EL-B", "SEMINAR-1", "SEMINAR-2"), start=1)
    ),
    *(lms.completed("assessment-hook", "uma", course) for course in ("METH101-1", "STAT101-1", "WRIT101-1")),
    *(lms.completed("workshop", "viggo", f"TOOL-{number}", key="viggo") for number in range(4)),
]
EVENTS = EXAMPLES + LONERS
SEED = 20_260_302


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one stack came to."""

    awards: set[tuple[str, str, int, str, str, str]]
    """tenant, achievement, version, learner, award id, credential id"""
    unsigned: dict[str, bytes]
    """by award: the credential without its proof, as it was written"""
    learners: dict[str, str]
    """by award"""
    sources: dict[str, set[str]]
    """by learner: whence their events came"""
    mails: Counter[str]
    dead_letters: int
    unaddressed: set[str]
    """awards that wait for their learner's address"""


@dataclass(frozen=True, slots=True)
class Three:
    """The file once in order, thrice in no order, and once in order in another place."""

    once: Outcome
    shuffled: Outcome
    elsewhere: Outcome


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def three(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Three]:
    folder = tmp_path_factory.mktemp("again")
    shuffled = EVENTS * 3
    random.Random(SEED).shuffle(shuffled)
    yield Three(
        await outcome(folder, "once", EVENTS),
        await outcome(folder, "shuffled", shuffled),
        await outcome(folder, "elsewhere", EVENTS),
    )


async def outcome(folder: Path, name: str, events: list[dict[str, Any]]) -> Outcome:
    async with running(folder / name, CATALOGUE, secrets=folder / "secrets") as stack:
        await stack.send(events)
        await stack.settled()
        return await what_came_out(stack)


async def what_came_out(stack: Stack) -> Outcome:
    credentials = [each async for each in stack.database[documents.CREDENTIALS].find({})]
    all_awards = {each["_id"]: each for each in await stack.awards()}
    unaddressed = {award for award, each in all_awards.items() if each.get("waits_for") == WAITS_FOR_ADDRESS}
    awards = {award: each for award, each in all_awards.items() if award not in unaddressed}
    sources: dict[str, set[str]] = defaultdict(set)
    async for each in stack.database[documents.ACTIVITIES].find({}, {"learner": 1, "source": 1}):
        sources[each["learner"]].add(each["source"])
    assert {each["_id"] for each in credentials} == set(awards), "every award has its credential"
    return Outcome(
        awards={
            (each["tenant"], each["achievement"], awards[each["_id"]]["version"], each["learner"], each["_id"],
             each["credential_id"])
            for each in credentials
        },
        unsigned={each["_id"]: without_proof(each["data_integrity"]) for each in credentials},
        learners={each["_id"]: each["learner"] for each in credentials},
        sources=dict(sources),
        mails=stack.mails(),
        dead_letters=len(await stack.dead_letters()),
        unaddressed=unaddressed,
    )  # fmt: skip


def without_proof(document: str) -> bytes:
    """The order of its members stays as it was written."""
    return json.dumps({name: value for name, value in json.loads(document).items() if name != "proof"}).encode()


async def test_events_sent_three_times_in_any_order_come_to_the_same_awards(three: Three) -> None:
    assert len(three.once.awards) >= 27
    assert three.shuffled.awards == three.once.awards
    assert three.shuffled.unaddressed == three.once.unaddressed
    assert len(three.once.unaddressed) == 1


async def test_a_badge_is_mailed_once_however_often_its_events_are_sent(three: Three) -> None:
    awards = {award for *_, award, _ in three.once.awards}

    assert three.once.mails == dict.fromkeys(awards, 1)
    assert three.shuffled.mails == dict.fromkeys(awards, 1)


async def test_every_copy_of_what_can_not_be_read_is_kept(three: Three) -> None:
    assert three.once.dead_letters > 0
    assert three.shuffled.dead_letters == 3 * three.once.dead_letters


async def test_an_empty_stack_with_the_same_secrets_makes_the_same_credentials_byte_for_byte(three: Three) -> None:
    by_one_source = {award for award, learner in three.once.learners.items() if len(three.once.sources[learner]) == 1}

    assert len(by_one_source) >= 12, "five badges of two loners each, and one of two more"
    assert three.elsewhere.awards == three.once.awards
    for award in by_one_source:
        assert three.elsewhere.unsigned[award] == three.once.unsigned[award]
