from __future__ import annotations

import pytest

from services.portal.sites import Place, locate, prefix_of
from shared.catalogue.model import Catalogue, Issuer, Tenant


def tenant(name: str, identifier: str) -> Tenant:
    issuer = Issuer(tenant=name, id=identifier, name=name, url="https://example.edu")
    return Tenant(issuer=issuer, sources=(), achievements=())


EDU = tenant("edu", "did:web:badges.example.edu")
ORG = tenant("org", "did:web:badges.example.org")
NORTH = tenant("north", "did:web:badges.example.org:issuers:north")
PORT = tenant("port", "did:web:localhost%3A8443:a")
DEEP = tenant("deep", "did:web:deep.example:a:b")
CATALOGUE = Catalogue(1, (EDU, ORG, NORTH, PORT, DEEP))


@pytest.mark.parametrize(
    ("host", "path", "owner", "prefix", "rest"),
    [
        ("badges.example.edu", "/", EDU, "", ""),
        ("BADGES.example.EDU", "/credentials/x", EDU, "", "credentials/x"),
        ("badges.example.org", "/status/1", ORG, "", "status/1"),
        ("badges.example.org", "/issuers/north", NORTH, "/issuers/north", ""),
        ("badges.example.org", "/issuers/north/status/1", NORTH, "/issuers/north", "status/1"),
        ("badges.example.org", "/issuers/northern/status/1", ORG, "", "issuers/northern/status/1"),
        ("localhost:8443", "/a/did.json", PORT, "/a", "did.json"),
        ("deep.example", "/a/.well-known/jwks.json", None, "", "a/.well-known/jwks.json"),
        ("elsewhere.example", "/verify", None, "", "verify"),
        ("", "/", None, "", ""),
    ],
)
def test_an_issuer_is_found_by_host_and_path(host: str, path: str, owner: Tenant, prefix: str, rest: str) -> None:
    place = locate(CATALOGUE, host, path, mounted=False)

    assert (place.tenant, place.prefix, place.rest) == (owner, prefix, rest)


@pytest.mark.parametrize(
    ("path", "owner", "prefix", "rest"),
    [
        ("/", None, "", ""),
        ("/verify", None, "", "verify"),
        ("/badges.example.edu", EDU, "/badges.example.edu", ""),
        ("/badges.example.edu/status/1", EDU, "/badges.example.edu", "status/1"),
        ("/badges.example.org/issuers/north/x", NORTH, "/badges.example.org/issuers/north", "x"),
        ("/localhost:8443/a/did.json", PORT, "/localhost:8443/a", "did.json"),
        ("/deep.example/.well-known/jwks.json", None, "/deep.example", ".well-known/jwks.json"),
    ],
)
def test_an_issuer_is_found_below_the_portal_s_own_address(path: str, owner: Tenant, prefix: str, rest: str) -> None:
    place = locate(CATALOGUE, "127.0.0.1:8080", path, mounted=True)

    assert (place.tenant, place.prefix, place.rest) == (owner, prefix, rest)


def test_in_production_a_host_in_the_path_is_nothing_special() -> None:
    place = locate(CATALOGUE, "elsewhere.example", "/badges.example.edu/status/1", mounted=False)

    assert place == Place(None, (), "", "badges.example.edu/status/1")


def test_issuers_of_one_host_know_of_each_other() -> None:
    place = locate(CATALOGUE, "badges.example.org", "/.well-known/jwks.json", mounted=False)

    assert place.tenants == (ORG, NORTH)


def test_links_to_an_issuer_stay_below_the_portal_only_where_it_is_mounted() -> None:
    assert prefix_of(NORTH, mounted=True) == "/badges.example.org/issuers/north"
    assert prefix_of(NORTH, mounted=False) == "https://badges.example.org/issuers/north"
