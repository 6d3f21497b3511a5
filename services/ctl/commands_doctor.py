"""`laurel doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated

import httpx
import typer
from prometheus_client.parser import text_string_to_metric_families
from rich.markup import escape

from services.ctl import dead_letters, topics
from services.ctl.applying import live
from services.ctl.console import FAILED, Answer, JsonOption, counted, run, stop
from services.ctl.dead_rules import dead_rules
from services.ctl.settings import STATE, CtlSettings, current
from services.ctl.settling import Watch
from services.ctl.unread import in_words, unread
from services.devstack.detached import running
from shared.catalogue.model import Tenant
from shared.contracts.documents import KEYS, KeyState
from shared.errors import LaurelError
from shared.runtime.mongo import Database, connect, translated
from shared.runtime.secrets import deployment_secret

GOOD, REMARK, BAD = "good", "remark", "bad"
MARKS = {GOOD: "[green]✓[/]", REMARK: "[yellow]![/]", BAD: "[red]✗[/]"}
BREAKER = "laurel_dead_letter_breaker_open"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: str
    words: str


def doctor(
    service: Annotated[
        list[str] | None, typer.Option("--service", help="Address of a service; default: those of `laurel up`.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Look at topics, catalogue, rules, keys, secrets, backlog, dead letters, services. Exit 1 if something is bad."""
    answer = Answer(as_json=as_json)
    up = running(STATE)
    services = dict(up["services"]) if up else {}
    services |= {address: address for address in service or ()}
    findings = run(_look(current(), services))
    for each in findings:
        answer.say(f"{MARKS[each.state]} {each.what:12} {escape(each.words)}")
    answer.data([asdict(each) for each in findings])
    if any(each.state == BAD for each in findings):
        stop(FAILED)


async def _look(settings: CtlSettings, services: dict[str, str]) -> list[Finding]:
    database = connect(settings)
    checks: dict[str, Callable[[], Awaitable[Finding | list[Finding]]]] = {
        "topics": lambda: _topics(settings, database),
        "catalogue": lambda: _catalogue(database),
        "sources": lambda: _sources(settings, database),
        "rules": lambda: _rules(database),
        "keys": lambda: _keys(database),
        "secrets": lambda: _secrets(settings),
        "backlog": lambda: _backlog(settings, database),
        "dead letters": lambda: _dead_letters(settings),
    }
    findings: list[Finding] = []
    for name, check in checks.items():
        try:
            found = await check()
        except LaurelError as error:
            found = Finding(name, BAD, str(error))
        findings += [found] if isinstance(found, Finding) else found
    if not services:
        findings.append(Finding("services", REMARK, "nobody said where they are: name them with --service"))
    async with httpx.AsyncClient(timeout=5) as http:
        for name, address in services.items():
            findings.extend([each async for each in _service(http, name, address)])
    return findings


async def _topics(settings: CtlSettings, database: Database) -> Finding:
    sources = [source.topic for tenant in (await live(database)).tenants for source in tenant.sources if source.topic]
    plan = await topics.plan(settings, sources)
    if plan.missing:
        return Finding("topics", BAD, f"{len(plan.missing)} are missing: `laurel topics apply` creates them")
    return Finding("topics", GOOD, f"all {len(plan.present)} are there")


async def _catalogue(database: Database) -> Finding:
    found = await live(database)
    if not found.tenants:
        return Finding("catalogue", BAD, "nothing is live: `laurel catalogue apply DIR`")
    count = sum(len(found.current(tenant.issuer.tenant)) for tenant in found.tenants)
    size = f"{counted(len(found.tenants), 'tenant')}, {counted(count, 'achievement')}"
    return Finding("catalogue", GOOD, f"revision {found.revision}: {size}")


async def _sources(settings: CtlSettings, database: Database) -> Finding:
    return sources_read((await live(database)).tenants, settings.intake_topics)


def sources_read(tenants: Sequence[Tenant], pattern: str) -> Finding:
    """A remark and nothing worse: intake may have been told other topics than this command."""
    if names := unread(tenants, pattern):
        return Finding("sources", REMARK, in_words(names, pattern))
    return Finding("sources", GOOD, "intake reads every topic")


async def _rules(database: Database) -> list[Finding]:
    """A remark each: a course that nobody takes is no fault of Laurel's."""
    found = await dead_rules(database, await live(database), datetime.now(UTC))
    return [Finding("rules", REMARK, each) for each in found] or [Finding("rules", GOOD, "none is silent")]


async def _keys(database: Database) -> Finding:
    tenants = {tenant.issuer.tenant for tenant in (await live(database)).tenants}
    with translated(KEYS):
        active = await database[KEYS].find({"state": KeyState.ACTIVE.value}, {"tenant": 1}).to_list(None)
    without = sorted(tenants - {each["tenant"] for each in active})
    if without:
        return Finding(
            "keys", BAD, f"no active key of {', '.join(without)}: `laurel catalogue apply DIR --secrets DIR`"
        )
    return Finding("keys", GOOD, f"{len(active)} active public keys")


async def _secrets(settings: CtlSettings) -> Finding:
    try:
        deployment_secret(settings.secrets)
    except LaurelError as error:
        # on most machines the operator has none, and needs none
        state = BAD if settings.secrets.exists() else REMARK
        return Finding("secrets", state, str(error))
    return Finding("secrets", GOOD, f"readable by their owner alone in {settings.secrets}")


async def _backlog(settings: CtlSettings, database: Database) -> Finding:
    sources = [source.topic for tenant in (await live(database)).tenants for source in tenant.sources if source.topic]
    async with Watch(settings, database, sources) as watch:
        pending = await watch.look()
    if pending.nothing:
        return Finding("backlog", GOOD, "nothing is pending")
    return Finding("backlog", REMARK, f"pending now: {pending}")


async def _dead_letters(settings: CtlSettings) -> Finding:
    found = await dead_letters.all_of(settings)
    if found:
        return Finding("dead letters", REMARK, f"{len(found)}: `laurel dlq list` names them")
    return Finding("dead letters", GOOD, "none")


async def _service(http: httpx.AsyncClient, name: str, address: str) -> AsyncIterator[Finding]:
    try:
        ready = await http.get(f"{address}/readyz")
        metrics = await http.get(f"{address}/metrics")
    except httpx.HTTPError:
        yield Finding(name, BAD, f"{address} does not answer")
        return
    if ready.status_code == httpx.codes.OK:
        yield Finding(name, GOOD, f"ready at {address}")
    else:
        yield Finding(name, BAD, f"not ready: {'; '.join(ready.text.strip().splitlines())}")
    for source in open_breakers(metrics.text):
        yield Finding(name, BAD, f"stopped reading {source}: too many refusals in a row; see `laurel dlq list`")


def open_breakers(metrics: str) -> Iterator[str]:
    """The sources that aren't read at the moment."""
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            if sample.name == BREAKER and sample.value > 0:
                yield f"{sample.labels.get('source', '')} ({sample.labels.get('topic', '')})"
