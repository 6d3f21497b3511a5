"""Which issuer an address belongs to: by host and path, or mounted below the portal's own address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from shared.catalogue.model import Catalogue, Tenant
from shared.openbadges import did


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request arrived: at an issuer's site, at a host that issuers share, or at the portal itself."""

    tenant: Tenant | None
    tenants: tuple[Tenant, ...]
    """every issuer at the host, which share `/.well-known/jwks.json`"""
    prefix: str
    """what links in pages begin with; "" or a path without a slash at its end"""
    rest: str
    """the address below, without a slash at its beginning"""


def locate(catalogue: Catalogue, host: str, path: str, *, mounted: bool) -> Place:
    """The longest issuer's site that the address lies in.

    `mounted` allows `/<host>[/path]/…` below the portal's own address, as the embedded run has it.
    """
    if mounted and (found := _below(catalogue.tenants, path.lstrip("/"), mount="/")):
        return found
    at_host = f"{host.lower()}/{path.lstrip('/')}"
    if found := _below(catalogue.tenants, at_host, mount=""):
        return found
    return Place(None, (), "", path.strip("/"))


def prefix_of(tenant: Tenant, *, mounted: bool) -> str:
    """What a link from anywhere to this issuer's site begins with."""
    return "".join(f"/{quote(each, safe=':')}" for each in _site(tenant)) if mounted else did.base_url(tenant.issuer.id)


def _below(tenants: Iterable[Tenant], address: str, *, mount: str) -> Place | None:
    """`mount` is what stands before the host in the address: "/" where it is a part of the path, else ""."""
    segments = [each for each in address.split("/") if each]
    host = segments[0].lower() if segments else ""
    neighbours = tuple(tenant for tenant in tenants if _site(tenant)[0] == host)
    owner = max(
        (tenant for tenant in neighbours if segments[1 : len(_site(tenant))] == _site(tenant)[1:]),
        key=lambda tenant: len(_site(tenant)),
        default=None,
    )
    if not neighbours:
        return None
    depth = len(_site(owner)) if owner else 1
    own = segments[:depth] if mount else segments[1:depth]
    prefix = "".join(f"/{quote(each, safe=':')}" for each in own)
    return Place(owner, neighbours, prefix, "/".join(segments[depth:]))


def _site(tenant: Tenant) -> list[str]:
    host, *path = did.site_path(tenant.issuer.id).split("/")
    return [host.lower(), *(unquote(each) for each in path)]
