"""`laurel credential`: look at one, verify it, change its status."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.markup import escape

from services.ctl.applying import live
from services.ctl.console import ASKED_WRONGLY, FAILED, Answer, JsonOption, YesOption, run, stop
from services.ctl.credentials import Dossier, NoSuchCredential, dossier, id_in, unwrapped, verified
from services.ctl.requesting import request_change
from services.ctl.settings import CtlSettings, current
from shared.contracts.events import Change
from shared.openbadges.verification import Report, Result
from shared.runtime.mongo import connect

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="An award's id, or the credential's address.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="In words that the learner and an employer may read.")]


def commands() -> typer.Typer:
    """show, verify, revoke, suspend, reinstate."""
    group = typer.Typer(help="Credentials that were issued.", no_args_is_help=True)
    for command in (show, verify, revoke, suspend, reinstate):
        group.command()(command)
    return group


def show(
    id_: IdArgument,
    form: Annotated[str | None, typer.Option("--form", help="Only the credential itself: jwt or json.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is known about a credential: its award, status and e-mails."""
    answer = Answer(as_json=as_json)
    if form not in (None, "jwt", "json"):
        stop(ASKED_WRONGLY, f"{form!r} is no form of a credential: jwt or json")
    found = run(_dossier(current(), id_))
    if form is not None:
        content = (found.credential or {}).get("data_integrity" if form == "json" else "jwt")
        if content is None:
            stop(FAILED, "it is not issued yet")
        sys.stdout.write(content + "\n")
        return
    award = found.award
    issued = found.credential["stored_at"].isoformat(timespec="seconds") if found.credential else "not yet"
    rows = [
        ("award", award["_id"]),
        ("credential", found.credential["credential_id"] if found.credential else "not issued yet"),
        ("achievement", f"{award['tenant']}/{award['achievement']} version {award['version']}"),
        ("learner", award["learner"]),
        ("earned", award["earned_at"].isoformat(timespec="seconds")),
        ("why", award["why"]),
        ("issued", issued),
        ("state", found.state),
        ("status list", f"{award['status_list']}, position {award['status_index']}"),
        *(
            (f"fact: {each['change']}", f"{each['at'].isoformat(timespec='seconds')}, {each['reason']}")
            for each in found.facts
        ),
        *((f"e-mail: {each['template']}", each["state"]) for each in found.deliveries),
    ]
    answer.table(["what", ""], rows)
    answer.data(_as_data(found))


def verify(
    id_: Annotated[str, typer.Argument(metavar="ID|FILE", help="An id, or a file: .jwt, .json or a baked .png.")],
    as_json: JsonOption = False,
) -> None:
    """Check signature, dates and status of both securings, step by step. Exit 1 unless it is verified."""
    answer = Answer(as_json=as_json)
    path = Path(id_)
    content = path.read_bytes() if path.is_file() else None
    reports = run(_verify(current(), id_, content))
    for report in reports:
        answer.say(f"[bold]{escape(str(report.secured_as))}[/]: {escape(report.sentence)}")
        for step in report.steps:
            answer.say(f"  {step.outcome.value:8} {step.name:10} {escape(step.sentence)}")
    answer.data([report.as_json() for report in reports])
    if any(report.result is not Result.VERIFIED for report in reports):
        stop(FAILED)


def revoke(id_: IdArgument, reason: ReasonOption, yes: YesOption = False, as_json: JsonOption = False) -> None:
    """Take a credential back, for good."""
    _change(Change.REVOKE, id_, reason, Answer(as_json=as_json), yes=yes)


def suspend(id_: IdArgument, reason: ReasonOption, yes: YesOption = False, as_json: JsonOption = False) -> None:
    """Take a credential back for now."""
    _change(Change.SUSPEND, id_, reason, Answer(as_json=as_json), yes=yes)


def reinstate(id_: IdArgument, reason: ReasonOption, yes: YesOption = False, as_json: JsonOption = False) -> None:
    """End an operator's suspension."""
    _change(Change.REINSTATE, id_, reason, Answer(as_json=as_json), yes=yes)


def _change(change: Change, id_: str, reason: str, answer: Answer, *, yes: bool) -> None:
    settings = current()
    found = run(_dossier(settings, id_))
    award = found.award
    what = f"{change.value} {award['tenant']}/{award['achievement']}, award {award['_id']}, now {found.state}"
    if found.state == "revoked" and change is not Change.REVOKE:
        stop(FAILED, "it is revoked, and that is final")
    if not yes:
        answer.say(f"Would {escape(what)}. Nothing was done: say --yes to do it.")
        answer.data({"would": change.value, "award_id": found.award["_id"], "state": found.state})
        return
    request = run(
        request_change(settings, found.award["tenant"], found.award["_id"], change, reason, datetime.now(UTC))
    )
    answer.say(f"Asked to {escape(what)}. It is done when `laurel credential show` says so, in a second or two.")
    answer.data({"requested": change.value, "award_id": found.award["_id"], "request_id": request.request_id})


async def _dossier(settings: CtlSettings, id_: str) -> Dossier:
    return await dossier(connect(settings), id_)


async def _verify(settings: CtlSettings, id_: str, content: bytes | None) -> list[Report]:
    database = connect(settings)
    document = None if content is None else unwrapped(content)
    found = await dossier(database, id_ if document is None else id_in(document))
    tenant = (await live(database)).tenant(found.award["tenant"])
    if found.credential is None or tenant is None:
        msg = f"{found.award['_id']} is not issued yet"
        raise NoSuchCredential(msg)
    stored = found.credential
    documents = (stored["jwt"], stored["data_integrity"]) if document is None else (document,)
    return await verified(database, tenant.issuer.id, found, documents, datetime.now(UTC))


def _as_data(found: Dossier) -> dict[str, Any]:
    credential = {k: v for k, v in (found.credential or {}).items() if k not in ("jwt", "data_integrity")}
    document = (found.credential or {}).get("data_integrity")
    return {
        "award": found.award,
        "credential": credential or None,
        "document": orjson.loads(document) if document else None,
        "state": found.state,
        "facts": found.facts,
        "deliveries": found.deliveries,
    }
