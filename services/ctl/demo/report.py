"""What a demo says in the terminal: who earned what and why, what was refused and why, where to look."""

from __future__ import annotations

from datetime import datetime

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.ctl.demo.acts import Act
from services.ctl.demo.collecting import Collected
from services.ctl.demo.folder import Folder
from shared.catalogue.model import Tenant

SHOWN = 40
"""rows of a table before it says that there are more"""


def tell(console: Console, collected: Collected, tenants: tuple[Tenant, ...]) -> None:
    """The four tables."""
    console.print()
    console.print(_awards(collected, tenants))
    console.print()
    console.print(_sources(collected))
    if collected.refused:
        console.print()
        console.print(_refused(collected))
    console.print()
    console.print(_figures(collected))


def tell_act(console: Console, act: Act) -> None:
    """One line of proof."""
    mark = "[green]✓[/]" if act.worked else "[red]✗[/]"
    console.print(f"{mark} [bold]{act.number} {escape(act.title)}[/] · {escape(act.proof)}", soft_wrap=True)
    for line in act.details:
        console.print(f"      {escape(line)}", soft_wrap=True, style="dim")


def tell_where(console: Console, out: Folder) -> None:
    """Where everything lies."""
    console.print()
    console.print(
        f"Look at [bold]{escape(str(out.path / 'index.html'))}[/], the whole of it in a browser.", soft_wrap=True
    )


def _awards(collected: Collected, tenants: tuple[Tenant, ...]) -> Table:
    names = {
        (tenant.issuer.tenant, live.achievement.id): live.achievement.name
        for tenant in tenants
        for live in tenant.achievements
    }
    issuers = {tenant.issuer.tenant: tenant.issuer.name for tenant in tenants}
    table = _table(f"Who earned what, and why ({len(collected.awards)})", "Learner", "Badge", "Issuer", "Earned", "Why")
    for each in sorted(collected.awards, key=lambda each: (each["email"] or "", each["earned_at"]))[:SHOWN]:
        table.add_row(
            escape(each["email"] or each["learner_ref"] or each["learner"]),
            escape(names.get((each["tenant"], each["achievement"]), each["achievement"])),
            escape(issuers.get(each["tenant"], each["tenant"])),
            datetime.fromisoformat(each["earned_at"]).strftime("%Y-%m-%d"),
            escape(each["why"]),
        )
    return _with_more(table, len(collected.awards), "awards.jsonl")


def _sources(collected: Collected) -> Table:
    table = _table("Which source brought what", "Source", "Dialect", "Events", "Activities", "Irrelevant", "Refused")
    for each in collected.sources[:SHOWN]:
        numbers = (each.events, each.activities, each.irrelevant, each.refused)
        table.add_row(escape(each.source), each.dialect, *(str(number or "") for number in numbers))
    for column in table.columns[2:]:
        column.justify = "right"
    if len(collected.sources) > SHOWN:
        table.caption = f"and {len(collected.sources) - SHOWN} more"
    return table


def _refused(collected: Collected) -> Table:
    table = _table(
        f"What was refused, and why ({len(collected.refused)})", "Came by", "Refused by", "Reason", "In words"
    )
    for each in collected.refused[:SHOWN]:
        table.add_row(*(escape(str(each[name])) for name in ("topic", "group", "error_code", "message")))
    return _with_more(table, len(collected.refused), "dead-letters.jsonl")


def _figures(collected: Collected) -> Table:
    table = _table("Figures", "What", "How many")
    events, mails = collected.events, collected.notifications
    rare = (
        ("events that had to wait for a profile", collected.waited),
        ("deliveries that still wait for one", collected.waiting),
        ("badges that wait for an address", collected.unaddressed),
    )
    for what, count in (
        ("events received", events.received),
        ("  accepted", events.accepted),
        ("  seen before", events.duplicate),
        ("  irrelevant to any badge", events.irrelevant),
        ("  refused", events.rejected),
        ("badges earned", len(collected.awards)),
        ("credentials issued", collected.credentials),
        ("e-mails sent", mails["sent"]),
        ("e-mails failed", mails["failed"]),
        ("e-mails suppressed", mails["suppressed"]),
        ("dead letters", len(collected.refused)),
        *(each for each in rare if each[1]),
    ):
        table.add_row(what, str(count))
    table.add_row("seconds, from the first event to all settled", f"{collected.seconds:.1f}")
    return table


def _table(title: str, *columns: str) -> Table:
    return Table(
        *columns,
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        header_style="bold",
        pad_edge=False,
    )


def _with_more(table: Table, count: int, file: str) -> Table:
    if count > SHOWN:
        table.caption = f"and {count - SHOWN} more in {file}"
    return table
