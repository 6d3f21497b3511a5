from __future__ import annotations

import json
from typing import Any

import pytest

from shared.catalogue.model import Alignment, Assessment, Credits
from shared.contracts.documents import KeyState
from shared.openbadges import did
from tests.unit.portal.world import EDS, World

SVG = {"issuer_image": b"<svg/>", "issuer_image_type": "image/svg+xml"}


async def test_a_did_document_is_where_did_web_looks_for_it(world: World) -> None:
    async with world.browser("badges.example.edu", mounted=False) as browser:
        at_host = await browser.get("/.well-known/did.json")
        not_there = await browser.get("/did.json")
    async with world.browser("badges.example.org", mounted=False) as browser:
        below_path = await browser.get("/issuers/north/did.json")
        nor_there = await browser.get("/issuers/north/.well-known/did.json")

    assert at_host.json()["id"] == "did:web:badges.example.edu"
    assert below_path.json()["id"] == "did:web:badges.example.org:issuers:north"
    assert (not_there.status_code, nor_there.status_code) == (404, 404)


async def test_the_embedded_run_serves_the_same_documents_below_its_own_address(world: World) -> None:
    async with world.browser("badges.example.edu", mounted=False) as browser:
        in_production = await browser.get("/.well-known/did.json")

    async with world.browser() as browser:
        mounted = await browser.get("/badges.example.edu/.well-known/did.json")

    assert mounted.content == in_production.content


async def test_every_published_address_of_an_issuer_is_served(world: World) -> None:
    identifier = "did:web:badges.example.org:issuers:north"
    award_id = world.issue("north")

    async with world.browser("badges.example.org", mounted=False) as browser:
        answers = [
            await browser.get(address)
            for address in (
                did.document_url(identifier),
                did.credential_url(identifier, award_id),
                did.achievement_url(identifier, "event-driven-systems", 2),
                did.status_list_url(identifier, 1),
            )
        ]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert answers[2].json()["id"] == did.achievement_url(identifier, "event-driven-systems", 2)


async def test_a_compromised_key_is_published_nowhere_and_a_retired_one_still_is(world: World) -> None:
    first, second, *others = world.archive.published
    world.archive.published = [
        first.model_copy(update={"state": KeyState.COMPROMISED}),
        second.model_copy(update={"state": KeyState.RETIRED}),
        *others,
    ]

    async with world.browser("badges.example.edu", mounted=False) as browser:
        document = await browser.get("/.well-known/did.json")
        jwks = await browser.get("/jwks.json")

    assert first.id not in document.text + jwks.text
    assert second.id in document.json()["assertionMethod"]


async def test_issuers_of_one_host_share_its_key_set_and_each_key_names_its_issuer(world: World) -> None:
    async with world.browser() as browser:
        shared = await browser.get("/badges.example.org/.well-known/jwks.json")
        own = await browser.get("/badges.example.org/issuers/north/jwks.json")

    both = {"did:web:badges.example.org:issuers:north", "did:web:badges.example.org:issuers:south"}
    assert {key["iss"] for key in shared.json()["keys"]} == both
    assert {key["iss"] for key in own.json()["keys"]} == {"did:web:badges.example.org:issuers:north"}


async def test_a_status_list_comes_in_either_securing(world: World) -> None:
    stored = world.archive.lists["edu", 1]

    async with world.browser() as browser:
        as_json = await browser.get("/badges.example.edu/status/1")
        as_jwt = await browser.get("/badges.example.edu/status/1", headers={"Accept": "application/vc+jwt"})
        again = await browser.get("/badges.example.edu/status/1", headers={"If-None-Match": as_json.headers["etag"]})
        missing = await browser.get("/badges.example.edu/status/2")

    assert as_json.text == stored.data_integrity
    assert as_jwt.text == stored.jwt
    assert as_json.headers["cache-control"] == "public, max-age=60"
    assert as_json.headers["etag"] != as_jwt.headers["etag"]
    assert (again.status_code, missing.status_code) == (304, 404)


async def test_an_achievement_is_a_page_for_people_and_json_ld_for_programs(world: World) -> None:
    address = "/badges.example.edu/achievements/event-driven-systems/2"

    async with world.browser() as browser:
        page = await browser.get(address, headers={"Accept": "text/html"})
        document = await browser.get(address, headers={"Accept": "application/ld+json"})
        image = await browser.get(f"{address}/image", headers={"Accept": "text/html"})
        unknown = await browser.get(address.replace("/2", "/3"))

    assert "Designs an event schema" in page.text
    assert "3 years" in page.text
    assert document.json()["type"] == ["Achievement"]
    assert document.json()["creator"]["id"] == "did:web:badges.example.edu"
    assert image.headers["content-type"] == "image/png"
    assert unknown.status_code == 404


async def test_an_old_version_stays_and_points_to_the_newest(world: World) -> None:
    newest = world.tenants["edu"].achievements[0].achievement
    old = newest.model_copy(update={"version": 1, "criteria": "Completed EDS101."})
    world.issuer("old", "did:web:old.example.edu", old, newest)

    async with world.browser() as browser:
        page = await browser.get(
            "/old.example.edu/achievements/event-driven-systems/1", headers={"Accept": "text/html"}
        )

    assert "Completed EDS101." in page.text
    assert 'href="/old.example.edu/achievements/event-driven-systems/2"' in page.text


async def test_an_issuer_s_page_lists_what_can_be_earned(world: World) -> None:
    async with world.browser() as browser:
        page = await browser.get("/badges.example.edu")
        profile = await browser.get("/badges.example.edu/", headers={"Accept": "application/json"})

    assert 'href="/badges.example.edu/achievements/event-driven-systems/2"' in page.text
    assert profile.json()["id"] == "did:web:badges.example.edu"


@pytest.mark.parametrize(
    ("host", "mounted", "link"),
    [
        ("127.0.0.1:8080", True, "/badges.example.org/issuers/north/"),
        ("elsewhere.example", False, "https://badges.example.org/issuers/north/"),
    ],
)
async def test_the_portal_s_own_page_lists_the_issuers(world: World, host: str, mounted: bool, link: str) -> None:
    async with world.browser(host, mounted=mounted) as browser:
        page = await browser.get("/")

    assert f'href="{link}"' in page.text


async def test_a_host_of_several_issuers_lists_its_own_alone(world: World) -> None:
    async with world.browser("badges.example.org", mounted=False) as browser:
        page = await browser.get("/")

    assert "School of north" in page.text
    assert "School of edu" not in page.text


async def test_an_issuer_s_svg_is_shown_by_pages_but_never_opened_as_a_document(world: World) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    world.issuer("logo", "did:web:logo.example", issuer_image=svg, issuer_image_type="image/svg+xml")

    async with world.browser() as browser:
        image = await browser.get("/logo.example/image")
        page = await browser.get("/logo.example/")

    assert image.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in image.headers["content-security-policy"]
    assert '<img class="logo" src="/logo.example/image"' in page.text
    assert "<script>" not in page.text


@pytest.mark.parametrize("logo", [{}, {"issuer_image": b"png", "issuer_image_type": "image/png"}, SVG])
async def test_the_profile_and_the_achievement_are_those_of_the_credentials(world: World, logo: dict[str, Any]) -> None:
    whole = EDS.model_copy(
        update={
            "supersedes": 1,
            "tags": ("kafka",),
            "alignment": (Alignment(name="architecture", url="https://skills.example/ü", framework="ESCO"),),
            "credits": Credits(ects=3, level="EQF 6", workload="PT75H"),
            "assessment": Assessment(type="exam", supervised=True),
        }
    )
    world.issuer("edu", "did:web:badges.example.edu", whole, **logo)
    credential = json.loads(world.archive.credentials[world.issue("edu")].data_integrity)

    async with world.browser() as browser:
        profile = (await browser.get("/badges.example.edu/", headers={"Accept": "application/json"})).json()
        achievement = (await browser.get("/badges.example.edu/achievements/event-driven-systems/2")).json()

    del profile["@context"], achievement["@context"], achievement["creator"]
    assert profile == credential["issuer"]
    assert achievement == credential["credentialSubject"]["achievement"]
    assert "**Assessment:** exam, supervised" in achievement["criteria"]["narrative"]
    assert [each["targetName"] for each in achievement["alignment"]] == ["architecture", "EQF 6"]
