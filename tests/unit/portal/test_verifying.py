from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable

import pytest

from shared.contracts.documents import KeyPurpose, KeyState
from shared.contracts.events import Change
from shared.openbadges import baking, data_integrity, keys, vc_jwt
from tests.unit.portal.world import ISSUED, NOW, PEMS, SHAPES, World, picture

PAGE = {"Accept": "text/html"}
JSON = {"Content-Type": "application/json"}


def one_byte_changed(token: str) -> str:
    head, payload, signature = token.split(".")
    return ".".join((head, payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:], signature))


@pytest.mark.parametrize(
    "address", ["/verify", "/badges.example.edu/verify", "/badges.example.org/issuers/north/verify"]
)
async def test_a_token_a_document_and_a_picture_are_verified_alike(world: World, address: str) -> None:
    stored = world.archive.credentials[world.issue("edu")]
    baked = baking.bake_png(picture(), stored.jwt)

    async with world.browser() as browser:
        answers = [
            (await browser.post(address, files={"file": ("badge.jwt", stored.jwt.encode())})).json(),
            (await browser.post(address, files={"file": ("badge.json", stored.data_integrity.encode())})).json(),
            (await browser.post(address, files={"file": ("badge.png", baked, "image/png")})).json(),
            (await browser.post(address, data={"credential": f"  {stored.jwt}\n"})).json(),
            (await browser.post(address, data={"credential": stored.data_integrity})).json(),
            (await browser.post(address, content=stored.jwt.encode(), headers={"Content-Type": "text/plain"})).json(),
            (await browser.post(address, content=stored.data_integrity, headers=JSON)).json(),
            (await browser.post(address, content=baked, headers={"Content-Type": "image/png"})).json(),
        ]  # fmt: skip

    assert [answer["result"] for answer in answers] == ["verified"] * 8
    assert all(step["outcome"] == "ok" for answer in answers for step in answer["steps"])
    assert [answer["securedAs"] for answer in answers][:3] == ["jwt", "data-integrity", "jwt"]


@pytest.mark.parametrize("spoil", [one_byte_changed, lambda token: token[:-8] + "AAAAAAAA"])
async def test_one_changed_byte_is_refused(world: World, spoil: Callable[[str], str]) -> None:
    stored = world.archive.credentials[world.issue("edu")]
    document = stored.data_integrity.replace("Event-driven systems", "Event-driven Systems")

    async with world.browser() as browser:
        token = await browser.post("/verify", data={"credential": spoil(stored.jwt)})
        edited = await browser.post("/verify", data={"credential": document})

    assert (token.json()["result"], edited.json()["result"]) == ("invalid", "invalid")


@pytest.mark.parametrize(
    "garbage",
    [b"hello", b"{", b"{}", b"[1]", b"\x89PNG\r\n\x1a\nnonsense", b"\xff\xfe\x00", b"a.b.c", b"[" * 100_000, b"null",
     b"https://", b"https://[", b"https://badges.example.edu/credentials/00000000-0000-5000-8000-000000000009"],
)  # fmt: skip
async def test_garbage_gets_an_answer_and_no_error(world: World, garbage: bytes) -> None:
    async with world.browser() as browser:
        answer = await browser.post("/verify", files={"file": ("x", garbage)})

    assert answer.status_code == 200
    assert answer.json()["result"] == "invalid"


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
@pytest.mark.parametrize(
    "spoilt",
    [{"name": "\ud800"}, {"validFrom": "\ud800"}, {"issuer": "\ud800"}, {"evidence": 10**100},
     {"issuer": "did:web:elsewhere.example", "evidence": [[[[[[[]]]]]]] * 2, "\ud800": 1}],
)  # fmt: skip
async def test_json_that_could_not_be_told_again_gets_an_answer_and_no_error(
    world: World, accept: str, spoilt: dict[str, object]
) -> None:
    stored = world.archive.credentials[world.issue("edu")]
    document = json.dumps(json.loads(stored.data_integrity) | spoilt)

    async with world.browser() as browser:
        answer = await browser.post("/verify", content=document, headers=JSON | {"Accept": accept})

    assert answer.status_code == 200


async def test_a_document_that_names_thousands_of_lists_costs_a_few_looks(world: World) -> None:
    stored = world.archive.credentials[world.issue("edu")]
    entry = json.loads(stored.data_integrity)["credentialStatus"]
    addresses = [entry["statusListCredential"].removesuffix("1") + str(number) for number in range(1, 3000)]
    named = {"credentialStatus": [entry | {"statusListCredential": each} for each in addresses]}
    looks = world.archive.looks

    async with world.browser() as browser:
        answer = await browser.post(
            "/verify", content=json.dumps(json.loads(stored.data_integrity) | named), headers=JSON
        )

    assert answer.json()["result"] == "invalid"
    assert world.archive.looks - looks < 20


async def test_a_token_that_nests_without_end_gets_an_answer_and_no_error(world: World) -> None:
    stored = world.archive.credentials[world.issue("edu")]
    payload = b'{"issuer":' + b'{"a":' * 500 + b"1" + b"}" * 501
    token = ".".join((stored.jwt.split(".")[0], base64.urlsafe_b64encode(payload).rstrip(b"=").decode(), "AAAA"))

    async with world.browser() as browser:
        answer = await browser.post("/verify", content=token, headers={"Content-Type": "text/plain"})

    assert answer.json()["result"] == "invalid"


@pytest.mark.parametrize(("change", "result"), [(Change.REVOKE, "revoked"), (Change.SUSPEND, "suspended")])
@pytest.mark.parametrize("drawn", [True, False])
async def test_a_badge_that_was_taken_back_reads_so_and_its_neighbours_don_t(
    world: World, change: Change, result: str, drawn: bool
) -> None:
    taken, kept = world.issue("edu"), world.issue("edu", n=2)
    world.say(change, taken, "Issued in error", draw=drawn)

    async with world.browser() as browser:
        of_taken = await browser.post("/verify", data={"credential": world.archive.credentials[taken].jwt})
        of_kept = await browser.post("/verify", data={"credential": world.archive.credentials[kept].jwt})

    assert of_taken.json()["result"] == result
    assert of_kept.json()["result"] == "verified"


async def test_an_issuer_that_is_not_here_is_not_known_which_is_no_red_failure(world: World) -> None:
    stored = world.archive.credentials[world.issue("south")]
    del world.tenants["south"]

    async with world.browser() as browser:
        answer = await browser.post("/verify", data={"credential": stored.jwt})
        page = await browser.post("/verify", data={"credential": stored.jwt}, headers=PAGE)

    assert answer.json()["result"] == "issuer-unknown"
    assert "failed" not in {step["outcome"] for step in answer.json()["steps"]}
    assert '<h1 id="verdict">Issuer not known here</h1>' in page.text
    assert "verdict result is-unknown" in page.text


async def test_a_status_list_that_can_t_be_had_is_neither_verified_nor_revoked(world: World) -> None:
    stored = world.archive.credentials[world.issue("edu")]
    world.archive.lists.clear()

    async with world.browser() as browser:
        answer = await browser.post("/verify", data={"credential": stored.jwt})

    assert answer.json()["result"] == "could-not-check"


async def test_another_issuer_s_key_vouches_for_nothing(world: World) -> None:
    document = json.loads(world.archive.credentials[world.issue("edu")].data_integrity)
    del document["proof"]
    stranger = keys.signing_key(world.tenants["north"].issuer.id, PEMS[KeyPurpose.CREDENTIAL, "ES256"])

    async with world.browser() as browser:
        answer = await browser.post("/verify", data={"credential": vc_jwt.sign(document, stranger)})

    assert answer.json()["result"] == "invalid"


async def test_a_compromised_key_vouches_for_nothing_and_a_retired_one_still_does(world: World) -> None:
    stored = world.archive.credentials[world.issue("edu")]

    def in_state(state: KeyState) -> None:
        world.archive.published = [each.model_copy(update={"state": state}) for each in world.archive.published]

    async with world.browser() as browser:
        in_state(KeyState.RETIRED)
        retired = await browser.post("/verify", data={"credential": stored.jwt})
        in_state(KeyState.COMPROMISED)
        compromised = await browser.post("/verify", data={"credential": stored.jwt})

    assert retired.json()["result"] == "verified"
    assert compromised.json()["result"] == "invalid"


@pytest.mark.parametrize(
    "link",
    [
        "https://badges.example.edu/credentials/{}",
        "http://127.0.0.1:8080/badges.example.edu/credentials/{}",
        " HTTPS://badges.example.edu/credentials/{}.png?x=1#y \n",
    ],
)
async def test_the_link_of_a_badge_of_ours_is_as_good_as_its_file(world: World, link: str) -> None:
    award_id = world.issue("edu")

    async with world.browser() as browser:
        answer = await browser.post("/verify", data={"credential": link.format(award_id)})

    assert answer.json()["result"] == "verified"


async def test_a_person_gets_a_page_of_steps_and_the_way_to_the_badge(world: World) -> None:
    award_id = world.issue("edu")
    stored = world.archive.credentials[award_id]

    async with world.browser() as browser:
        page = await browser.post("/verify", files={"file": ("badge.jwt", stored.jwt.encode())}, headers=PAGE)

    assert '<h1 id="verdict">Verified</h1>' in page.text
    assert f'href="/badges.example.edu/credentials/{award_id}"' in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_the_form_can_be_opened_with_a_link_filled_in(world: World) -> None:
    async with world.browser() as browser:
        page = await browser.get("/verify", params={"link": '"></textarea><script>alert(1)</script>'})

    assert 'enctype="multipart/form-data"' in page.text
    assert "<script>" not in page.text


@pytest.mark.parametrize("announced", [True, False])
async def test_more_than_two_megabytes_are_not_read(world: World, announced: bool) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for sent in range(1000):
            assert sent < 300, "read on after the limit"
            yield b"x" * 10_000

    async with world.browser() as browser:
        if announced:
            answer = await browser.post("/verify", content=b"x" * (2 * 1024 * 1024 + 1))
        else:
            answer = await browser.post("/verify", content=endless())
        as_file = await browser.post("/verify", files={"file": ("x", b"x" * (2 * 1024 * 1024 + 1))}, headers=PAGE)

    assert (answer.status_code, as_file.status_code) == (413, 413)
    assert answer.json()["code"] == "too_large"
    assert "at most 2 MB" in as_file.text


@pytest.mark.parametrize("sent", [{"data": {"credential": "  "}}, {"content": b""}, {"files": {"file": ("", b"")}}])
async def test_nothing_sent_is_said_so(world: World, sent: dict[str, object]) -> None:
    async with world.browser() as browser:
        answer = await browser.post("/verify", **sent)  # type: ignore[arg-type]
        page = await browser.post("/verify", **sent, headers=PAGE)  # type: ignore[arg-type]

    assert (answer.status_code, answer.json()["code"]) == (400, "nothing_sent")
    assert "Choose a file or paste a credential." in page.text


async def test_a_broken_form_is_refused(world: World) -> None:
    async with world.browser() as browser:
        answer = await browser.post("/verify", content=b"--x", headers={"Content-Type": "multipart/form-data"})

    assert answer.status_code == 400


async def test_what_a_stranger_s_document_says_is_shown_as_text(world: World) -> None:
    world.issue("edu")
    document = json.loads(world.archive.credentials["00000000-0000-5000-8000-000000000001"].data_integrity)
    document["credentialSubject"]["achievement"]["name"] = "<script>alert(1)</script>"
    document["issuer"]["name"] = '"><img src=x onerror=alert(1)>'

    async with world.browser() as browser:
        page = await browser.post("/verify", data={"credential": json.dumps(document)}, headers=PAGE)

    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script>" not in page.text
    assert "<img src=x" not in page.text


async def test_verifications_are_counted_by_result(world: World) -> None:
    stored = world.archive.credentials[world.issue("edu")]

    async with world.browser() as browser:
        await browser.post("/verify", data={"credential": stored.jwt})
        await browser.post("/verify", data={"credential": "garbage"})

    def count(result: str) -> float | None:
        return world.registry.get_sample_value("laurel_verifications_total", {"result": result})

    assert (count("verified"), count("invalid")) == (1.0, 1.0)


async def test_a_proof_by_the_status_list_key_is_no_badge(world: World) -> None:
    document = json.loads(world.archive.credentials[world.issue("edu")].data_integrity)
    del document["proof"]
    key = world.key("edu", KeyPurpose.STATUS_LIST, "Ed25519")
    signed = data_integrity.sign(document, key, ISSUED, SHAPES)

    async with world.browser() as browser:
        answer = await browser.post("/verify", data={"credential": json.dumps(signed)})

    assert answer.json()["result"] == "invalid"
    assert world.now == NOW
