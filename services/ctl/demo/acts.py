"""Five short acts, each with a line of proof, on the events that come with Laurel."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from services.ctl.applying import live
from services.ctl.demo.collecting import Collected, Web, status_lists
from services.ctl.demo.folder import Folder
from services.ctl.explaining import explain_learner
from services.ctl.requesting import request_change
from services.ctl.running import Running
from services.ctl.settling import Watch
from shared.contracts.events import Change
from shared.errors import LaurelError

NEAR_MISS = ("example-university", "event-driven-systems", "noor.haddad@example.edu")
"""She has both electives, and 76 % where 80 % are asked for."""


class VerifierFailed(LaurelError):
    """The independent verifier could not be run."""


@dataclass(frozen=True, slots=True)
class Act:
    """What was shown, and whether it is so."""

    number: int
    title: str
    proof: str
    worked: bool
    details: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For acts.json and the page."""
        return {
            "number": self.number,
            "title": self.title,
            "proof": self.proof,
            "worked": self.worked,
            "details": self.details,
        }


async def verdicts(out: Folder, *options: str) -> list[dict[str, Any]]:
    """What the verifier that shares no code says, in a process of its own. Raises VerifierFailed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "services.devstack.independent", str(out.path), *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    answer, complaint = await process.communicate()
    if process.returncode != 0:
        msg = f"the independent verifier failed: {complaint.decode(errors='replace')[-500:]}"
        raise VerifierFailed(msg)
    return [json.loads(line) for line in answer.splitlines()]


async def accepted_by_others(collected: Collected, out: Folder) -> Act:
    """Act 1."""
    told = await verdicts(out)
    accepted, details = _accepted(told)
    return Act(
        1,
        "A verifier that shares no code",
        f"openbadgeslib accepts {accepted} of {len(told)} files: JWT, Data Integrity and baked picture of each badge",
        worked=accepted == len(told) == 3 * len(collected.awards),
        details=details,
    )


async def changed_and_revoked(running: Running, watch: Watch, collected: Collected, out: Folder) -> Act:
    """Act 2. The lists after the revocation are kept apart, in acts/: OUT/status stays as the badges were issued."""
    changed = await verdicts(out, "--changed")
    refused = sum(not each["accepted"] for each in changed)
    award = collected.awards[0]
    request = await request_change(
        running.settings, award["tenant"], award["award_id"], Change.REVOKE, "shown in the demo", datetime.now(UTC)
    )
    await watch.settled()
    issuers = {tenant.issuer.tenant: tenant.issuer.id for tenant in running.tenants}
    async with httpx.AsyncClient(timeout=30) as http:
        web = Web(http, running)
        state = json.loads(await web.issued(f"{award['credential_id']}/status", "application/json"))["status"]
        await status_lists(web, running.database, issuers, out, "acts/status")
    told = await verdicts(out, "--status", str(out.path / "acts" / "status"))
    mine = [each for each in told if each["award"] == award["award_id"]]
    others = [each for each in told if each["award"] != award["award_id"]]
    gone, kept = sum(_refused_for_status(each) for each in mine), sum(each["accepted"] for each in others)
    return Act(
        2,
        "One byte changed, one badge revoked",
        f"{refused} of {len(changed)} changed files are refused · badge {award['award_id'][:8]} reads {state!r}, "
        f"its {gone} files are refused, {kept} of {len(others)} others are still accepted",
        worked=refused == len(changed) and state == "revoked" and gone == len(mine) == 3 and kept == len(others),
        details=(f"request {request.request_id}",),
    )


def killed(collected: Collected, events: int, restarts: dict[str, int]) -> Act:
    """Act 3: it happened while the `events` were sent."""
    mails, badges = collected.notifications["sent"], len(collected.awards)
    ones = len({each["award_id"] for each in collected.mails}) == len(collected.mails) == mails
    again = ", ".join(f"{name} was restarted {count} ×" for name, count in restarts.items())
    return Act(
        3,
        "Signer and registry killed (-9) while events flow",
        f"{again} · {collected.events.received} of {events} events accounted for · "
        f"{badges} badges earned = {collected.credentials} credentials = {mails} e-mails",
        worked=collected.events.received == events
        and badges == collected.credentials == mails
        and ones
        and all(count > 0 for count in restarts.values()),
    )


async def near_miss(running: Running) -> Act:
    """Act 4."""
    tenant, slug, learner = NEAR_MISS
    told = await explain_learner(running.database, tenant, slug, learner)
    missing = [clause for each in told for clause in each.unmet()]
    name = next(
        (
            each.achievement.name
            for each in (await live(running.database)).current(tenant)
            if each.achievement.id == slug
        ),
        slug,
    )
    return Act(
        4,
        "One near miss, explained",
        f"{learner} did not earn “{name}”: "
        + ("; ".join(f"{each.words}: {each.missing}" for each in missing) or "nobody knows why"),
        worked=len(told) == 1 and not told[0].met and bool(missing),
        details=tuple(line for each in told for line in each.lines),
    )


async def with_everything_shut_down(collected: Collected, out: Folder, still_running: Sequence[str]) -> Act:
    """Act 5."""
    told = await verdicts(out)
    accepted, details = _accepted(told)
    revoked = collected.awards[0]["award_id"]
    later = await verdicts(out, "--status", str(out.path / "acts" / "status"), "--only", revoked)
    gone = sum(_refused_for_status(each) for each in later)
    state = f"{', '.join(still_running)} still run" if still_running else "nothing runs any more"
    return Act(
        5,
        "Everything shut down",
        f"{state}, and from {out.path.name}/ alone {accepted} of {len(told)} files verify as they were issued; "
        f"with the lists after act 2, {gone} files of the revoked badge are refused",
        worked=not still_running and accepted == len(told) == 3 * len(collected.awards) and gone == len(later) == 3,
        details=details,
    )


def _refused_for_status(verdict: dict[str, Any]) -> bool:
    return not verdict["accepted"] and "status" in verdict["why"].lower()


def _accepted(told: list[dict[str, Any]]) -> tuple[int, tuple[str, ...]]:
    refused = [f"{each['award']}.{each['form']}: {each['why']}" for each in told if not each["accepted"]]
    return len(told) - len(refused), tuple(refused[:10])
