"""Two schools, three dialects, Kafka and a signed webhook: from what LMSs say to badges that strangers accept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import pytest_asyncio

from services.ctl.requesting import request_change
from shared.contracts import documents, identity
from shared.contracts.events import Change
from shared.openbadges import baking, did
from shared.runtime.secrets import deployment_secret
from tests.e2e import lms, strangers
from tests.e2e.reading import Reader, reader, stored
from tests.stack import Stack, running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

HARBOUR, HILL = "did:web:harbour.example.edu", "did:web:badges.example.net:issuers:hill"
ISSUERS = {"harbour": HARBOUR, "hill": HILL}
EXPECTED = {
    *(("harbour", "charts", name) for name in ("ann", "bob", "cleo", "gus")),
    *(("harbour", "knots", name) for name in ("ann", "cleo")),
    *(("harbour", "sailor", name) for name in ("ann", "cleo")),
    *(("hill", "climber", name) for name in ("ann", "dan", "eva")),
}


@dataclass(slots=True)
class Job:
    """The main job, done."""

    stack: Stack
    reader: Reader
    awards: dict[tuple[str, str, str], dict[str, Any]]
    """by tenant, achievement and learner"""

    def address(self, *who: str) -> str:
        award = self.awards[who]  # type: ignore[index]
        return did.credential_url(ISSUERS[who[0]], award["_id"])

    async def pages(self) -> dict[str, bytes]:
        """What a stranger fetches."""
        addresses = [strangers.document_address(each) for each in ISSUERS.values()]
        lists = [did.status_list_url(each, 1) for each in ISSUERS.values()]
        return {each: await self.reader.get(each) for each in addresses} | {
            each: await self.reader.get(each, "jwt") for each in lists
        }

    async def bit(self, *who: str) -> bool:
        entry = self.awards[who]  # type: ignore[index]
        status_list = await self.reader.get(did.status_list_url(ISSUERS[who[0]], entry["status_list"]))
        return strangers.bit(status_list, entry["status_index"])

    async def standing(self, *who: str) -> tuple[str, str, str, bool]:
        """At /status, at /verify as token and as document, and on the list."""
        address = self.address(*who)
        verdicts = [await self.reader.verified(await self.reader.get(address, form)) for form in ("jwt", "json")]
        return await self.reader.status(address), *verdicts, await self.bit(*who)  # type: ignore[return-value]

    async def operator(self, change: str, *who: str) -> None:
        code, said = await self.stack.laurel(
            "credential", change, self.address(*who), "--reason", "A good one.", "--yes"
        )
        assert code == 0, said
        await self.stack.settled()


def catalogue(folder: Path) -> Path:
    lms.tenant(
        folder,
        "harbour",
        HARBOUR,
        [
            "name: canvas, dialect: canvas, topic: lms.harbour.canvas, learner: email",
            "name: hook, dialect: cloudevents, webhook: true, learner: email",
        ],
        {
            "charts": '{completed: {course: "565"}}',
            "knots": "{score: {course: KNOTS, at_least: 80%}}",
            "sailor": "{all: [{holds: charts}, {holds: knots}]}",
        },
    )
    source = "name: lrs, dialect: xapi, topic: lms.hill.xapi, learner: email"
    climbing = {"climber": '{passed: {course: "https://lrs.example/courses/ropes"}}'}
    lms.tenant(folder, "hill", HILL, [source], climbing)
    return folder


EVENTS = [
    *(lms.canvas_completed("canvas", name, "565") for name in ("ann", "bob", "cleo", "gus")),
    lms.canvas_completed("canvas", "bob", "566"),
    *(lms.completed("hook", name, "KNOTS", grade=0.9) for name in ("ann", "cleo")),
    lms.completed("hook", "bob", "KNOTS", grade=0.5),
    *(lms.xapi_passed("lrs", name, "ropes") for name in ("ann", "dan", "eva")),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def job(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Job]:
    folder = tmp_path_factory.mktemp("main")
    async with running(folder / "run", catalogue(folder / "catalogue")) as stack, httpx.AsyncClient(timeout=10) as http:
        await revoke_before_it_exists(stack, "gus")
        await stack.send(EVENTS)
        await stack.settled()

        done = Job(stack, reader(stack, http), {})
        people = {each["_id"]: each async for each in stack.database[documents.LEARNERS].find({})}
        for award in await stack.awards():
            name = people[award["learner"]]["email"].partition("@")[0]
            done.awards[award["tenant"], award["achievement"], name] = award
        yield done


async def revoke_before_it_exists(stack: Stack, name: str) -> None:
    secret = deployment_secret(stack.secrets)
    learner = identity.learner_id(secret, "harbour", "tenant:email", lms.address(name))
    award = identity.award_id("harbour", "charts", learner, "once")
    await request_change(stack.settings, "harbour", award, Change.REVOKE, "Granted in error.", datetime.now(UTC))


async def test_events_of_three_dialects_become_the_badges_that_were_earned(job: Job) -> None:
    credentials = await job.stack.ids(documents.CREDENTIALS)

    assert set(job.awards) == EXPECTED
    assert sorted(credentials) == sorted(award["_id"] for award in job.awards.values())
    assert await job.stack.dead_letters() == []


async def test_each_learner_gets_one_mail_a_badge_unless_it_is_revoked_already(job: Job) -> None:
    mails = job.stack.mails()

    wanted = {award["_id"] for (_, _, name), award in job.awards.items() if name != "gus"}
    assert mails == dict.fromkeys(wanted, 1)


async def test_strangers_accept_every_credential_in_both_securings(job: Job) -> None:
    pages = await job.pages()

    for who in EXPECTED - {("harbour", "charts", "gus"), ("harbour", "charts", "cleo")}:
        address = job.address(*who)
        token, document = await job.reader.get(address, "jwt"), await job.reader.get(address, "json")
        strangers.accept(token, document, pages)
        baked = baking.unbake_png(await job.reader.get(address, "png"))
        assert baked.encode() == token


async def test_a_token_says_how_it_is_signed_and_nothing_else_before_its_claims(job: Job) -> None:
    for who in EXPECTED:
        header = jwt.get_unverified_header((await job.reader.get(job.address(*who), "jwt")).decode())

        assert set(header) == {"alg", "kid", "typ"}


async def test_one_changed_byte_is_refused_by_strangers_and_by_us(job: Job) -> None:
    pages = await job.pages()
    address = job.address("hill", "climber", "eva")
    token = strangers.changed_token(await job.reader.get(address, "jwt"))
    document = strangers.changed_document(await job.reader.get(address, "json"))

    verdicts = [await job.reader.verified(each) for each in (token, document)]

    assert verdicts == ["invalid", "invalid"]
    with pytest.raises(strangers.Refused):
        strangers.accept_token(token, pages)
    with pytest.raises(strangers.Refused):
        strangers.accept_document(document, pages)


async def test_a_revoked_badge_reads_so_everywhere_and_its_neighbours_dont(job: Job) -> None:
    cleo, others = ("harbour", "charts", "cleo"), EXPECTED - {("harbour", "charts", "gus")}
    before = await job.reader.get(job.address(*cleo), "jwt")

    await job.operator("revoke", *cleo)

    assert await job.standing(*cleo) == ("revoked", "revoked", "revoked", True)
    assert b"Revoked" in await job.reader.get(job.address(*cleo), "html")
    assert await job.reader.get(job.address(*cleo), "jwt") == before, "what was issued is never changed"
    with pytest.raises(strangers.Refused):
        strangers.accept_token(before, await job.pages())
    for who in others - {cleo}:
        assert await job.standing(*who) == ("active", "verified", "verified", False), who
        assert b"Revoked" not in await job.reader.get(job.address(*who), "html")


async def test_a_suspended_badge_doesnt_count_until_it_is_reinstated(job: Job) -> None:
    dan = ("hill", "climber", "dan")

    await job.operator("suspend", *dan)
    suspended = await job.standing(*dan)
    page = await job.reader.get(job.address(*dan), "html")
    await job.operator("reinstate", *dan)

    assert suspended == ("suspended", "suspended", "suspended", True)
    assert b"Suspended" in page
    assert await job.standing(*dan) == ("active", "verified", "verified", False)


async def test_a_revocation_holds_that_was_asked_for_before_there_was_a_credential(job: Job) -> None:
    gus = ("harbour", "charts", "gus")
    credential = await stored(job.stack, job.awards[gus]["_id"])

    assert credential["announced_at"] is not None
    assert await job.standing(*gus) == ("revoked", "revoked", "revoked", True)
    assert b"Revoked" in await job.reader.get(job.address(*gus), "html")
