from __future__ import annotations

from typing import Any

import pytest

from shared.catalogue.model import Accreditation, Alignment, Offer, Quality, Texts
from shared.contracts.events import Change
from tests.unit.portal.world import EDS, EVIDENCE, World

SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    "address",
    ["/", "/verify", "/badges.example.edu/", "/badges.example.edu/nothing", "/badges.example.edu/status/1",
     "/badges.example.edu/achievements/event-driven-systems/2", "/badges.example.edu/.well-known/did.json"],
)  # fmt: skip
async def test_every_answer_protects_its_reader(world: World, address: str) -> None:
    async with world.browser() as browser:
        answer = await browser.get(address, headers={"Accept": "text/html, */*;q=0.1"})

    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_documents_can_be_read_by_verifiers_in_browsers_and_pages_by_nobody_s_scripts(world: World) -> None:
    async with world.browser() as browser:
        document = await browser.get("/badges.example.edu/.well-known/did.json")
        page = await browser.get("/badges.example.edu/")

    assert document.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in page.headers


async def test_pages_have_no_scripts_and_their_style_is_a_file(world: World) -> None:
    award_id = world.issue("edu")

    async with world.browser() as browser:
        page = await browser.get(f"/badges.example.edu/credentials/{award_id}", headers={"Accept": "text/html"})
        address = page.text.split('<link rel="stylesheet" href="')[1].split('"')[0]
        style = await browser.get(address)
        missing = await browser.get("/assets/other.css")

    assert "<style" not in page.text
    assert " style=" not in page.text
    assert page.text.count("<script") == page.text.count('<script type="application/ld+json">') == 1
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in style.headers["cache-control"]
    assert missing.status_code == 404


async def test_what_designers_and_learning_systems_write_is_text_whatever_it_looks_like(world: World) -> None:
    hostile: dict[str, Any] = dict.fromkeys(("name", "description", "criteria", "type"), SCRIPT) | {
        "learning_outcomes": (SCRIPT,), "tags": (SCRIPT,), "texts": {"nl": Texts(name=SCRIPT, description=SCRIPT)},
        "alignment": (Alignment(name=SCRIPT, url="javascript:alert(1)", framework=SCRIPT),),
        "quality": Quality(assured_by=SCRIPT, url="javascript:alert(1)"),
        "offer": Offer(url="javascript:alert(1)", cost=SCRIPT),
    }  # fmt: skip
    world.issuer(
        "hostile", "did:web:hostile.example", EDS, name=f"{SCRIPT}&\"'", url="javascript:alert(1)", description=SCRIPT,
        email='a"onfocus="alert(1)@example.edu', accreditation=(Accreditation(by=SCRIPT, url="data:text/html,x"),),
    )  # fmt: skip
    evidence = EVIDENCE.model_copy(update={"object_name": SCRIPT, "raw_score": SCRIPT})
    # issued while it was harmless: the signer refuses what can't be signed, but pages read the catalogue
    issuer = world.tenants["hostile"].issuer
    world.tenants["hostile"] = world.tenants["edu"].model_copy(
        update={"issuer": issuer.model_copy(update={"url": "https://www.example.edu"})}
    )
    award_id = world.issue("hostile", why=SCRIPT, evidence=(evidence,))
    live = world.tenants["edu"].achievements[0]
    bad = live.model_copy(update={"achievement": live.achievement.model_copy(update=hostile), "tenant": "hostile"})
    world.tenants["hostile"] = world.tenants["edu"].model_copy(update={"issuer": issuer, "achievements": (bad,)})
    world.say(Change.REVOKE, award_id, SCRIPT)

    async with world.browser() as browser:
        browser.headers["Accept"] = "text/html"
        pages = [
            await browser.get(f"/hostile.example{path}")
            for path in (f"/credentials/{award_id}", f"/credentials/{award_id}.html", "/",
                         "/achievements/event-driven-systems/2", "/verify", "/nothing")
        ]  # fmt: skip
        pages.append(await browser.get("/"))

    for page in pages:
        assert SCRIPT not in page.text
        assert "&lt;script&gt;" in page.text
        assert 'href="javascript:' not in page.text
        assert 'href="data:' not in page.text
        assert '"onfocus' not in page.text


@pytest.mark.parametrize(
    "address",
    [
        "/nothing", "/badges.example.edu/credentials/", "/badges.example.edu/credentials/1",
        "/nowhere.example/status/1",
        "/badges.example.edu/credentials/00000000-0000-5000-8000-000000000009", "/badges.example.edu/status/0",
        "/badges.example.edu/status/99999999999999999999", "/badges.example.edu/achievements/../2", "/%00", "/%ff",
        "/badges.example.edu/credentials/00000000-0000-5000-8000-000000000009%0a", "/badges.example.edu/image",
    ],
)  # fmt: skip
async def test_what_is_not_here_is_said_kindly_to_people_and_plainly_to_programs(world: World, address: str) -> None:
    async with world.browser() as browser:
        to_program = await browser.get(address)
        to_person = await browser.get(address, headers={"Accept": "text/html"})

    assert (to_program.status_code, to_person.status_code) == (404, 404)
    assert to_program.headers["content-type"] == "application/problem+json"
    assert to_program.json()["code"] == "not_found"
    assert "<h1>Nothing here</h1>" in to_person.text


async def test_an_address_that_can_only_be_read_refuses_what_is_sent(world: World) -> None:
    async with world.browser() as browser:
        answer = await browser.post("/badges.example.edu/status/1")

    assert answer.status_code == 405


async def test_while_the_store_is_down_we_say_so_and_ask_to_come_back(world: World) -> None:
    award_id = world.issue("edu")
    world.archive.down = True

    async with world.browser() as browser:
        to_program = await browser.get(f"/badges.example.edu/credentials/{award_id}")
        to_person = await browser.get(f"/badges.example.edu/credentials/{award_id}", headers={"Accept": "text/html"})

    assert (to_program.status_code, to_person.status_code) == (503, 503)
    assert to_program.headers["retry-after"] == "5"
    assert to_program.json()["code"] == "unavailable"
    assert "Not just now" in to_person.text


async def test_answers_are_timed_by_route_and_never_by_address(world: World) -> None:
    award_id = world.issue("edu")

    async with world.browser() as browser:
        await browser.get(f"/badges.example.edu/credentials/{award_id}.json")
        await browser.get("/what/ever")
        await browser.head("/")
        await browser.post("/verify", data={"credential": "x"})

    seen = {
        (sample.labels["route"], sample.labels["method"], sample.labels["status"])
        for metric in world.registry.collect()
        if metric.name == "laurel_http_request_duration_seconds"
        for sample in metric.samples
    }
    assert seen == {
        ("credentials/{award_id}.json", "GET", "200"),
        ("nowhere", "GET", "404"),
        ("/", "HEAD", "200"),
        ("verify", "POST", "200"),
    }
