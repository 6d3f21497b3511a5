"""Fetches what came out, through the same doors that learners and employers use, and writes it down."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from services.ctl import dead_letters
from services.ctl.demo import counts
from services.ctl.demo.folder import Folder
from services.ctl.demo.offline import STYLESHEET, offline
from services.ctl.running import Running
from services.ctl.sending import NotTaken, Sent
from shared.catalogue.facts import WAITS_FOR_ADDRESS
from shared.contracts.documents import AWARDS, CREDENTIALS, DELIVERIES, LEARNERS, STATUS_LISTS, AwardState
from shared.errors import LaurelError
from shared.openbadges import did
from shared.runtime.mongo import Database, translated

AWARD_HEADER = "Laurel-Award"
AT_ONCE = 16
FORMS = {"jwt": "application/vc+jwt", "json": "application/json", "png": "image/png"}


class NotServed(LaurelError):
    """The portal does not serve something that was issued."""


@dataclass(slots=True)
class Collected:
    """What came out, as the table and the page show it."""

    awards: list[dict[str, Any]]
    refused: list[dict[str, Any]]
    """lines of dead-letters.jsonl"""
    events: counts.EventCounts
    notifications: dict[str, int]
    credentials: int
    seconds: float
    sources: list[counts.SourceCounts]
    waiting: int
    """deliveries that still wait for their learner's profile"""
    unaddressed: int
    """badges that wait for their learner's address"""
    mails: list[dict[str, str]] = field(default_factory=list)

    @property
    def waited(self) -> int:
        """Events that had to wait for their learner's profile, at first or still."""
        return sum(each.waited for each in self.sources)

    def summary(self) -> dict[str, Any]:
        """summary.json"""
        return {
            "events": self.events.as_json(),
            "awards": len(self.awards),
            "credentials": self.credentials,
            "notifications": self.notifications,
            "dead_letters": len(self.refused),
            "seconds": round(self.seconds, 3),
        }


async def collect(
    running: Running, sent: Sent, seconds: float, out: Folder, tell: Callable[[int, int], None]
) -> Collected:
    """Writes everything but the page, and returns what it shows; `tell` hears how many badges of how many.

    Raises NotServed, Unavailable.
    """
    issuers = {tenant.issuer.tenant: tenant.issuer.id for tenant in running.tenants}
    awards = await _awards(running.database, issuers)
    out.write_lines("awards.jsonl", awards)
    refused = [_refused(each) for each in await dead_letters.all_of(running.settings)]
    refused += [_not_taken(each) for each in sent.not_taken]
    out.write_lines("dead-letters.jsonl", refused)
    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=AT_ONCE)) as http:
        web = Web(http, running)
        await asyncio.gather(*(_issuer(web, tenant, did_, out) for tenant, did_ in issuers.items()))
        issued = await _issued(running.database)
        wanted = [each for each in awards if each["award_id"] in issued]
        await in_turns(
            (_credential(web, issuers[each["tenant"]], each, out) for each in wanted),
            lambda done: tell(done, len(wanted)),
        )
        await status_lists(web, running.database, issuers, out, "status")
        metrics = {
            name: (await web.get(running.addresses.url(name) + "/metrics")).decode() for name in running.addresses.ports
        }
    for name, text in metrics.items():
        out.write(f"metrics/{name}.prom", text.encode())
    collected = Collected(
        awards=awards,
        refused=refused,
        events=counts.events(metrics, len(sent.not_taken)),
        notifications=await _notifications(running.database),
        credentials=len(issued),
        seconds=seconds,
        sources=counts.by_source(metrics, (each.line.to for each in sent.not_taken)),
        waiting=counts.waiting(metrics),
        unaddressed=await _unaddressed(running.database),
        mails=list(_mails(running.supervisor.mails, out)),
    )
    out.write_json("summary.json", collected.summary())
    return collected


@dataclass(frozen=True, slots=True)
class Web:
    """The portal of this run, which answers for every issuer's address."""

    http: httpx.AsyncClient
    running: Running
    style_sheets: dict[str, str] = field(default_factory=dict)

    async def issued(self, url: str, accept: str) -> bytes:
        """What is served at an issuer's address, in this form."""
        return await self.get(f"{self.running.addresses.portal}/{url.removeprefix('https://')}", accept)

    async def style_sheet(self, path: str) -> str:
        """Each once."""
        if path not in self.style_sheets:
            self.style_sheets[path] = (await self.get(f"{self.running.addresses.portal}{path}")).decode()
        return self.style_sheets[path]

    async def get(self, url: str, accept: str = "*/*") -> bytes:
        """Raises NotServed for anything but 200."""
        try:
            answer = await self.http.get(url, headers={"accept": accept})
        except httpx.HTTPError as error:
            msg = f"{url} does not answer"
            raise NotServed(msg) from error
        if answer.status_code != httpx.codes.OK:
            msg = f"{url} answers {answer.status_code} to {accept}"
            raise NotServed(msg)
        return answer.content


async def in_turns(work: Iterable[Awaitable[None]], on_done: Callable[[int], None]) -> None:
    """All of it, a few at once; `on_done` hears how many are through."""
    gate = asyncio.Semaphore(AT_ONCE)
    through = count(1)

    async def one(each: Awaitable[None]) -> None:
        async with gate:
            await each
        on_done(next(through))

    await asyncio.gather(*(one(each) for each in work))


async def status_lists(web: Web, database: Database, issuers: dict[str, str], out: Folder, where: str) -> None:
    """Every published list in both securings, and where each is."""
    index: dict[str, dict[str, str]] = {}
    with translated(STATUS_LISTS):
        found = await database[STATUS_LISTS].find({"published": {"$gt": 0}}, {"tenant": 1, "number": 1}).to_list(None)
    for each in sorted(found, key=lambda each: (each["tenant"], each["number"])):
        if each["tenant"] not in issuers:
            continue
        url = did.status_list_url(issuers[each["tenant"]], each["number"])
        index[url] = {}
        for form in ("jwt", "json"):
            path = f"{where}/{each['tenant']}/{each['number']}.{form}"
            out.write(path, await web.issued(url, FORMS[form]))
            # a reader of the index is told where to look from the folder that it describes
            index[url][form] = path
    out.write_json(f"{where}/index.json", index)


async def _awards(database: Database, issuers: dict[str, str]) -> list[dict[str, Any]]:
    with translated(AWARDS):
        found = await database[AWARDS].find({"state": AwardState.EARNED.value}).to_list(None)
        people = {each["_id"]: each for each in await database[LEARNERS].find({}).to_list(None)}
    return [
        _award(each, people.get(each["learner"], {}), issuers) for each in sorted(found, key=lambda each: each["_id"])
    ]


async def _issued(database: Database) -> set[str]:
    with translated(CREDENTIALS):
        return {each["_id"] for each in await database[CREDENTIALS].find({}, {"_id": 1}).to_list(None)}


async def _unaddressed(database: Database) -> int:
    waits = {"state": AwardState.PENDING.value, "waits_for": WAITS_FOR_ADDRESS}
    with translated(AWARDS):
        return await database[AWARDS].count_documents(waits)


def _award(award: dict[str, Any], person: dict[str, Any], issuers: dict[str, str]) -> dict[str, Any]:
    return {
        "tenant": award["tenant"],
        "achievement": award["achievement"],
        "version": award["version"],
        "learner": award["learner"],
        "learner_ref": person.get("external_id"),
        "email": person.get("email"),
        "award_id": award["_id"],
        "credential_id": did.credential_url(issuers[award["tenant"]], award["_id"]),
        "earned_at": award["earned_at"].isoformat().replace("+00:00", "Z"),
        "why": award["why"],
    }


async def _credential(web: Web, issuer: str, award: dict[str, Any], out: Folder) -> None:
    address = did.credential_url(issuer, award["award_id"])
    for form, media in FORMS.items():
        content = await web.issued(f"{address}.{form}", media)
        out.write(f"credentials/{award['award_id']}.{form}", content)
    page = (await web.issued(address, "text/html")).decode()
    styles = [await web.style_sheet(path) for path in STYLESHEET.findall(page)]
    out.write(f"pages/{award['award_id']}.html", offline(page, award["award_id"], "\n".join(styles)).encode())


async def _issuer(web: Web, tenant: str, issuer: str, out: Folder) -> None:
    out.write(f"issuers/{tenant}/did.json", await web.issued(did.document_url(issuer), "application/json"))
    out.write(f"issuers/{tenant}/jwks.json", await web.issued(f"{did.base_url(issuer)}/jwks.json", "application/json"))


async def _notifications(database: Database) -> dict[str, int]:
    with translated(DELIVERIES):
        return {
            state: await database[DELIVERIES].count_documents({"state": state})
            for state in ("sent", "failed", "suppressed")
        }


def _mails(folder: Path, out: Folder) -> Iterable[dict[str, str]]:
    """Each mail under its award's name; a second one about the same badge is numbered, never hidden."""
    seen: dict[str, int] = {}
    for path in sorted(folder.glob("*.eml")):
        content = path.read_bytes()
        message = email.message_from_bytes(content, policy=email.policy.default)
        award = str(message.get(AWARD_HEADER, path.stem))
        seen[award] = seen.get(award, 0) + 1
        name = award if seen[award] == 1 else f"{award}.{seen[award]}"
        out.write(f"mail/{name}.eml", content)
        yield {
            "award_id": award,
            "to": str(message["To"]),
            "subject": str(message["Subject"]),
            "text": _text(message),
            "file": f"mail/{name}.eml",
        }


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def _refused(letter: dead_letters.DeadLetter) -> dict[str, Any]:
    return {
        "topic": letter.topic,
        "group": letter.group,
        "error_code": letter.error_code,
        "message": letter.message,
        "partition": letter.partition,
        "offset": letter.offset,
        "key": _key(letter.key),
        "value_base64": base64.b64encode(letter.value or b"").decode(),
    }


def _not_taken(each: NotTaken) -> dict[str, Any]:
    return {
        "topic": each.topic,
        "group": "intake",
        "error_code": each.error_code,
        "message": each.message,
        "partition": 0,
        "offset": -1,  # it never got into Kafka
        "key": _key(each.line.key),
        "value_base64": base64.b64encode(each.line.value or b"").decode(),
    }


def _key(key: bytes | None) -> str | None:
    return None if key is None else key.decode("utf-8", "backslashreplace")
