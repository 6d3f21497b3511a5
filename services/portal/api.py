"""One door for every address: finds the issuer, then what is asked of it; times, secures and answers for failures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response

from services.portal import responses
from services.portal.domain import NotAllowed, NotHere, Refused
from services.portal.metrics import PortalMetrics
from services.portal.negotiation import Form, choose
from services.portal.pages import Pages
from services.portal.routing import Match, Route, Visit, match
from services.portal.sites import locate
from shared.catalogue.model import Catalogue
from shared.errors import Unavailable

METHODS = ("GET", "HEAD", "POST")
NOWHERE = "nowhere"
"""the route of a request that found none, in the metrics"""


class Door:
    """`catalogue` is asked at each request: what was just applied is there without a restart."""

    def __init__(
        self,
        routes: Sequence[Route],
        *,
        catalogue: Callable[[], Catalogue],
        pages: Pages,
        metrics: PortalMetrics,
        clock: Callable[[], float],
        mounted: bool,
    ) -> None:
        self._routes = tuple(routes)
        self._catalogue = catalogue
        self._pages = pages
        self._metrics = metrics
        self._clock = clock
        self._mounted = mounted

    async def enter(self, request: Request) -> Response:
        """The endpoint of the catch-all route."""
        began = self._clock()
        visit = self._visit(request)
        found = match(self._routes, visit.place.rest)
        status = 500
        try:
            response = responses.secured(await self._answer(visit, found))
            status = response.status_code
        finally:
            route = found[0].route.template or "/" if found else NOWHERE
            self._metrics.requests.labels(route, request.method, str(status)).observe(self._clock() - began)
        return response

    def _visit(self, request: Request) -> Visit:
        catalogue = self._catalogue()
        place = locate(catalogue, request.headers.get("host", ""), request.url.path, mounted=self._mounted)
        return Visit(request, place, catalogue, self._mounted)

    async def _answer(self, visit: Visit, found: Sequence[Match]) -> Response:
        try:
            chosen = _for_method(found, visit.request.method)
            return await chosen.route.handler(visit, **chosen.parts)
        except Refused as refused:
            return self._trouble(visit, refused.status, refused.title, str(refused), refused.code)
        except Unavailable:
            detail = "We can't reach what we need to answer that. Please try again in a moment."
            response = self._trouble(visit, 503, "Not just now", detail, "unavailable")
            response.headers["Retry-After"] = "5"
            return response

    def _trouble(self, visit: Visit, status: int, title: str, detail: str, code: str) -> Response:
        choice = choose(visit.accept, (Form.JSON, Form.PAGE))
        if choice is None or choice.form is Form.JSON:
            response = responses.problem(status, title, detail, code)
        else:
            issuer = visit.place.tenant.issuer if visit.place.tenant else None
            html = self._pages.render("trouble.html", visit.place.prefix, issuer=issuer, title=title, detail=detail)
            response = Response(html, status_code=status, media_type="text/html")
        response.headers["Vary"] = "Accept"
        response.headers["Cache-Control"] = "no-store"
        return response


def _for_method(found: Sequence[Match], method: str) -> Match:
    if not found:
        raise NotHere("There is nothing at this address. Perhaps a part of the link was lost on its way.")
    wanted = "GET" if method == "HEAD" else method
    for each in found:
        if each.route.method == wanted:
            return each
    raise NotAllowed("This address can be read, but not sent to.")
