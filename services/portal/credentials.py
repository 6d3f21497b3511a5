"""The addresses of one issued credential: its page, its files, its status."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.responses import RedirectResponse, Response

from services.portal import responses, schema_org
from services.portal.badge import Badge, Standing, linkedin_address
from services.portal.checking import Checker
from services.portal.domain import Archive, NotAcceptable, NotHere
from services.portal.negotiation import MEDIA, Choice, Form, choose
from services.portal.pages import Pages, data_address
from services.portal.routing import Route, Visit
from shared.catalogue.model import LiveAchievement
from shared.contracts.documents import Credential
from shared.errors import Unavailable
from shared.openbadges import baking, did
from shared.openbadges.status import status_of

_FORMS = (Form.JSON, Form.PAGE, Form.JWT, Form.PNG)
_UNLISTED = {"X-Robots-Tag": "noindex"}


class Credentials:
    """A credential is here from the moment it is stored, and stays, whatever becomes of it."""

    def __init__(self, archive: Archive, checker: Checker, pages: Pages) -> None:
        self._archive = archive
        self._checker = checker
        self._pages = pages

    def routes(self) -> Sequence[Route]:
        """Below an issuer."""
        return (
            Route("credentials/{award_id}", self.negotiated),
            Route("credentials/{award_id}.json", self.json),
            Route("credentials/{award_id}.jwt", self.jwt),
            Route("credentials/{award_id}.png", self.png),
            Route("credentials/{award_id}.html", self.page_that_stands_alone),
            Route("credentials/{award_id}/status", self.status),
            Route("credentials/{award_id}/linkedin", self.linkedin),
        )

    async def negotiated(self, visit: Visit, award_id: str) -> Response:
        choice = choose(visit.accept, _FORMS)
        if choice is None:
            offered = ", ".join(media_type for form in _FORMS for media_type in MEDIA[form])
            raise NotAcceptable(f"this credential can be had as {offered}")
        return await self._shown(visit, award_id, choice, vary={"Vary": "Accept"})

    async def json(self, visit: Visit, award_id: str) -> Response:
        return await self._shown(visit, award_id, Choice(Form.JSON, "application/json"))

    async def jwt(self, visit: Visit, award_id: str) -> Response:
        # Open Badges 3.0, section 5.2: a compact JWS in a file is plain text
        return await self._shown(visit, award_id, Choice(Form.JWT, "text/plain"))

    async def png(self, visit: Visit, award_id: str) -> Response:
        return await self._shown(visit, award_id, Choice(Form.PNG, "image/png"))

    async def page_that_stands_alone(self, visit: Visit, award_id: str) -> Response:
        """To keep or to send: style and picture are inside, links are the public ones."""
        badge = await self._badge(visit, award_id)
        html = self._page(
            badge, prefix=did.base_url(badge.issuer.id), alone=True, image=data_address("image/png", badge.live.image)
        )
        policy = {"Content-Security-Policy": responses.policy(self._pages.style_source())}
        return responses.page(visit.request, html, headers=_UNLISTED | policy)

    async def status(self, visit: Visit, award_id: str) -> Response:
        """Tells revoked from suspended, which a status list doesn't."""
        await self._credential(visit, award_id)
        status = status_of(await self._archive.facts(visit.tenant.issuer.tenant, award_id))
        body = {"status": status.state, "reason": status.reason or None, "since": status.since}
        return responses.answer(
            visit.request, responses.as_json(body), "application/json", cache=responses.ASK_AGAIN, headers=_UNLISTED
        )

    async def linkedin(self, visit: Visit, award_id: str) -> Response:
        """To LinkedIn's form; a badge that doesn't hold goes back to its own page, which says why."""
        badge = await self._badge(visit, award_id)
        holds = badge.standing not in (Standing.REVOKED, Standing.SUSPENDED, Standing.INVALID)
        target = linkedin_address(badge) if holds else f"{visit.place.prefix}/credentials/{award_id}"
        return RedirectResponse(target, status_code=302, headers={"Cache-Control": responses.ASK_AGAIN} | _UNLISTED)

    async def _shown(
        self, visit: Visit, award_id: str, choice: Choice, *, vary: dict[str, str] | None = None
    ) -> Response:
        headers = _UNLISTED | (vary or {})
        if choice.form is Form.PAGE:
            html = await self._badge_page(visit, award_id)
            return responses.page(visit.request, html, headers=headers)
        credential = await self._credential(visit, award_id)
        match choice.form:
            case Form.JSON:
                body = credential.data_integrity.encode()
            case Form.JWT:
                body = credential.jwt.encode()
            case _:
                picture = _achievement(visit, credential).image
                body = await asyncio.to_thread(baking.bake_png, picture, credential.jwt)
        return responses.answer(visit.request, body, choice.media_type, cache=responses.AN_HOUR, headers=headers)

    async def _badge_page(self, visit: Visit, award_id: str) -> str:
        badge = await self._badge(visit, award_id)
        prefix = visit.place.prefix
        image = f"{prefix}/achievements/{badge.achievement.id}/{badge.achievement.version}/image"
        return self._page(badge, prefix=prefix, alone=False, image=image)

    def _page(self, badge: Badge, *, prefix: str, alone: bool, image: str) -> str:
        return self._pages.render(
            "badge.html", prefix, badge=badge, image=image, alone=alone, about=schema_org.awarded(badge)
        )

    async def _badge(self, visit: Visit, award_id: str) -> Badge:
        credential = await self._credential(visit, award_id)
        tenant = visit.tenant.issuer.tenant
        award, facts, report = await asyncio.gather(
            self._archive.award(tenant, award_id),
            self._archive.facts(tenant, award_id),
            self._checker.check(credential.jwt, visit.catalogue),
        )
        live = _achievement(visit, credential)
        return Badge(visit.tenant.issuer, live, credential, award, status_of(facts), report)

    async def _credential(self, visit: Visit, award_id: str) -> Credential:
        found = await self._archive.credential(visit.tenant.issuer.tenant, award_id)
        if found is None:
            raise NotHere("no such badge was issued here")
        return found


def _achievement(visit: Visit, credential: Credential) -> LiveAchievement:
    live = visit.catalogue.achievement(credential.tenant, credential.achievement, credential.version)
    if live is None:
        # it was signed from the catalogue: this process has yet to see that revision
        raise Unavailable("catalogue")
    return live
