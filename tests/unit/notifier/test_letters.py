"""What a learner reads, and what a mail program gets."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from io import BytesIO
from typing import Any, cast

import pytest
from PIL import Image

from services.notifier.composer import Composer
from services.notifier.domain import Deferred, OwedDelivery, Refused, Unaddressed, Unwanted, owed
from services.notifier.letter import Desk
from services.notifier.message import Mail, Stationery
from services.notifier.picture import WIDTH, Pictures
from services.notifier.ports import Papers
from shared.catalogue.model import Achievement, Catalogue, Issuer, LiveAchievement, Tenant
from shared.contracts.documents import Credential, Learner
from shared.contracts.events import CredentialIssued
from shared.openbadges.baking import unbake_png

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ISSUED_AT = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)


def png(width: int) -> bytes:
    out = BytesIO()
    Image.new("RGBA", (width, width), (28, 107, 72, 255)).save(out, "PNG")
    return out.getvalue()


class FixedCatalogue:
    """Live from the start, or only after it is read again."""

    def __init__(self, live: Catalogue, *, stale: bool = False) -> None:
        self._live = live
        self.current = Catalogue(0, ()) if stale else live

    async def refresh(self) -> None:
        self.current = self._live


def catalogue(**issuer: Any) -> Catalogue:
    fields = {
        "tenant": "north",
        "id": "did:web:badges.example.edu",
        "name": "Example University",
        "url": "https://www.example.edu",
        "email": "badges@example.edu",
        "timezone": "Europe/Amsterdam",
        **issuer,
    }
    achievement = Achievement(
        id="systems", version=1, type="Badge", name="Event-driven systems", description="d", criteria="c"
    )
    live = LiveAchievement(tenant="north", achievement=achievement, earned_when={}, image=png(600))
    return Catalogue(1, (Tenant(issuer=Issuer.model_validate(fields), sources=(), achievements=(live,)),))


def delivery() -> OwedDelivery:
    event = CredentialIssued(
        award_id="award-1",
        credential_id="c",
        tenant="north",
        achievement="systems",
        version=1,
        learner="ada",
        issued_at=NOW,
    )
    return owed(event, NOW)


def papers(address: str | None = "ada@example.org", name: str | None = "Ada", why: str = "Finished EDS101.") -> Papers:
    learner = Learner(id="ada", tenant="north", directory="d", external_id="5", email=address, name=name)
    credential = Credential(
        id="award-1", credential_id="c", tenant="north", achievement="systems", version=1, learner="ada",
        valid_from=ISSUED_AT, valid_until=ISSUED_AT.replace(year=2029), status_list=1, status_index=5,
        jwt="header.claims.signature", data_integrity="{}", stored_at=NOW, received_at=NOW,
    )  # fmt: skip
    return Papers({"ada": learner}, {"award-1": credential}, {"award-1": why})


def composer(live: Catalogue | None = None, desk: Desk | None = None, *, stale: bool = False) -> Composer:
    source = FixedCatalogue(live or catalogue(), stale=stale)
    return Composer(desk or Desk(), Stationery("issued"), Stationery("digest"), source, Pictures(), lambda: NOW)


def digest(*awards: str) -> OwedDelivery:
    named = {"id": "ada:backfill-1:digest", "award_id": "", "awards": awards, "template": "digest"}
    return delivery().model_copy(update=named)


def many_papers(*awards: str, revoked: frozenset[str] = frozenset(), address: str | None = "ada@example.org") -> Papers:
    one = papers(address)
    credential = one.credentials["award-1"]
    return Papers(
        one.learners,
        {each: credential.model_copy(update={"id": each, "jwt": f"{each}.jwt.x"}) for each in awards},
        {each: f"Why of {each}." for each in awards},
        revoked=revoked,
    )


async def digest_of(*awards: str, revoked: frozenset[str] = frozenset()) -> EmailMessage:
    return parsed(await composer().compose(digest(*awards), many_papers(*awards, revoked=revoked)))


def parsed(mail: object) -> EmailMessage:
    assert isinstance(mail, Mail)
    return email.message_from_bytes(mail.content, policy=default)


async def message(written: Papers | None = None, **made: Any) -> EmailMessage:
    return parsed(await composer(**made).compose(delivery(), written or papers()))


def part(whole: EmailMessage, kind: str) -> str:
    found = whole.get_body((kind,))
    assert found is not None
    return str(found.get_content())


async def test_it_says_what_was_earned_why_and_until_when_in_the_issuers_days() -> None:
    whole = await message()

    assert whole["Subject"] == "You have earned Event-driven systems"
    for kind in ("plain", "html"):
        text = part(whole, kind)
        for words in (
            "Hello Ada,",
            "Event-driven systems",
            "Example University",
            "Finished EDS101.",
            "from 1 November 2026 until 1 November 2029",
            "https://badges.example.edu/credentials/award-1/linkedin",
            "https://badges.example.edu/verify",
        ):
            assert words in text, (kind, words)


async def test_its_headers_let_machines_leave_it_alone_and_find_its_award() -> None:
    whole = await message()

    assert whole["Message-ID"] == "<award-1.issued@badges.example.edu>"
    assert whole["Auto-Submitted"] == "auto-generated"
    assert whole["Laurel-Award"] == "award-1"
    assert whole["From"] == "Example University <badges@example.edu>"
    assert whole["Reply-To"] == "Example University <badges@example.edu>"
    assert whole["To"] == "Ada <ada@example.org>"
    assert whole["Date"].datetime == NOW


async def test_the_picture_is_shown_small_and_the_attached_one_carries_the_credential() -> None:
    whole = await message()

    related = next(each for each in whole.walk() if each.get_content_type() == "multipart/related")
    shown = next(each for each in related.walk() if each.get_content_type() == "image/png")
    (attached,) = list(whole.iter_attachments())
    assert f"cid:{shown['Content-ID'][1:-1]}" in part(whole, "html")
    assert Image.open(BytesIO(cast("Any", shown).get_content())).width == WIDTH
    assert attached.get_filename() == "systems.png"
    assert unbake_png(cast("Any", attached).get_content()) == "header.claims.signature"


async def test_the_same_delivery_makes_the_same_bytes() -> None:
    mails = [await composer().compose(delivery(), papers()) for _ in range(2)]

    assert mails[0] == mails[1]


async def test_html_in_names_and_reasons_stays_text() -> None:
    whole = await message(papers(name="<img src=x>", why="<script>alert(1)</script>"))

    html = part(whole, "html")
    assert "<img src=x>" not in html
    assert "<script" not in html
    assert "&lt;img src=x&gt;" in html


async def test_line_breaks_in_a_name_add_no_header() -> None:
    whole = await message(papers(name="Ada\r\nBcc: eve@example.org"))

    assert whole["Bcc"] is None
    assert whole["To"].addresses[0].addr_spec == "ada@example.org"


async def test_without_a_name_and_an_end_it_reads_well() -> None:
    written = papers(name=" ")
    endless = written.credentials["award-1"].model_copy(update={"valid_until": None})
    whole = await message(Papers(written.learners, {"award-1": endless}, {}))

    assert "Hello," in part(whole, "plain")
    assert "from 1 November 2026, without an end date" in part(whole, "plain")
    assert "You met the criteria of this badge." in part(whole, "plain")


async def test_the_embedded_run_links_to_where_its_portal_is() -> None:
    live = catalogue(id="did:web:badges.example.org:issuers:north")
    whole = await message(live=live, desk=Desk(portal_url="http://127.0.0.1:8000"))

    text = part(whole, "plain")
    assert "http://127.0.0.1:8000/badges.example.org/issuers/north/credentials/award-1" in text.splitlines()
    assert "http://127.0.0.1:8000/verify" in text
    assert whole["Message-ID"] == "<award-1.issued@badges.example.org>"


async def test_the_deployments_sender_goes_before_the_issuers() -> None:
    named = await message(desk=Desk(mail_from="Badges <post@laurel.example>"))
    bare = await message(desk=Desk(mail_from="post@laurel.example"))
    lonely = await message(live=catalogue(email=None))

    assert named["From"] == "Badges <post@laurel.example>"
    assert bare["From"] == "Example University <post@laurel.example>"
    assert lonely["From"] == "Example University <no-reply@badges.example.edu>"
    assert lonely["Reply-To"] is None


@pytest.mark.parametrize("address", [None, "", "  "])
async def test_no_address_is_a_state_of_this_delivery(address: str | None) -> None:
    assert await composer().compose(delivery(), papers(address)) == Unaddressed()


async def test_an_address_that_cannot_be_used_is_refused() -> None:
    assert await composer().compose(delivery(), papers("ada")) == Refused("invalid_address")


async def test_addresses_beyond_ascii_are_taken() -> None:
    domain = await message(papers("ada@bücher.example"))
    local = await composer().compose(delivery(), papers("jürgen@example.org"))

    assert domain["To"].addresses[0].domain == "xn--bcher-kva.example"
    assert isinstance(local, Mail)
    assert local.recipient == "jürgen@example.org"


async def test_a_catalogue_that_lags_is_read_again() -> None:
    assert isinstance(await composer(stale=True).compose(delivery(), papers()), Mail)


async def test_what_is_not_there_yet_is_tried_later() -> None:
    without = Papers(papers().learners, {}, {})

    assert await composer(Catalogue(1, ())).compose(delivery(), papers()) == Deferred("unknown_achievement")
    assert await composer().compose(delivery(), without) == Deferred("no_credential")


async def test_a_digest_tells_each_badge_with_its_reason_link_and_picture() -> None:
    awards = ("award-1", "award-2", "award-3")
    whole = await digest_of(*awards)

    assert whole["Subject"] == "You have earned 3 badges"
    assert whole["Message-ID"] == "<ada.backfill-1.digest@badges.example.edu>"
    assert whole.get_all("Laurel-Award") == list(awards)
    pictures = {each["Content-ID"][1:-1] for each in whole.walk() if each.get_content_type() == "image/png"}
    assert len(pictures) == 3
    assert all(f"cid:{each}" in part(whole, "html") for each in pictures)
    for kind in ("plain", "html"):
        text = part(whole, kind)
        assert text.count("Event-driven systems") >= 3
        assert "Hello Ada," in text
        for award in awards:
            assert f"https://badges.example.edu/credentials/{award}" in text
            assert f"Why of {award}." in text


async def test_a_digest_leaves_out_what_was_revoked_and_of_nothing_there_is_none() -> None:
    whole = await digest_of("award-1", "award-2", "award-3", revoked=frozenset({"award-2"}))
    gone = await composer().compose(digest("award-1"), many_papers("award-1", revoked=frozenset({"award-1"})))
    empty = await composer().compose(digest(), many_papers())

    assert whole.get_all("Laurel-Award") == ["award-1", "award-3"]
    assert (gone, empty) == (Unwanted("revoked"), Unwanted("revoked"))


async def test_a_digest_of_one_badge_is_written_like_any_badges_e_mail() -> None:
    whole = await digest_of("award-1")

    assert whole["Subject"] == "You have earned Event-driven systems"
    assert [each.get_filename() for each in whole.iter_attachments()] == ["systems.png"]


async def test_a_digest_waits_for_an_address_and_for_every_credential() -> None:
    unaddressed = await composer().compose(digest("award-1"), many_papers("award-1", address=None))
    incomplete = await composer().compose(digest("award-1", "award-2"), many_papers("award-1"))

    assert (unaddressed, incomplete) == (Unaddressed(), Deferred("no_credential"))


async def test_the_same_digest_makes_the_same_bytes_and_keeps_html_out() -> None:
    awards = ("award-1", "award-2")
    written = replace(many_papers(*awards), reasons=dict.fromkeys(awards, "<script>alert(1)</script>"))
    first, again = [await composer().compose(digest(*awards), written) for _ in range(2)]

    assert first == again
    assert "<script" not in part(parsed(first), "html")
