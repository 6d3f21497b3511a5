"""What a learner would see of an achievement that isn't live: its pages, the e-mail, the credential before signing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.ctl.imagining import Imagined, imagined
from services.evaluator.awards import told
from services.notifier.domain import ISSUED, delivery_id
from services.notifier.letter import Desk
from services.notifier.message import Stationery
from services.portal import schema_org
from services.portal.badge import Badge
from services.portal.pages import Pages, data_address
from services.signer.domain import Subject, credential
from shared.catalogue.model import LiveAchievement, Tenant
from shared.contracts.documents import Credential, Delivery, DeliveryState
from shared.openbadges import did
from shared.openbadges.dates import parse_timestamp
from shared.openbadges.report import Outcome, Report, Result, Step
from shared.openbadges.status import status_of

_SECRET = b"a preview hides nothing"
_PICTURE = "badge.png"
_TEMPLATES = Environment(loader=PackageLoader("services.ctl"), autoescape=True, undefined=StrictUndefined)


@dataclass(frozen=True, slots=True)
class Preview:
    """Files by name, `index.html` among them."""

    slug: str
    version: int
    files: Mapping[str, bytes]


def preview(tenant: Tenant, live: LiveAchievement, now: datetime) -> Preview:
    """As portal, notifier and signer would make them. Raises Rejected for what the signer would refuse."""
    sample = imagined(tenant, live, now)
    unsigned = credential(Subject(told(sample.award), tenant, live, sample.learner), _SECRET)
    issued = _issued(unsigned, sample)
    pages = Pages()
    banner = _TEMPLATES.get_template("banner.html").render(live=live)
    texts = {
        "badge.html": _with(banner, _badge_page(pages, tenant, live, sample, issued)),
        "achievement.html": _with(banner, _achievement_page(pages, tenant, live)),
        **_mail(tenant, live, sample, issued),
        "credential.json": json.dumps(unsigned, indent=2, ensure_ascii=False) + "\n",
        "index.html": _TEMPLATES.get_template("preview.html").render(live=live, tenant=tenant, style=pages.stylesheet),
    }
    files = {name: text.encode() for name, text in texts.items()} | {_PICTURE: live.image}
    return Preview(live.achievement.id, live.achievement.version, files)


def _issued(unsigned: Mapping[str, Any], sample: Imagined) -> Credential:
    award = sample.award
    until = unsigned.get("validUntil")
    return Credential(
        id=award.id,
        credential_id=unsigned["id"],
        tenant=award.tenant,
        achievement=award.achievement,
        version=award.version,
        learner=award.learner,
        valid_from=award.due_at,
        valid_until=None if until is None else parse_timestamp(until),
        status_list=award.status_list,
        status_index=award.status_index,
        jwt="",
        data_integrity="",
        stored_at=award.due_at,
        received_at=award.received_at,
    )


def _badge_page(pages: Pages, tenant: Tenant, live: LiveAchievement, sample: Imagined, issued: Credential) -> str:
    step = Step("preview", Outcome.UNKNOWN, "This is a preview: nothing was signed, so there was nothing to check.")
    report = Report(Result.VERIFIED, (step,))
    badge = Badge(tenant.issuer, live, issued, sample.award, status_of(()), report)
    prefix, image = did.base_url(tenant.issuer.id), data_address("image/png", live.image)
    return pages.render("badge.html", prefix, badge=badge, image=image, alone=True, about=schema_org.awarded(badge))


def _achievement_page(pages: Pages, tenant: Tenant, live: LiveAchievement) -> str:
    return pages.render(
        "achievement.html",
        did.base_url(tenant.issuer.id),
        issuer=tenant.issuer,
        achievement=live.achievement,
        image=data_address("image/png", live.image),
        newer=None,
        alone=True,
        about=schema_org.offered(tenant.issuer, live.achievement),
    )


def _mail(tenant: Tenant, live: LiveAchievement, sample: Imagined, issued: Credential) -> dict[str, str]:
    award = sample.award
    delivery = Delivery(
        id=delivery_id(award.id, ISSUED),
        tenant=award.tenant,
        award_id=award.id,
        learner=award.learner,
        template=ISSUED,
        state=DeliveryState.QUEUED,
        next_attempt_at=award.due_at,
        created_at=award.due_at,
    )
    letter = Desk().write(delivery, sample.learner, issued, award.why, live, tenant)
    stationery = Stationery(ISSUED)
    head = f"From: {letter.sender}\nTo: {letter.recipient}\nSubject: {letter.subject}\n\n"
    return {
        # a mail program looks for the picture in another part of the mail, which a browser hasn't got
        "mail.html": stationery.html(letter, _PICTURE).replace(
            f"cid:{_PICTURE}", data_address("image/png", live.image)
        ),
        "mail.txt": head + stationery.text(letter),
    }


def _with(banner: str, page: str) -> str:
    return page.replace("<body>", f"<body>\n{banner}", 1)
