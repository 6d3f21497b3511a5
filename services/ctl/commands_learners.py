"""`laurel learners`: two accounts that are one person's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape

from services.ctl.accounts import Account, NoSuchLearner, account
from services.ctl.applying import live
from services.ctl.console import ASKED_WRONGLY, FAILED, Answer, JsonOption, YesOption, run, stop
from services.ctl.events_file import UnusableEvents
from services.ctl.requesting import request_merge
from services.ctl.settings import CtlSettings, current
from shared.errors import LaurelError
from shared.runtime.mongo import connect

_NAMED = "Laurel's id of an account, or source:id as that source knows it."
TenantOption = Annotated[str | None, typer.Option("--tenant", help="Whose learners; default: the only tenant.")]


class NoSuchTenant(LaurelError):
    """The catalogue has several tenants, or not this one."""


def commands() -> typer.Typer:
    """merge."""
    group = typer.Typer(help="Learners, as sources know them.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command()(merge)
    return group


def merge(
    learner: Annotated[str, typer.Argument(metavar="FROM", help=f"Is given up. {_NAMED}")],
    into: Annotated[str, typer.Argument(metavar="INTO", help=f"Is kept. {_NAMED}")],
    because: Annotated[str, typer.Option("--because", help="Why, for whoever asks later.")],
    tenant: TenantOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make two accounts of one person one, with everything that either did and earned. It can't be undone."""
    answer = Answer(as_json=as_json)
    settings = current()
    if not because.strip():
        stop(ASKED_WRONGLY, "--because says why, for whoever asks later")
    try:
        owner, given_up, kept = run(_look(settings, tenant, learner, into))
    except (NoSuchTenant, NoSuchLearner, UnusableEvents) as error:
        stop(ASKED_WRONGLY, str(error))
    _show(answer, given_up, kept)
    if given_up.id == kept.id:
        stop(FAILED, "both are the same account")
    if given_up.merged_into is not None:
        stop(FAILED, f"the first account is merged already, into {given_up.merged_into}")
    told = {"tenant": owner, "from": given_up.as_json(), "into": kept.as_json()}
    if not yes:
        answer.say("Would merge them; it can't be undone. Nothing was done: say --yes to do it.")
        answer.data({"would_merge": told})
        return
    request = run(request_merge(settings, owner, given_up.id, kept.id, because.strip(), datetime.now(UTC)))
    answer.say("Asked to merge them. It is done in a second or two; `laurel dlq list` says if it was refused.")
    answer.data({"merging": told, "request_id": request.request_id})


def _show(answer: Answer, given_up: Account, kept: Account) -> None:
    answer.table(
        ["", "id", "known as", "name", "address", "activities", "badges"],
        [
            (
                which,
                each.id,
                each.known_as,
                each.name or "",
                each.email or "",
                each.activities,
                ", ".join(each.badges) or "none",
            )
            for which, each in (("given up", given_up), ("kept", kept))
        ],
    )
    if given_up.email and kept.email and given_up.email.lower() != kept.email.lower():
        answer.say(f"[yellow]![/] The addresses differ: of {escape(kept.id)} the newer one is kept.")


async def _look(settings: CtlSettings, tenant: str | None, learner: str, into: str) -> tuple[str, Account, Account]:
    database = connect(settings)
    catalogue = await live(database)
    tenants = [each.issuer.tenant for each in catalogue.tenants if tenant in (None, each.issuer.tenant)]
    if len(tenants) != 1:
        known = ", ".join(each.issuer.tenant for each in catalogue.tenants) or "none"
        msg = f"say with --tenant whose learners they are (tenants: {known})"
        raise NoSuchTenant(msg)
    given_up, kept = [await account(database, catalogue, tenants[0], each) for each in (learner, into)]
    return tenants[0], given_up, kept
