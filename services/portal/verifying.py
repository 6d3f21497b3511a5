"""`/verify`: takes a token, a JSON document, a baked picture or a badge's link, and answers in plain steps."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.responses import Response

from services.portal import responses
from services.portal.checking import Checker, award_of
from services.portal.domain import Archive, NothingSent, TooLarge
from services.portal.excerpt import excerpt
from services.portal.metrics import PortalMetrics
from services.portal.negotiation import Form, choose
from services.portal.pages import Pages
from services.portal.routing import Route, Visit, award_at
from services.portal.sites import locate, prefix_of
from services.portal.uploads import presented
from shared.openbadges.verification import Report

_LONGEST_LINK = 2000
_NEVER_KEPT = {"Cache-Control": "no-store", "Vary": "Accept"}


class Verifying:
    """Reads no more than `max_bytes` of a credential, and keeps nothing of it."""

    def __init__(
        self, archive: Archive, checker: Checker, pages: Pages, metrics: PortalMetrics, *, max_bytes: int
    ) -> None:
        self._archive = archive
        self._checker = checker
        self._pages = pages
        self._metrics = metrics
        self._max_bytes = max_bytes

    def routes(self) -> Sequence[Route]:
        """At the portal itself and below an issuer."""
        return (Route("verify", self.form), Route("verify", self.verify, method="POST"))

    async def form(self, visit: Visit) -> Response:
        """`?link=` fills the form in, so that a badge's page can send its reader here."""
        return responses.page(visit.request, self._page(visit, link=visit.request.query_params.get("link", "")))

    async def verify(self, visit: Visit) -> Response:
        """Answers 200 with the verdict, whatever it is; other statuses say that nothing could be read."""
        choice = choose(visit.accept, (Form.JSON, Form.PAGE))
        for_people = choice is not None and choice.form is Form.PAGE
        try:
            document = await presented(visit.request, self._max_bytes)
        except (NothingSent, TooLarge) as trouble:
            if not for_people:
                raise
            return _shown(self._page(visit, trouble=str(trouble)), status=trouble.status)
        report = await self._checker.check(await self._behind_a_link(visit, document), visit.catalogue)
        self._metrics.verifications.labels(report.result.value).inc()
        if for_people:
            return _shown(self._page(visit, report=report))
        return Response(responses.as_json(report.as_json()), media_type="application/json", headers=_NEVER_KEPT)

    async def _behind_a_link(self, visit: Visit, document: bytes) -> bytes:
        """The credential, where a link to a badge of ours was pasted; whatever else was sent stays as it is."""
        if len(document) > _LONGEST_LINK or not document.strip().lower().startswith((b"https://", b"http://")):
            return document
        try:
            link = urlsplit(document.decode().strip())
        except ValueError:
            return document
        place = locate(visit.catalogue, link.netloc, link.path, mounted=visit.mounted)
        award_id = award_at(place.rest)
        if place.tenant is None or award_id is None:
            return document
        found = await self._archive.credential(place.tenant.issuer.tenant, award_id)
        return found.jwt.encode() if found else document

    def _page(self, visit: Visit, *, report: Report | None = None, trouble: str | None = None, link: str = "") -> str:
        issuer = visit.place.tenant.issuer if visit.place.tenant else None
        return self._pages.render(
            "verify.html",
            visit.place.prefix,
            issuer=issuer,
            report=report,
            trouble=trouble,
            link=link[:_LONGEST_LINK],
            limit=self._max_bytes // (1024 * 1024),
            found=excerpt(report.credential) if report and report.credential else None,
            page=_page_of(visit, report) if report else None,
        )


def _page_of(visit: Visit, report: Report) -> str | None:
    """The badge's own page, where the credential is one of ours."""
    claimed = (report.credential or {}).get("id")
    for tenant in visit.catalogue.tenants:
        award_id = award_of(tenant, claimed) if isinstance(claimed, str) else None
        if award_id is not None and award_at(f"credentials/{award_id}"):
            return f"{prefix_of(tenant, mounted=visit.mounted)}/credentials/{award_id}"
    return None


def _shown(html: str, *, status: int = 200) -> Response:
    return Response(html, status_code=status, media_type="text/html", headers=_NEVER_KEPT)
