"""kill -9 on every consumer while events flow: every badge exists once, and a control shows that this counts."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from shared.contracts import documents
from shared.contracts.documents import KeyPurpose, PublicKey
from shared.openbadges import data_integrity, vc_jwt
from shared.openbadges.keys import VerificationMethod
from shared.openbadges.shapes import Shapes
from tests.stack import CONSUMERS, Stack, running
from tests.survivors import completions, write_catalogue

pytestmark = [pytest.mark.kill, pytest.mark.timeout(600)]

EVENTS = 2_000
CONTROL_EVENTS = 600
KILLS_EACH = 5
SECONDS_BETWEEN_KILLS = 4.0
SECONDS_BETWEEN_CHUNKS = 0.5
"""shorter than what a slowed service takes for a batch and its commit, so that most kills hit one at work"""
CONTROL_KILLS_EACH = 4
UNHEALED = ("intake", "evaluator")
"""what these lose is lost; behind them a sweep finds what is missing, even for the control"""
MOST_MAILED_TWICE = 0.01
IMPATIENT = {"LAUREL_SENDER_LEASE_SECONDS": "6", "LAUREL_SMTP_TIMEOUT_SECONDS": "2"}
"""a send that was cut off is taken up again while the test lasts"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    return write_catalogue(tmp_path / "catalogue")


async def send_slowly(stack: Stack, count: int, seconds: float) -> None:
    lines = list(completions(count))
    chunks = max(1, int(seconds / SECONDS_BETWEEN_CHUNKS))
    size = -(-count // chunks)
    for start in range(0, count, size):
        began = time.monotonic()
        await stack.send(lines[start : start + size])
        await asyncio.sleep(max(0.0, seconds / chunks - (time.monotonic() - began)))


async def kill_in_turn(stack: Stack, rounds: int, services: Sequence[str] = CONSUMERS) -> Counter[str]:
    killed: Counter[str] = Counter()
    for service in itertools.islice(itertools.cycle(services), rounds * len(services)):
        await asyncio.sleep(SECONDS_BETWEEN_KILLS)
        while not stack.supervisor.child(service).alive():
            await asyncio.sleep(0.1)
        stack.kill(service)
        killed[service] += 1
    return killed


async def verified(stack: Stack) -> int:
    keys = {
        key.id: VerificationMethod(key.id, key.alg, key.jwk, key.multibase, key.purpose.value)
        async for key in _keys(stack)
        if key.purpose is KeyPurpose.CREDENTIAL
    }
    shapes, count = Shapes(), 0
    async for credential in stack.database[documents.CREDENTIALS].find({}):
        jwt, document = credential["jwt"], _json(credential["data_integrity"])
        vc_jwt.verify(jwt, keys[vc_jwt.kid_of(jwt)])
        data_integrity.verify(document, keys[data_integrity.kid_of(document)], shapes)
        count += 1
    return count


async def _keys(stack: Stack) -> Any:
    async for each in stack.database[documents.KEYS].find({}):
        yield PublicKey.from_store(each)


def _json(text: str) -> dict[str, Any]:
    import orjson

    loaded: dict[str, Any] = orjson.loads(text)
    return loaded


def slowed(*more: str) -> Any:
    return lambda name: [sys.executable, "-m", "tests.chaos.process", name, *more]


async def test_every_badge_survives_kill_nine_and_none_is_issued_twice(tmp_path: Path, catalogue: Path) -> None:
    async with running(tmp_path / "run", catalogue, command=slowed(), env=IMPATIENT) as stack:
        flow = KILLS_EACH * len(CONSUMERS) * (SECONDS_BETWEEN_KILLS + 0.2)

        _, killed = await asyncio.gather(send_slowly(stack, EVENTS, flow), kill_in_turn(stack, KILLS_EACH))
        await stack.settled(patience=90)

        awards = await stack.ids(documents.AWARDS)
        credentials = await stack.ids(documents.CREDENTIALS)
        mails = stack.mails()
        letters = await stack.dead_letters()
        twice = sum(1 for count in mails.values() if count > 1)
        print(f"\nkilled {dict(killed)}; {len(credentials)} badges, {twice} of {len(mails)} mailed twice")
        assert min(killed.values()) >= KILLS_EACH
        assert len(awards) == EVENTS
        assert sorted(credentials) == sorted(awards)
        assert await verified(stack) == EVENTS
        assert set(mails) == set(awards), "at least one mail a badge"
        assert twice <= MOST_MAILED_TWICE * EVENTS
        assert letters == []


async def test_a_control_that_commits_before_the_effect_loses_badges(tmp_path: Path, catalogue: Path) -> None:
    async with running(tmp_path / "run", catalogue, command=slowed("commit-first"), env=IMPATIENT) as stack:
        flow = CONTROL_KILLS_EACH * len(UNHEALED) * (SECONDS_BETWEEN_KILLS + 0.2)

        await asyncio.gather(
            send_slowly(stack, CONTROL_EVENTS, flow), kill_in_turn(stack, CONTROL_KILLS_EACH, UNHEALED)
        )
        await stack.settled(patience=60)

        credentials = await stack.ids(documents.CREDENTIALS)
        print(f"\ncontrol: {len(credentials)} of {CONTROL_EVENTS} badges")
        assert len(credentials) < CONTROL_EVENTS, "the kills are too gentle to prove anything"
