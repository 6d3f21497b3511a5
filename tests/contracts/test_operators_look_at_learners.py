"""What the command reads of intake's collections is what intake writes there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.ctl.accounts import NoSuchLearner, account
from services.ctl.source_status import statuses
from services.intake.ports import Parked
from services.intake.sightings import Sighting
from services.intake.store import MongoLearnerDirectory
from services.intake.store_sightings import MongoSightings
from services.intake.store_waiting import MongoWaitingRoom
from shared.catalogue.model import Achievement, Catalogue, Issuer, LiveAchievement, Source, Tenant
from shared.contracts.documents import ACTIVITIES, AWARDS, Learner, SightingOf
from shared.runtime.records import Record

MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def catalogue() -> Catalogue:
    issuer = Issuer(tenant="north", id="did:web:north.example.org", name="North", url="https://north.example.org")
    bridges = Achievement(id="bridges", version=1, type="Badge", name="Bridges", description="d", criteria="c")
    when = {"completed": {"course": "BR101"}}
    live = LiveAchievement(tenant="north", achievement=bridges, earned_when=when, image=b"")
    source = Source(name="lms", dialect="cloudevents", topic="lms.lms", learner="email")
    quiet = Source(name="quiet", dialect="xapi", topic="lms.quiet")
    return Catalogue(1, (Tenant(issuer=issuer, sources=(source, quiet), achievements=(live,)),))


def sighting(of: SightingOf, name: str, count: int = 1, at: datetime = MONDAY, **more: Any) -> Sighting:
    return Sighting("north/lms", of, name, count, MONDAY, at, **more)


async def test_a_source_is_told_with_everything_that_was_noted_of_it(database: Any, catalogue: Catalogue) -> None:
    await MongoSightings(database).add(
        [
            sighting(SightingOf.KIND, "completed.v1", 5),
            sighting(SightingOf.REFUSAL, "not_json", 2, TUESDAY),
            sighting(SightingOf.UNKNOWN_KIND, "new.v2", example={"data.id": "text"}),
            Sighting("north/removed", SightingOf.KIND, "a", 1, MONDAY, MONDAY),
        ]
    )
    parked = Parked("1", "north/lms", Record("lms.lms", 0, 0, None, b"{}", (), 0), ("a",), (0,), MONDAY)
    await MongoWaitingRoom(database).park([parked])

    lms, quiet = await statuses(database, catalogue)

    assert (lms.source, lms.events, lms.refused, lms.waiting, lms.last_event) == ("north/lms", 5, 2, 1, TUESDAY)
    ((of, noted),) = lms.drift()
    assert (of, noted.name, noted.example) == (SightingOf.UNKNOWN_KIND, "new.v2", {"data.id": "text"})
    assert (quiet.last_event, quiet.events, quiet.waiting, quiet.drift()) == (None, 0, 0, [])
    assert lms.as_json()["kind"][0]["count"] == 5


async def test_a_course_that_has_a_rule_by_now_is_not_told_any_more(database: Any, catalogue: Catalogue) -> None:
    await MongoSightings(database).add([sighting(SightingOf.COURSE, "BR101"), sighting(SightingOf.COURSE, "BR102")])

    lms, _ = await statuses(database, catalogue)

    assert [noted.name for _, noted in lms.drift()] == ["BR102"]


async def test_an_account_is_named_by_laurels_id_or_by_the_sources(database: Any, catalogue: Catalogue) -> None:
    ada = Learner(
        id="l1", tenant="north", directory="tenant:email", external_id="ada@example.org", name="Ada", as_of=MONDAY
    )
    await MongoLearnerDirectory(database).remember([ada])
    await database[ACTIVITIES].insert_one({"_id": "a1", "tenant": "north", "learner": "l1"})
    award = {"tenant": "north", "learner": "l1", "achievement": "bridges"}
    await database[AWARDS].insert_one({"_id": "w1", **award, "state": "earned", "status_index": 1})

    by_id = await account(database, catalogue, "north", "l1")
    by_source = await account(database, catalogue, "north", "lms:Ada@Example.org")

    assert by_id == by_source
    assert (by_id.name, by_id.activities, by_id.badges) == ("Ada", 1, ("bridges",))


@pytest.mark.parametrize("named", ["nobody", "lms:nobody@example.org"])
async def test_who_is_unknown_is_told_so(database: Any, catalogue: Catalogue, named: str) -> None:
    with pytest.raises(NoSuchLearner, match="north knows no learner"):
        await account(database, catalogue, "north", named)
