"""The addresses of an issuer: who it is, its keys, what can be earned there, its status lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from starlette.responses import Response

from services.portal import responses, schema_org
from services.portal.documents import achievement_document, profile_document
from services.portal.domain import Archive, NotAcceptable, NotHere
from services.portal.negotiation import Form, choose
from services.portal.pages import Pages
from services.portal.routing import Route, Visit
from services.portal.sites import prefix_of
from shared.catalogue.description import PICTURES
from shared.catalogue.model import LiveAchievement, Tenant
from shared.contracts.published_keys import trusted
from shared.openbadges import did, keys

_VARY = {"Vary": "Accept"}


class Issuers:
    """What is true of an issuer whoever holds its badges."""

    def __init__(self, archive: Archive, pages: Pages) -> None:
        self._archive = archive
        self._pages = pages

    def routes(self) -> Sequence[Route]:
        """Below an issuer, a host or the portal itself."""
        return (
            Route("", self.home),
            Route("image", self.image),
            Route(".well-known/did.json", self.did_document_of_host),
            Route("did.json", self.did_document_of_path),
            Route("jwks.json", self.jwks),
            Route(".well-known/jwks.json", self.jwks_of_host),
            Route("achievements/{slug}/{version}", self.achievement),
            Route("achievements/{slug}/{version}/image", self.achievement_image),
            Route("status/{number}", self.status_list),
            Route("assets/{name}", self.asset),
        )

    async def home(self, visit: Visit) -> Response:
        """The issuer's page; at an address that is no issuer's, who there is."""
        place = visit.place
        if place.tenant is None:
            among = place.tenants or visit.catalogue.tenants
            html = self._pages.render(
                "issuers.html",
                place.prefix,
                issuers=[
                    (each.issuer, prefix_of(each, mounted=visit.mounted), len(_current(visit, each))) for each in among
                ],
            )
            return responses.page(visit.request, html)
        choice = choose(visit.accept, (Form.PAGE, Form.JSON))
        if choice and choice.form is Form.JSON:
            body = responses.as_json(profile_document(place.tenant))
            return responses.answer(visit.request, body, choice.media_type, cache=responses.A_MINUTE, headers=_VARY)
        html = self._pages.render(
            "issuer.html",
            place.prefix,
            issuer=place.tenant.issuer,
            image=f"{place.prefix}/image" if place.tenant.issuer_image else None,
            achievements=_current(visit, place.tenant),
        )
        return responses.page(visit.request, html, headers=_VARY)

    async def image(self, visit: Visit) -> Response:
        """The issuer's logo. An SVG is a document that can hold scripts: it is shown by pages, never opened."""
        body, media_type = visit.tenant.issuer_image, visit.tenant.issuer_image_type
        if body is None or media_type is None:
            raise NotHere("this issuer has no picture")
        headers = {"Content-Security-Policy": responses.SANDBOXED}
        if media_type not in PICTURES:
            headers["Content-Disposition"] = 'attachment; filename="logo"'
        return responses.answer(visit.request, body, media_type, cache=responses.AN_HOUR, headers=headers)

    async def did_document_of_host(self, visit: Visit) -> Response:
        return await self._did_document(visit, below_host=False)

    async def did_document_of_path(self, visit: Visit) -> Response:
        return await self._did_document(visit, below_host=True)

    async def _did_document(self, visit: Visit, *, below_host: bool) -> Response:
        issuer = visit.tenant.issuer
        if _has_path(visit.tenant) is not below_host:
            raise NotHere(f"the document of {issuer.id} is at {did.document_url(issuer.id)}")
        document = keys.did_document(issuer.id, trusted(await self._archive.keys([issuer.tenant])).values())
        return _public(visit, document, "application/did+json")

    async def jwks(self, visit: Visit) -> Response:
        return _public(visit, {"keys": await self._jwks([visit.tenant])}, "application/jwk-set+json")

    async def jwks_of_host(self, visit: Visit) -> Response:
        """Every issuer's at the host: each key names its issuer."""
        if not visit.place.tenants or (visit.place.tenant and _has_path(visit.place.tenant)):
            raise NotHere("this is no host of an issuer")
        return _public(visit, {"keys": await self._jwks(visit.place.tenants)}, "application/jwk-set+json")

    async def _jwks(self, tenants: Iterable[Tenant]) -> list[Any]:
        issuers = {tenant.issuer.tenant: tenant.issuer.id for tenant in tenants}
        stored = await self._archive.keys(list(issuers))
        return [
            key
            for tenant, issuer in issuers.items()
            for key in keys.jwks(issuer, trusted(each for each in stored if each.tenant == tenant).values())["keys"]
        ]

    async def achievement(self, visit: Visit, slug: str, version: str) -> Response:
        live = _achievement(visit, slug, version)
        choice = choose(visit.accept, (Form.JSON, Form.PAGE))
        if choice is None:
            raise NotAcceptable("this achievement can be had as application/json or text/html")
        issuer = visit.tenant.issuer
        if choice.form is Form.JSON:
            body = responses.as_json(achievement_document(visit.tenant, live.achievement))
            return responses.answer(visit.request, body, choice.media_type, cache=responses.A_MINUTE, headers=_VARY)
        newest = next(each for each in _current(visit, visit.tenant) if each.achievement.id == slug)
        html = self._pages.render(
            "achievement.html",
            visit.place.prefix,
            issuer=issuer,
            achievement=live.achievement,
            image=f"{visit.place.prefix}/achievements/{slug}/{version}/image",
            newer=newest.achievement.version if newest.achievement.version > int(version) else None,
            about=schema_org.offered(issuer, live.achievement),
        )
        return responses.page(visit.request, html, headers=_VARY)

    async def achievement_image(self, visit: Visit, slug: str, version: str) -> Response:
        """Never changes: a new picture is a new version."""
        live = _achievement(visit, slug, version)
        return responses.answer(visit.request, live.image, "image/png", cache=responses.FOR_EVER)

    async def status_list(self, visit: Visit, number: str) -> Response:
        choice = choose(visit.accept, (Form.JSON, Form.JWT))
        if choice is None:
            raise NotAcceptable("this list can be had as application/vc or application/vc+jwt")
        found = await self._archive.status_list(visit.tenant.issuer.tenant, int(number))
        if found is None:
            raise NotHere("no such list was published")
        body = found.jwt if choice.form is Form.JWT else found.data_integrity
        if not body:
            raise NotHere("no such list was published")
        return responses.answer(
            visit.request, body.encode(), choice.media_type, cache=responses.A_MINUTE, headers=_VARY
        )

    async def asset(self, visit: Visit, name: str) -> Response:
        asset = self._pages.assets.get(name)
        if asset is None:
            raise NotHere("no such file")
        return responses.answer(visit.request, asset.body, asset.media_type, cache=responses.FOR_EVER)


def _public(visit: Visit, document: object, media_type: str) -> Response:
    accepted = visit.accept or ""
    # a person's browser shows JSON, and would save the exact type to disk
    shown = media_type if media_type in accepted else "application/json"
    body = responses.as_json(document)
    return responses.answer(visit.request, body, shown, cache=responses.A_MINUTE, headers=_VARY)


def _achievement(visit: Visit, slug: str, version: str) -> LiveAchievement:
    found = visit.catalogue.achievement(visit.tenant.issuer.tenant, slug, int(version))
    if found is None:
        raise NotHere("this issuer has no such achievement")
    return found


def _current(visit: Visit, tenant: Tenant) -> list[LiveAchievement]:
    live = visit.catalogue.current(tenant.issuer.tenant)
    return sorted(live, key=lambda each: each.achievement.name.casefold())


def _has_path(tenant: Tenant) -> bool:
    return "/" in did.site_path(tenant.issuer.id)
