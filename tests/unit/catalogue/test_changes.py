"""What applying would change, and how it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from shared.catalogue.changes import diff
from shared.catalogue.documents import from_documents, to_documents
from shared.catalogue.model import Catalogue, Tenant
from shared.catalogue.picture import draw_badge
from shared.catalogue.reading import ReadResult
from tests.live_tenants import since

Read = Callable[..., ReadResult]
NOTHING = Catalogue(0, ())
INTRO = """
achievement: {id: intro, version: 3, type: Badge, name: Intro, description: x, criteria: y, retire_on: 2027-08-31}
earned_when: {score: {course: A, at_least: 80%}}
"""


def applied(tenants: Sequence[Tenant], revision: int = 1) -> Catalogue:
    documents = [document for tenant in tenants for document in to_documents(tenant, revision)]
    return from_documents([*reversed(documents), {"_id": "head", "revision": revision}])


def test_what_is_kept_is_read_back_the_same(read: Read) -> None:
    tenants = read(INTRO, more={"north/logo.png": b""}).tenants

    catalogue = applied(tenants, 7)

    assert catalogue.revision == 7
    assert catalogue.tenants == since(tenants, 7)
    assert catalogue.achievement("north", "intro", 3) == since(tenants, 7)[0].achievements[0]


def test_pictures_may_be_left_out(read: Read) -> None:
    documents = to_documents(read(INTRO).tenants[0], 1)

    without = [{name: value for name, value in each.items() if "image" not in name} for each in documents]

    assert from_documents(without).tenants[0].achievements[0].image == b""


def test_a_first_apply_adds_everything_and_a_second_nothing(read: Read) -> None:
    tenants = read(INTRO).tenants

    first = diff(NOTHING, tenants)
    second = diff(applied(tenants), tenants)

    assert first.added == ("north", "north/intro/3")
    assert [each["_id"] for each in first.documents(1)] == ["tenant/north", "achievement/north/intro/3"]
    assert second.empty
    assert second.unchanged == ("north", "north/intro/3")


@pytest.mark.parametrize(
    ("was", "now", "what"),
    [
        ("name: Intro", "name: Introduction", "name"),
        ("80%", "81%", "earned_when"),
        ("2027-08-31", "2028-08-31", "retire_on"),
        ("criteria: y", "criteria: y, image: mine.png", "image"),
    ],
)
def test_a_live_version_never_changes(read: Read, was: str, now: str, what: str) -> None:
    live = applied(read(INTRO).tenants)

    found = diff(
        live, read(INTRO.replace(was, now), more={"north/achievements/mine.png": draw_badge("a", "b")}).tenants
    )

    assert found.problems == (f"north/intro/3 is live and was changed ({what}): raise the version",)
    assert found.documents(2) == []


def test_a_replaced_picture_is_a_change(read: Read) -> None:
    text = INTRO.replace("criteria: y", "criteria: y, image: mine.png")
    live = applied(read(text, more={"north/achievements/mine.png": draw_badge("a", "b")}).tenants)

    found = diff(live, read(text, more={"north/achievements/mine.png": draw_badge("c", "b")}).tenants)

    assert "(image)" in found.problems[0]


def test_another_spelling_of_the_same_criteria_is_no_change(read: Read) -> None:
    live = applied(read(INTRO).tenants)

    assert diff(live, read(INTRO.replace("80%", "16/20").replace("course", "'course'")).tenants).empty


def test_a_badge_drawn_anew_for_a_renamed_issuer_is_no_change_of_the_achievement(read: Read) -> None:
    live = applied(read(INTRO).tenants)
    renamed = (
        'issuer: {tenant: north, id: "did:web:badges.north.example", name: Northern, url: "https://north.example"}'
    )

    found = diff(live, read(INTRO, issuer=renamed).tenants)

    assert found.changed == ("north",)
    assert found.problems == ()
    assert [each["_id"] for each in found.documents(2)] == ["tenant/north"]


def test_versions_go_forward_and_the_old_one_stays(read: Read) -> None:
    live = applied(read(INTRO).tenants)

    newer = diff(live, read(INTRO.replace("version: 3", "version: 4")).tenants)
    older = diff(live, read(INTRO.replace("version: 3", "version: 2")).tenants)

    assert newer.added == ("north/intro/4",)
    assert newer.problems == ()
    assert "older than version 3" in older.problems[0]


@pytest.mark.parametrize(
    ("more", "remarks"),
    [
        ("", ("north/intro/4 leaves version 3 earnable beside it: write supersedes: 3 if it replaces that one",)),
        (", supersedes: 3", ()),
    ],
)
def test_a_new_version_that_leaves_the_old_one_earnable_is_remarked_on(
    read: Read, more: str, remarks: tuple[str, ...]
) -> None:
    live = applied(read(INTRO).tenants)

    found = diff(live, read(INTRO.replace("version: 3", f"version: 4{more}")).tenants)

    assert (found.remarks, found.problems) == (remarks, ())


def test_an_issuers_address_is_in_every_credential_and_stays(read: Read) -> None:
    live = applied(read(INTRO).tenants)

    found = diff(live, read(INTRO, issuer='issuer: {tenant: north, id: "did:web:x.example", name: N, url: u}').tenants)

    assert "can't change" in found.problems[0]


def test_current_is_the_newest_version_of_each(read: Read) -> None:
    tenants = read(INTRO + "---" + INTRO.replace("version: 3", "version: 10")).tenants

    assert [each.achievement.version for each in applied(tenants).current("north")] == [10]
