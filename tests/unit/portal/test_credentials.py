from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.contracts.events import Change
from shared.openbadges import baking
from tests.unit.portal.world import World

EDU = "/badges.example.edu"


async def test_a_credential_comes_in_the_form_that_was_asked_for(world: World) -> None:
    award_id = world.issue("edu")
    stored = world.archive.credentials[award_id]
    address = f"{EDU}/credentials/{award_id}"

    async with world.browser() as browser:
        as_json = await browser.get(address)
        as_ld = await browser.get(address, headers={"Accept": "application/ld+json"})
        as_jwt = await browser.get(address, headers={"Accept": "application/vc+jwt"})
        as_png = await browser.get(address, headers={"Accept": "image/png"})
        as_page = await browser.get(address, headers={"Accept": "text/html"})

    assert (as_json.text, as_json.headers["content-type"]) == (stored.data_integrity, "application/json")
    assert (as_ld.text, as_ld.headers["content-type"]) == (stored.data_integrity, "application/ld+json")
    assert (as_jwt.text, as_jwt.headers["content-type"]) == (stored.jwt, "application/vc+jwt")
    assert (baking.unbake_png(as_png.content), as_png.headers["content-type"]) == (stored.jwt, "image/png")
    assert as_page.headers["content-type"].startswith("text/html")
    assert {each.headers["vary"] for each in (as_json, as_ld, as_jwt, as_png, as_page)} == {"Accept"}


async def test_a_suffix_names_the_form_whatever_a_client_accepts(world: World) -> None:
    award_id = world.issue("edu")
    stored = world.archive.credentials[award_id]

    async with world.browser() as browser:
        browser.headers["Accept"] = "text/html"
        as_json = await browser.get(f"{EDU}/credentials/{award_id}.json")
        as_jwt = await browser.get(f"{EDU}/credentials/{award_id}.jwt")
        as_png = await browser.get(f"{EDU}/credentials/{award_id}.png")

    assert as_json.text == stored.data_integrity
    assert (as_jwt.text, as_jwt.headers["content-type"]) == (stored.jwt, "text/plain; charset=utf-8")
    assert baking.unbake_png(as_png.content) == stored.jwt


async def test_a_form_that_we_lack_is_not_acceptable(world: World) -> None:
    award_id = world.issue("edu")

    async with world.browser() as browser:
        answer = await browser.get(f"{EDU}/credentials/{award_id}", headers={"Accept": "video/mp4"})

    assert answer.status_code == 406
    assert answer.headers["content-type"] == "application/problem+json"
    assert "image/png" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("host", "path", "mounted"),
    [
        ("127.0.0.1:8080", "/badges.example.org/issuers/north/credentials/{}", True),
        ("badges.example.org", "/issuers/north/credentials/{}", False),
    ],
)
async def test_a_credential_is_at_its_issuer_s_address_and_nowhere_else(
    world: World, host: str, path: str, mounted: bool
) -> None:
    award_id = world.issue("north")

    async with world.browser(host, mounted=mounted) as browser:
        here = await browser.get(path.format(award_id))
        at_neighbour = await browser.get(path.format(award_id).replace("north", "south"))

    assert here.status_code == 200
    assert at_neighbour.status_code == 404


async def test_links_in_pages_stay_where_the_reader_is_while_documents_say_what_they_say_in_production(
    world: World,
) -> None:
    award_id = world.issue("edu")

    async with world.browser() as browser:
        page = (await browser.get(f"{EDU}/credentials/{award_id}", headers={"Accept": "text/html"})).text
        document = (await browser.get(f"{EDU}/credentials/{award_id}.json")).json()
    async with world.browser("badges.example.edu", mounted=False) as browser:
        in_production = (await browser.get(f"/credentials/{award_id}", headers={"Accept": "text/html"})).text

    assert f'href="{EDU}/credentials/{award_id}.png"' in page
    assert f'href="/credentials/{award_id}.png"' in in_production
    assert f'<link rel="canonical" href="https://badges.example.edu/credentials/{award_id}">' in page
    assert document["id"] == f"https://badges.example.edu/credentials/{award_id}"


async def test_a_badge_page_tells_what_was_earned_why_and_how_it_stands_but_not_by_whom(world: World) -> None:
    award_id = world.issue("edu")

    async with world.browser() as browser:
        answer = await browser.get(f"{EDU}/credentials/{award_id}", headers={"Accept": "text/html"})

    for told in (
        "Event-driven systems", "School of edu", "31 October 2026", "Completed EDS101 with 80 %.",
        "Designs an event schema", "EDS101 completed with 92 %", "Event-driven systems 101", "92 %",
        '<h2 id="verdict">Verified</h2>', 'name="robots" content="noindex"', 'property="og:image"',
    ):  # fmt: skip
        assert told in answer.text
    assert "ada@example.edu" not in answer.text
    assert answer.headers["x-robots-tag"] == "noindex"


async def test_a_badge_page_describes_itself_to_machines(world: World) -> None:
    award_id = world.issue("edu", valid_until=datetime(2029, 10, 31, 9, tzinfo=UTC))

    async with world.browser() as browser:
        page = (await browser.get(f"{EDU}/credentials/{award_id}", headers={"Accept": "text/html"})).text

    about = json.loads(page.split('<script type="application/ld+json">')[1].split("</script>")[0])
    assert about["@type"] == "EducationalOccupationalCredential"
    assert about["url"] == f"https://badges.example.edu/credentials/{award_id}"
    assert about["recognizedBy"]["name"] == "School of edu"
    assert about["expires"].startswith("2029-10-31")


@pytest.mark.parametrize(
    ("change", "state", "verdict"),
    [(Change.REVOKE, "revoked", "Revoked"), (Change.SUSPEND, "suspended", "Suspended")],
)
@pytest.mark.parametrize("drawn", [True, False])
async def test_a_badge_that_was_taken_back_is_still_shown_and_plainly_marked_at_once(
    world: World, change: Change, state: str, verdict: str, drawn: bool
) -> None:
    award_id = world.issue("edu")
    neighbour = world.issue("edu", n=2)
    world.say(change, award_id, "Issued in error", draw=drawn)

    async with world.browser() as browser:
        browser.headers["Accept"] = "text/html"
        page = await browser.get(f"{EDU}/credentials/{award_id}")
        next_door = await browser.get(f"{EDU}/credentials/{neighbour}")
        status = await browser.get(f"{EDU}/credentials/{award_id}/status")

    assert page.status_code == 200
    assert f'<h2 id="verdict">{verdict}</h2>' in page.text
    assert "Issued in error" in page.text
    assert "Add to LinkedIn" not in page.text
    assert '<h2 id="verdict">Verified</h2>' in next_door.text
    assert status.json() == {"status": state, "reason": "Issued in error", "since": "2026-11-19T12:00:00+00:00"}


async def test_a_badge_about_which_nothing_was_said_is_active(world: World) -> None:
    award_id = world.issue("edu")

    async with world.browser() as browser:
        status = await browser.get(f"{EDU}/credentials/{award_id}/status")

    assert status.json() == {"status": "active", "reason": None, "since": None}


async def test_a_reinstated_badge_reads_as_verified_again(world: World) -> None:
    award_id = world.issue("edu")
    world.say(Change.SUSPEND, award_id, "Under review")
    world.say(Change.REINSTATE, award_id, "Review is over")

    async with world.browser() as browser:
        page = await browser.get(f"{EDU}/credentials/{award_id}", headers={"Accept": "text/html"})
        status = await browser.get(f"{EDU}/credentials/{award_id}/status")

    assert '<h2 id="verdict">Verified</h2>' in page.text
    assert status.json()["status"] == "active"


async def test_an_expired_badge_says_so(world: World) -> None:
    award_id = world.issue("edu", valid_until=world.now - timedelta(days=2))

    async with world.browser() as browser:
        page = await browser.get(f"{EDU}/credentials/{award_id}", headers={"Accept": "text/html"})

    assert '<h2 id="verdict">Expired</h2>' in page.text
    assert "18 November 2026" in page.text


async def test_a_badge_is_nowhere_until_it_is_stored(world: World) -> None:
    award_id = world.issue("edu")
    del world.archive.credentials[award_id]

    async with world.browser() as browser:
        answers = [
            await browser.get(f"{EDU}/credentials/{award_id}{suffix}")
            for suffix in ("", ".json", ".jwt", ".png", ".html", "/status", "/linkedin")
        ]

    assert {answer.status_code for answer in answers} == {404}


async def test_linkedin_is_told_the_badge_s_public_address(world: World) -> None:
    award_id = world.issue("edu", valid_until=datetime(2029, 10, 31, 9, tzinfo=UTC))

    async with world.browser() as browser:
        answer = await browser.get(f"{EDU}/credentials/{award_id}/linkedin")

    target = urlsplit(answer.headers["location"])
    assert (answer.status_code, target.netloc, target.path) == (302, "www.linkedin.com", "/profile/add")
    assert {name: values[0] for name, values in parse_qs(target.query).items()} == {
        "startTask": "CERTIFICATION_NAME",
        "name": "Event-driven systems",
        "organizationName": "School of edu",
        "issueYear": "2026",
        "issueMonth": "10",
        "expirationYear": "2029",
        "expirationMonth": "10",
        "certUrl": f"https://badges.example.edu/credentials/{award_id}",
        "certId": award_id,
    }


async def test_a_revoked_badge_is_not_offered_to_linkedin(world: World) -> None:
    award_id = world.issue("edu")
    world.say(Change.REVOKE, award_id)

    async with world.browser() as browser:
        answer = await browser.get(f"{EDU}/credentials/{award_id}/linkedin")

    assert answer.headers["location"] == f"{EDU}/credentials/{award_id}"


async def test_a_page_can_stand_alone(world: World) -> None:
    award_id = world.issue("edu")

    async with world.browser() as browser:
        answer = await browser.get(f"{EDU}/credentials/{award_id}.html")

    assert "<style>" in answer.text
    assert 'src="data:image/png;base64,' in answer.text
    assert 'rel="stylesheet"' not in answer.text
    assert f'href="https://badges.example.edu/credentials/{award_id}.png"' in answer.text
    assert "style-src 'self' 'sha256-" in answer.headers["content-security-policy"]


async def test_what_a_client_has_already_is_not_sent_again(world: World) -> None:
    award_id = world.issue("edu")
    address = f"{EDU}/credentials/{award_id}.json"

    async with world.browser() as browser:
        first = await browser.get(address)
        again = await browser.get(address, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})

    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
