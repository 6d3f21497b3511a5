"""Two evaluators, and both are killed in turn while awards fall due: every due decision happens, and happens once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.devstack import environment
from services.devstack.children import Child
from services.devstack.ports import free_port
from shared.contracts import documents
from tests.e2e import lms
from tests.stack import Stack, running, service_command

pytestmark = pytest.mark.timeout(180)

LEARNERS, WAIT = 60, 15
SPREAD = 6
"""seconds over which they fall due"""


@pytest.fixture
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("due")
    source = "name: bus, dialect: cloudevents, topic: lms.due, learner: email"
    badges = {
        "clean": "{all: [{completed: {course: A}}, {not: {completed: {course: B}}}]}",
        "top": "{all: [{holds: clean}, {completed: {course: C}}]}",
    }
    lms.tenant(folder / "catalogue", "due", "did:web:due.example.org", [source], badges)
    clean = folder / "catalogue" / "due" / "achievements" / "clean.yaml"
    clean.write_text(clean.read_text().replace("type: Badge", f"type: Badge, issue_after: PT{WAIT}S"))
    async with running(folder / "run", folder / "catalogue") as started:
        yield started


@contextmanager
def another_evaluator(stack: Stack) -> Iterator[Child]:
    """A second one, in the same consumer group."""
    supervisor, port = stack.supervisor, free_port()
    addresses = replace(supervisor.addresses, ports={**supervisor.addresses.ports, "evaluator": port})
    state = supervisor.folder / "state-of-the-second"
    (state / "evaluator").mkdir(parents=True, exist_ok=True)
    env = environment.for_service("evaluator", addresses, stack.secrets, state) | {"LAUREL_INSTANCE": "2"}
    log = supervisor.logs / "evaluator-2.log"
    child = Child.start("evaluator-2", service_command("evaluator"), log=log, home=supervisor.home, env=env)
    try:
        yield child
    finally:
        child.stop()


async def test_every_due_decision_happens_once(stack: Stack) -> None:
    now = datetime.now(UTC)
    moments = {
        f"due{each}": (now + timedelta(seconds=SPREAD * each / LEARNERS)).isoformat() for each in range(LEARNERS)
    }
    spoilt = set(list(moments)[::3])
    lines = [lms.completed("bus", each, "A", key=each, at=at) for each, at in moments.items()]
    lines += [lms.completed("bus", each, "C", key=each, at=now.isoformat()) for each in moments]
    lines += [lms.completed("bus", each, "B", key=each, at=at) for each, at in moments.items() if each in spoilt]
    first = now + timedelta(seconds=WAIT)

    with another_evaluator(stack) as second:
        await stack.send(lines)
        await asyncio.sleep((first - datetime.now(UTC)).total_seconds())
        stack.kill("evaluator")
        await asyncio.sleep(SPREAD / 2)
        second.kill()
    with another_evaluator(stack):
        await asyncio.sleep(SPREAD / 2 + 1)
        await stack.settled()

        awards = {each["_id"]: each for each in await stack.awards()}

    people = {each["_id"]: each["email"] async for each in stack.database[documents.LEARNERS].find({})}
    earned = {key for key, each in awards.items() if each["state"] == "earned"}
    expected = {(lms.address(each), badge) for each in moments.keys() - spoilt for badge in ("clean", "top")}
    assert {(people[awards[key]["learner"]], awards[key]["achievement"]) for key in earned} == expected
    assert len(earned) == len(expected), "nobody gets two"
    assert {each["state"] for each in awards.values()} <= {"earned", "withdrawn"}, "nothing is left to decide"
    assert {each["due_at"] > first - timedelta(seconds=1) for each in awards.values()} == {True}
    assert set(await stack.ids(documents.CREDENTIALS)) == earned
    assert stack.mails() == dict.fromkeys(earned, 1)
    assert stack.restarts["evaluator"] >= 1
    assert await stack.dead_letters() == []
