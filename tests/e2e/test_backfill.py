"""A catalogue is tried, applied and backfilled while events flow: nobody is missed, and nobody gets two."""

from __future__ import annotations

import asyncio
import email
import json
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.contracts import documents
from tests.e2e import lms
from tests.stack import Stack, running

pytestmark = pytest.mark.timeout(180)

LEARNERS, LATE = 200, 60
COURSES = ("A", "B", "C", "D")
AT_FIRST = {"a": "{completed: {course: A}}", "b": "{completed: {course: B}}"}
IN_THE_END = AT_FIRST | {
    "both": "{all: [{completed: {course: A}}, {completed: {course: C}}]}",
    "three": "{count: {of: {completed: {course: '*'}}, at_least: 3}}",
    "top": "{all: [{holds: both}, {holds: b}]}",
    "untouched": "{all: [{completed: {course: D}}, {not: {completed: {course: A}}}]}",
}
Did = Mapping[str, list[str]]


@pytest.fixture
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("backfill")
    catalogue(folder / "catalogue", AT_FIRST)
    env = {"LAUREL_DIGEST_HOLD_SECONDS": "3"}
    async with running(folder / "run", folder / "catalogue", env=env) as started:
        yield started


def catalogue(folder: Path, badges: Mapping[str, str]) -> Path:
    source = "name: bus, dialect: cloudevents, topic: lms.late, learner: email"
    lms.tenant(folder, "late", "did:web:late.example.org", [source], badges)
    return folder


def some_learning(learners: Iterable[str], luck: random.Random) -> dict[str, list[str]]:
    return {each: [luck.choice(COURSES) for _ in range(luck.randint(1, 12))] for each in learners}


def events(did: Did) -> list[lms.Line]:
    """Course by course; each learner's in order."""
    return [
        lms.completed("bus", learner, courses[number], key=learner, at=f"2026-03-02T10:{number:02d}:00Z")
        for number in range(12)
        for learner, courses in did.items()
        if number < len(courses)
    ]


def due(courses: Iterable[str]) -> set[str]:
    """What somebody has earned who did these, in any order; `untouched` depends on when it was judged."""
    done = set(courses)
    found = {slug for slug, course in (("a", "A"), ("b", "B")) if course in done}
    found |= {"both"} if {"A", "C"} <= done else set()
    found |= {"three"} if len(done) >= 3 else set()
    return found | ({"top"} if {"both", "b"} <= found else set())


async def held(stack: Stack) -> dict[str, dict[str, Any]]:
    return {each["_id"]: each for each in await stack.awards()}


async def by_address(stack: Stack, awards: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    people = {each["_id"]: each["email"] async for each in stack.database[documents.LEARNERS].find({})}
    found: dict[str, list[str]] = defaultdict(list)
    for each in awards:
        found[people[each["learner"]]].append(each["achievement"])
    return found


async def asked(stack: Stack, *arguments: str) -> Any:
    code, said = await stack.laurel("catalogue", *arguments, "--json")
    assert code == 0, said
    return json.loads(said)


async def test_a_catalogue_is_backfilled_while_events_flow(stack: Stack, tmp_path: Path) -> None:
    luck = random.Random(4)
    before = some_learning((f"early{number}" for number in range(LEARNERS)), luck)
    meanwhile = some_learning((f"late{number}" for number in range(LATE)), luck)
    draft = str(catalogue(tmp_path / "draft", IN_THE_END))
    await stack.send(events(before))
    await stack.settled()
    at_first = await held(stack)

    forecast = await asked(stack, "dry-run", draft)
    untouched = await held(stack)
    flow = asyncio.create_task(send_slowly(stack, events(meanwhile)))
    await asked(stack, "apply", draft)
    done = await asked(stack, "backfill", "--yes")
    await flow
    await stack.settled()
    again = await asked(stack, "backfill", "--yes")
    nothing = await asked(stack, "dry-run")

    assert at_first == untouched, "trying writes nothing"
    awards = await held(stack)
    people = await by_address(stack, awards.values())
    early = {lms.address(each) for each in before}
    owners = {each["_id"]: each["email"] async for each in stack.database[documents.LEARNERS].find({})}
    new = {key for key, each in awards.items() if key not in at_first and owners[each["learner"]] in early}
    predicted = {each["award_id"]: each for each in forecast["changes"] if each["comes"] == "earned"}
    assert len(predicted) > LEARNERS
    assert predicted.keys() == new, "award by award"
    assert {key: each["version"] for key, each in predicted.items()} == {key: awards[key]["version"] for key in new}
    assert {key: each["why"] for key, each in predicted.items()} == {key: awards[key]["why"] for key in new}
    for learner, courses in {**before, **meanwhile}.items():
        has = people.get(lms.address(learner), [])
        assert len(has) == len(set(has)), "nobody gets two"
        assert set(has) - {"untouched"} == due(courses), "nobody is missed"
    assert done["learners"] >= LEARNERS
    assert again["learners"] == 0
    assert nothing["totals"] == {"earned": 0, "lost": 0, "kept": 0}
    assert set(await stack.ids(documents.CREDENTIALS)) == awards.keys()
    assert stack.mails() == dict.fromkeys(awards, 1)
    assert await stack.dead_letters() == []


async def send_slowly(stack: Stack, lines: list[lms.Line]) -> None:
    """While everything else goes on."""
    for start in range(0, len(lines), 50):
        await stack.send(lines[start : start + 50])
        await asyncio.sleep(0.1)


async def test_a_quiet_backfill_writes_no_mail_and_every_later_badge_does(stack: Stack, tmp_path: Path) -> None:
    draft = str(catalogue(tmp_path / "draft", AT_FIRST | {"c": "{completed: {course: C}}"}))
    await stack.send([lms.completed("bus", each, "C", key=each) for each in ("ada", "bob")])
    await stack.settled()
    await asked(stack, "apply", draft)

    would = await asked(stack, "backfill")
    nobody = await held(stack)
    await asked(stack, "backfill", "--yes", "--mail", "none", "--achievement", "late/c")
    await stack.settled()
    quiet = await held(stack)
    await stack.send([lms.completed("bus", "cyd", "C", key="cyd")])
    await stack.settled()

    assert (would["would"]["activities"], nobody) == (2, {})
    [last] = set(await held(stack)) - quiet.keys()
    assert len(quiet) == 2
    assert stack.mails() == {last: 1}
    states = {each["award_id"]: each["state"] async for each in stack.database[documents.DELIVERIES].find({})}
    assert states == {**dict.fromkeys(quiet, "suppressed"), last: "sent"}


async def test_a_backfill_with_a_digest_writes_each_learner_one_mail_that_names_all(
    stack: Stack, tmp_path: Path
) -> None:
    badges = AT_FIRST | {each: f"{{completed: {{course: {each.upper()}}}}}" for each in "cd"}
    badges |= {"cd": "{all: [{holds: c}, {holds: d}]}"}
    draft = str(catalogue(tmp_path / "draft", badges))
    people = [f"learner{number}" for number in range(12)]
    await stack.send([lms.completed("bus", each, course, key=each) for course in "CD" for each in people])
    await stack.send([lms.completed("bus", "ona", "C", key="ona")])
    await stack.settled()
    await asked(stack, "apply", draft)

    await asked(stack, "backfill", "--yes", "--mail", "digest")
    await stack.settled()
    together = await held(stack)
    mails = [email.message_from_bytes(each.read_bytes()) for each in stack.supervisor.mails.glob("*.eml")]
    await stack.send([lms.completed("bus", "ona", "A", key="ona")])
    await stack.settled()

    assert len(together) == 3 * len(people) + 1
    assert stack.mails() == dict.fromkeys(await held(stack), 1), (
        "every badge is told once, and later ones by themselves"
    )
    of = await by_address(stack, together.values())
    assert len(mails) == len(of) == len(people) + 1
    for mail in mails:
        [mine] = [found for address, found in of.items() if address in mail["To"]]
        assert len(mail.get_all("Laurel-Award", [])) == len(mine) == (1 if "ona@" in mail["To"] else 3)
    states = Counter([each["state"] async for each in stack.database[documents.DELIVERIES].find({})])
    assert states == {"suppressed": len(together), "sent": len(people) + 2}
