"""The addresses below an issuer, and which of them are there without one."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from services.portal.domain import NotHere
from services.portal.sites import Place
from shared.catalogue.model import Catalogue, Tenant

_PARTS = {
    "award_id": "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "slug": "[a-z0-9]+(?:-[a-z0-9]+)*",
    "version": "[1-9][0-9]{0,5}",
    "number": "[1-9][0-9]{0,8}",
    "name": "[a-z0-9.-]+",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """A request, and where it arrived."""

    request: Request
    place: Place
    catalogue: Catalogue
    mounted: bool
    """issuers are found below the portal's own address"""

    @property
    def tenant(self) -> Tenant:
        """The issuer whose address it is."""
        if self.place.tenant is None:
            raise NotHere("no issuer has this address")
        return self.place.tenant

    @property
    def accept(self) -> str | None:
        """What the client would like to see."""
        return self.request.headers.get("accept")


Handler = Callable[..., Awaitable[Response]]
"""Called with the visit, and each part of the address by its name."""


@dataclass(frozen=True, slots=True)
class Route:
    """A template such as `status/{number}`, which is also its name in the metrics."""

    template: str
    handler: Handler
    method: str = "GET"
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        expression = re.sub(r"\\{(\w+)\\}", lambda part: f"(?P<{part[1]}>{_PARTS[part[1]]})", re.escape(self.template))
        object.__setattr__(self, "pattern", re.compile(expression))


@dataclass(frozen=True, slots=True)
class Match:
    """The route, and what its address says."""

    route: Route
    parts: dict[str, str]


def match(routes: Sequence[Route], rest: str) -> tuple[Match, ...]:
    """Every route at this address, one a method; none: there is nothing here."""
    found = ((route, route.pattern.fullmatch(rest)) for route in routes)
    return tuple(Match(route, hit.groupdict()) for route, hit in found if hit)


_CREDENTIAL = re.compile(rf"credentials/(?P<award_id>{_PARTS['award_id']})(?:/|\.(?:json|jwt|png|html))?")


def award_at(rest: str) -> str | None:
    """The award that an address below an issuer is about."""
    hit = _CREDENTIAL.fullmatch(rest)
    return hit["award_id"] if hit else None
