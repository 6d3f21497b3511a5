"""One person, however many systems know them, whatever arrives first, and whether or not an address is known."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from shared.contracts import documents
from tests.e2e import lms
from tests.e2e.any_lms_tables import TABLES, lines
from tests.stack import Stack, running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

CANVAS = "name: canvas, dialect: canvas, topic: lms.canvas, learner: email"
LRS = "name: lrs, dialect: xapi, topic: lms.lrs, learner: email"
EDX = "name: openedx, dialect: openedx, topic: lms.openedx, learner: email"
BUS = "name: bus, dialect: cloudevents, topic: lms.bus"
REGISTRAR = "name: registrar, dialect: registrar, topic: lms.registrar, directory: bus"
BADGES = {
    "welding": "{completed: {course: '*X1'}}",
    "events": "{score: {course: 'course-v1:Example+EDS101*', at_least: 80%}}",
    "knots": "{completed: {course: KNOTS}}",
    "sails": "{completed: {course: SAILS}}",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("people")
    lms.tenant(folder / "c", "school", "did:web:school.example.org", [CANVAS, LRS, EDX, BUS, REGISTRAR], BADGES)
    lms.tenant(
        folder / "c",
        "brief",
        "did:web:brief.example.org",
        ["name: hurry, dialect: cloudevents, topic: lms.hurry"],
        BADGES,
    )
    _patience(folder / "c" / "brief" / "issuer.yaml", "PT3S")
    async with running(folder / "run", folder / "c") as started:
        yield started


async def test_the_same_facts_from_two_dialects_of_one_school_give_one_award(stack: Stack) -> None:
    await stack.send([lms.canvas_completed("canvas", "ida", "X1"), lms.xapi_passed("lrs", "ida", "X1")])
    await stack.settled()

    assert await _badges(stack, lms.address("ida")) == Counter({"welding": 1})


async def test_a_grade_that_knows_only_a_number_waits_for_its_learners_profile(stack: Stack) -> None:
    passing, grade = lines(TABLES["openedx"])[:2]

    await stack.send([grade])
    await _until(stack, "waiting", 1)
    await stack.send([passing])
    await _until(stack, "waiting", 0)
    await stack.settled()

    assert await _badges(stack, "ida@example.edu") == Counter({"events": 1})


async def test_a_badge_and_its_mail_go_out_once_an_address_is_known(stack: Stack) -> None:
    await stack.send([_nameless("bus", "jo", "KNOTS")])
    await _until(stack, documents.AWARDS, 1, {"achievement": "knots", "state": "pending"})
    assert await _badges(stack, "jo") == Counter()

    await stack.send([_nameless("bus", "jo", "SOMETHING", email="jo@mail.example")])
    await stack.settled()

    assert await _badges(stack, "jo") == Counter({"knots": 1})
    [award] = await stack.ids(documents.AWARDS, {"achievement": "knots"})
    assert stack.mails()[award] == 1


async def test_a_badge_goes_to_the_account_when_no_address_comes_for_too_long(stack: Stack) -> None:
    began = time.monotonic()

    await stack.send([_nameless("hurry", "mo", "KNOTS")])
    await _until(stack, documents.CREDENTIALS, 1, {"tenant": "brief"})

    assert time.monotonic() - began > 2
    assert await _badges(stack, "mo") == Counter({"knots": 1})


async def test_two_accounts_that_are_one_persons_lose_and_double_no_badge(stack: Stack) -> None:
    await stack.send([_nameless("bus", "pat", "SAILS", email="pat@mail.example"), _nameless("bus", "pat-2", "OTHER")])
    await stack.settled()

    code, said = await stack.laurel(
        "learners", "merge", "bus:pat", "bus:pat-2", "--tenant", "school", "--because", "one person", "--yes"
    )
    assert code == 0, said
    await stack.settled()
    await stack.send([_nameless("bus", "pat-2", "SAILS"), _nameless("bus", "pat", "KNOTS")])
    await stack.settled()

    [into] = await stack.ids(documents.LEARNERS, {"external_id": "pat-2"})
    await _until(stack, documents.AWARDS, 2, {"learner": into})
    awards = [each["achievement"] for each in await stack.awards() if each["learner"] == into]
    assert Counter(awards) == Counter({"sails": 1, "knots": 1})
    assert len(await stack.ids(documents.CREDENTIALS, {"achievement": "sails"})) == 1


async def test_a_registrar_awards_what_no_event_says(stack: Stack) -> None:
    await stack.send([_nameless("bus", "ray", "OTHER", email="ray@mail.example")])
    await stack.settled()

    code, said = await stack.laurel(
        "awards", "add", "ray", "school/sails", "--because", "sailed round the world", "--yes"
    )
    assert code == 0, said
    await stack.settled()

    assert await _badges(stack, "ray") == Counter({"sails": 1})
    [award] = [each for each in await stack.awards() if "sailed round the world" in each["why"]]
    assert stack.mails()[award["_id"]] == 1


def _nameless(source: str, learner: str, course: str, email: str | None = None) -> lms.Line:
    """A completion that says no more of its learner than it must."""
    line = lms.completed(source, learner, course)
    line["value"]["data"]["learner"] = {"id": learner} | ({"email": email} if email else {})
    return line


def _patience(issuer: Path, wait: str) -> None:
    issuer.write_text(issuer.read_text().replace("issuer: {", f"issuer: {{address_wait: {wait}, "))


async def _badges(stack: Stack, external_id: str) -> Counter[str]:
    """The credentials that a learner has, by achievement."""
    learners = await stack.ids(documents.LEARNERS, {"external_id": external_id})
    found: list[dict[str, Any]] = (
        await stack.database[documents.CREDENTIALS].find({"learner": {"$in": learners}}).to_list(None)
    )
    return Counter(each["achievement"] for each in found)


async def _until(stack: Stack, collection: str, count: int, query: dict[str, Any] | None = None) -> None:
    deadline = time.monotonic() + 40
    while len(await stack.ids(collection, query)) != count:
        assert time.monotonic() < deadline, f"{collection} never held {count}"
        await asyncio.sleep(0.2)
