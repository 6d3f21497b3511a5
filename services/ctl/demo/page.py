"""OUT/index.html: all of it to look at, in one page that needs no network and no script."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from services.ctl.demo.acts import Act
from services.ctl.demo.collecting import Collected
from services.ctl.demo.folder import Folder
from shared.catalogue.model import Tenant

SHOWN = 300
"""badges, refusals and mails on the page; the files hold all"""
EXCERPT = 600
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def write_page(out: Folder, collected: Collected, tenants: tuple[Tenant, ...], acts: list[Act]) -> None:
    """Everything that comes from events is escaped."""
    environment = Environment(
        loader=PackageLoader("services.ctl.demo"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["day"] = lambda text: datetime.fromisoformat(text).strftime("%-d %B %Y")
    environment.filters["whole_dates"] = _whole_dates
    page = environment.get_template("index.html").render(
        badges=_badges(collected, tenants)[:SHOWN],
        badge_count=len(collected.awards),
        learners=len({(each["tenant"], each["learner"]) for each in collected.awards}),
        refused=[{**each, "excerpt": _excerpt(each["value_base64"])} for each in collected.refused[:SHOWN]],
        refused_count=len(collected.refused),
        mails=collected.mails[:SHOWN],
        mail_count=len(collected.mails),
        sources=collected.sources[:SHOWN],
        waited=collected.waited,
        waiting=collected.waiting,
        unaddressed=collected.unaddressed,
        events=collected.events,
        notifications=collected.notifications,
        credentials=collected.credentials,
        seconds=collected.seconds,
        issuers=[tenant.issuer for tenant in tenants],
        acts=acts,
        shown=SHOWN,
    )
    out.write("index.html", page.encode())


def _badges(collected: Collected, tenants: tuple[Tenant, ...]) -> list[dict[str, Any]]:
    achievements = {
        (tenant.issuer.tenant, live.achievement.id, live.achievement.version): live.achievement
        for tenant in tenants
        for live in tenant.achievements
    }
    issuers = {tenant.issuer.tenant: tenant.issuer.name for tenant in tenants}
    mailed = {each["award_id"]: each["file"] for each in reversed(collected.mails)}
    found = []
    for award in sorted(collected.awards, key=lambda each: (each["tenant"], each["email"] or "", each["earned_at"])):
        achievement = achievements.get((award["tenant"], award["achievement"], award["version"]))
        found.append(
            {
                **award,
                "name": achievement.name if achievement else award["achievement"],
                "type": achievement.type if achievement else "Badge",
                "issuer": issuers.get(award["tenant"], award["tenant"]),
                "who": award["email"] or award["learner_ref"] or award["learner"],
                "mail": mailed.get(award["award_id"]),
            }
        )
    return found


def _whole_dates(text: str) -> Markup:
    """Escaped, and without a line's end inside of a date."""
    return Markup(_DATE.sub(r'<span class="whole">\g<0></span>', str(escape(text))))  # noqa: S704  # escaped just now


def _excerpt(value_base64: str) -> str:
    text = base64.b64decode(value_base64).decode("utf-8", "backslashreplace")
    return text if len(text) <= EXCERPT else text[:EXCERPT] + " …"
