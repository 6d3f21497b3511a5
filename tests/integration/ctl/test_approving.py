"""Which awards wait for a registrar, over a real store, and how somebody names them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.ctl.approving import NotWaiting, waiting
from shared.catalogue.model import Catalogue
from shared.contracts.documents import AWARDS, LEARNERS

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NOTHING = Catalogue(1, ())


def award(name: str, *, tenant: str = "north", achievement: str = "aid", **more: Any) -> dict[str, Any]:
    return {
        "_id": name, "tenant": tenant, "achievement": achievement, "version": 1, "learner": "l-ada",
        "earned_at": NOW, "why": "Completed it", "state": "pending", "waits_for": "approval", **more,
    }  # fmt: skip


@pytest.fixture
async def stored(database: Any) -> Any:
    await database[LEARNERS].insert_one({"_id": "l-ada", "tenant": "north", "external_id": "ada@mail.example"})
    await database[AWARDS].insert_many(
        [
            award("late"),
            award("early", earned_at=NOW - timedelta(days=1)),
            award("other", achievement="safety"),
            award("theirs", tenant="south", learner="l-bob"),
            award("address", waits_for="address"),
            award("approved", waits_for=None),
            award("declined", state="declined", waits_for=None),
        ]
    )
    return database


async def test_those_that_wait_the_longest_come_first_and_say_whose_they_are(stored: Any) -> None:
    found = await waiting(stored, NOTHING, "north/aid")

    assert [(each.id, each.who) for each in found] == [("early", "ada@mail.example"), ("late", "ada@mail.example")]


async def test_of_a_tenant_or_of_all(stored: Any) -> None:
    assert {each.id for each in await waiting(stored, NOTHING, "north")} == {"early", "late", "other"}
    assert {each.id for each in await waiting(stored, NOTHING)} == {"early", "late", "other", "theirs"}


@pytest.mark.parametrize("name", ["approved", "declined", "address", "nothing"])
async def test_what_does_not_wait_can_not_be_decided_and_is_named(stored: Any, name: str) -> None:
    with pytest.raises(NotWaiting, match=name):
        await waiting(stored, NOTHING, ids=["late", name])
