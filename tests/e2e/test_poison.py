"""Whatever a source sends: each bad record is one dead letter, byte for byte and with its reason, and nobody else's
trouble; once the cause is mended, a replay issues the badge.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.ctl import topics as provisioning
from services.ctl.dead_letters import DeadLetter
from shared.contracts import documents, topics
from shared.runtime.kafka import producer
from tests.e2e import lms
from tests.stack import SERVICES, Stack, running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

DID = "did:web:poison.example.org"
SOURCES = [
    "name: bus, dialect: cloudevents, topic: lms.bus, learner: email",
    "name: babble, dialect: cloudevents, topic: lms.babble, learner: email",
]
LATER = "name: late, dialect: cloudevents, topic: lms.late, learner: email"
BADGES = {"remedy": "{completed: {course: C}}"}
OPENS_AT = 50
MORE_THAN_A_MIB = topics.MIB + 1
MORE_THAN_KAFKAS_DEFAULT = 3 * topics.MIB
BINARY = {"base64": base64.b64encode(b"\xff\xfe\x00binary").decode()}
ONE_KEY = "one-partition"


def completed(learner: str, **more: Any) -> lms.Line:
    return lms.completed("bus", learner, "C", key=ONE_KEY, **more)


def bad(**value: Any) -> lms.Line:
    return {"source": "bus", "key": ONE_KEY, "headers": dict(lms.STRUCTURED), **value}


def with_data(who: str, **data: Any) -> lms.Line:
    line = completed(who)
    line["value"]["data"] |= data
    return line


POISON: Mapping[str, tuple[lms.Line, str]] = {
    "no JSON": (bad(value_text="{oops"), "not_json"),
    "no text at all": (bad(value_base64=base64.b64encode(b"\xff\x00\xfe").decode()), "not_json"),
    "nothing": (bad(value_text=""), "not_json"),
    "JSON, but no object": (bad(value_text="null"), "invalid"),
    "without a learner": (with_data("carol", learner=None), "invalid"),
    "a course of the wrong type": (with_data("carol", course=["C"]), "invalid"),
    "a grade of the wrong type": (with_data("carol", grade="A+ for carol@mail.example"), "invalid"),
    "addresses instead of one": (with_data("carol", learner={"id": "1", "email": ["carol@mail.example"]}), "invalid"),
    "without an address, by which learners are told apart": (with_data("carol", learner={"id": "carol"}), "no_learner"),
    "of the year 2999": (completed("carol", at="2999-01-01T00:00:00Z"), "in_the_future"),
    "bad, with a binary header": (bad(value_text="[") | {"headers": {"x-trace": BINARY}}, "not_json"),
    "above intake's limit": (completed("carol", padding="x" * MORE_THAN_A_MIB), "too_large"),
    "above Kafka's usual limit": (completed("carol", padding="x" * MORE_THAN_KAFKAS_DEFAULT), "too_large"),
    "nested 10,000 deep": (bad(value_text='{"a":' * 10_000 + "1" + "}" * 10_000), "not_json"),
    "a list nested 10,000 deep": (bad(value_text="[" * 10_000 + "]" * 10_000), "not_json"),
}
NEIGHBOURS = [f"n{number}" for number in range(len(POISON) + 1)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("poison")
    lms.tenant(folder / "catalogue", "poison", DID, SOURCES, BADGES)
    retest = {"LAUREL_BREAKER_RETEST_SECONDS": "1"}
    async with running(folder / "run", folder / "catalogue", env=retest) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def poisoned(stack: Stack) -> Stack:
    """Each poison between two good neighbours of one partition, one of them with a binary header, and a tombstone."""
    lines = [completed(NEIGHBOURS[0], headers={"x-trace": BINARY})]
    for (line, _), neighbour in zip(POISON.values(), NEIGHBOURS[1:], strict=True):
        lines += [line, completed(neighbour)]
    await stack.send([*lines, bad(value=None)])
    await stack.settled()
    return stack


def as_sent(line: lms.Line) -> bytes:
    if "value_base64" in line:
        return base64.b64decode(line["value_base64"])
    text: str = line["value_text"] if "value_text" in line else json.dumps(line["value"], separators=(",", ":"))
    return text.encode()


async def holders(stack: Stack) -> set[str]:
    people = {each["_id"]: each["email"].partition("@")[0] async for each in stack.database["learners"].find({})}
    return {people[each["learner"]] async for each in stack.database[documents.CREDENTIALS].find({})}


async def letters_of(stack: Stack, topic: str) -> list[DeadLetter]:
    return [each for each in await stack.dead_letters() if each.topic == topic]


async def measured(stack: Stack, name: str, **labels: str) -> float:
    for line in (await stack.metrics("intake")).splitlines():
        if line.startswith(f"{name}{{") and all(f'{key}="{value}"' in line for key, value in labels.items()):
            return float(line.rpartition(" ")[2])
    return 0.0


async def until(what: Any) -> None:
    async with asyncio.timeout(30):
        while not await what():
            await asyncio.sleep(0.1)


async def test_each_bad_record_is_one_dead_letter_with_its_reason_and_its_bytes(poisoned: Stack) -> None:
    letters = await letters_of(poisoned, "lms.bus")

    found = sorted((each.value or b"", each.error_code) for each in letters)
    assert found == sorted((as_sent(line), code) for line, code in POISON.values())
    assert {each.group for each in letters} == {"intake"}
    assert {each.key for each in letters} == {ONE_KEY.encode()}
    assert all(each.message for each in letters)
    assert all(each.written == 1 for each in letters)


async def test_neighbours_of_poison_get_their_badges_even_with_a_binary_header(poisoned: Stack) -> None:
    assert set(NEIGHBOURS) <= await holders(poisoned)


async def test_a_dead_letter_keeps_a_binary_header(poisoned: Stack) -> None:
    [letter] = [each for each in await letters_of(poisoned, "lms.bus") if each.value == b"["]

    assert ("x-trace", base64.b64decode(BINARY["base64"])) in letter.headers


async def test_a_null_value_is_a_tombstone_and_irrelevant(poisoned: Stack) -> None:
    counted = await measured(poisoned, "laurel_events_received_total", source="poison/bus", outcome="irrelevant")

    assert counted == 1
    assert all(each.value is not None for each in await letters_of(poisoned, "lms.bus"))


async def test_an_operator_is_told_what_is_wrong_and_after_mending_it_the_badge_is_issued(
    stack: Stack, tmp_path: Path
) -> None:
    await provisioning.apply(stack.settings, ["lms.late"])
    line = lms.completed("late", "lena", "C")
    client = producer(stack.settings)
    await client.start()
    await client.send_and_wait(
        "lms.late",
        value=json.dumps(line["value"]).encode(),
        headers=[("content-type", b"application/cloudevents+json")],
    )
    await client.stop()
    await until(lambda: letters_of(stack, "lms.late"))
    [letter] = await letters_of(stack, "lms.late")

    shown = await stack.laurel("dlq", "show", letter.id)
    lms.tenant(tmp_path, "poison", DID, [*SOURCES, LATER], BADGES)
    applied = await stack.laurel("catalogue", "apply", str(tmp_path))
    replayed = await stack.laurel("dlq", "replay", letter.id, "--yes")
    await stack.settled()

    assert shown[0] == applied[0] == replayed[0] == 0, (shown, applied, replayed)
    assert "unknown_source" in shown[1]
    assert "laurel catalogue apply" in shown[1], "says what to do"
    assert line["value"]["id"] in shown[1], "shows the record"
    assert "lena" in await holders(stack)
    assert len(await letters_of(stack, "lms.late")) == 1, "nothing new was refused"


async def test_fifty_bad_records_in_a_row_stop_their_source_alone_until_a_good_one(stack: Stack) -> None:
    garbage: lms.Line = {"source": "babble", "key": ONE_KEY, "value_text": "babble"}
    labels = {"topic": "lms.babble", "source": "poison/babble", "group": "intake"}

    async def is_open() -> bool:
        return await measured(stack, "laurel_dead_letter_breaker_open", **labels) == 1

    async def is_closed() -> bool:
        return not await is_open()

    await stack.send([garbage] * (OPENS_AT - 1))
    await stack.settled()
    still_closed = await is_closed()
    await stack.send([garbage])
    await until(is_open)
    await stack.send([completed("olga")])
    await stack.settled()
    others_go_on, open_meanwhile = "olga" in await holders(stack), await is_open()
    await stack.send([garbage, lms.completed("babble", "bea", "C", key=ONE_KEY)])
    await until(is_closed)
    await stack.settled()

    assert still_closed
    assert others_go_on
    assert open_meanwhile
    assert "bea" in await holders(stack)
    assert len(await letters_of(stack, "lms.babble")) == OPENS_AT + 1


async def test_no_log_and_no_refusal_tells_an_address_or_a_name(poisoned: Stack) -> None:
    named = ["mail.example", "Surname", "user-n0", "carol"]

    logs = {name: (poisoned.supervisor.logs / f"{name}.log").read_text() for name in SERVICES}
    messages = [each.message for each in await poisoned.dead_letters()]

    assert all(logs.values()), "there is something to look at"
    assert "dead_lettered" in logs["intake"]
    for text in (*logs.values(), *messages, *[await poisoned.metrics(each) for each in SERVICES]):
        assert not [each for each in named if each.casefold() in text.casefold()]
