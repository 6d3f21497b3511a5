"""One e-mail about several badges, as it is gathered: held against the fake and against the store over a socket."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifier.domain import MOST_BADGES, OwedDelivery
from services.notifier.memory import InMemoryDeliveries
from services.notifier.ports import Deliveries
from services.notifier.store import MongoDeliveries
from shared.contracts.documents import DeliveryState

PAST = datetime(2026, 1, 1, tzinfo=UTC)
LONG = timedelta(minutes=5)


@pytest.fixture(params=["fake", "mongodb"])
def unprepared(request: pytest.FixtureRequest) -> InMemoryDeliveries | MongoDeliveries:
    if request.param == "fake":
        return InMemoryDeliveries(lambda: datetime.now(UTC))
    return MongoDeliveries(request.getfixturevalue("database"))


@pytest.fixture
async def deliveries(unprepared: InMemoryDeliveries | MongoDeliveries) -> Deliveries:
    if isinstance(unprepared, MongoDeliveries):
        await unprepared.prepare()
    return unprepared


def digest(*awards: str, **fields: Any) -> OwedDelivery:
    return OwedDelivery(
        **{
            "id": "ada:backfill-1:digest",
            "tenant": "north",
            "award_id": "",
            "awards": awards,
            "learner": "ada",
            "template": "digest",
            "state": DeliveryState.QUEUED,
            "held_until": PAST,
            "next_attempt_at": PAST,
            "created_at": PAST,
            **fields,
        }
    )


async def only(deliveries: Deliveries) -> OwedDelivery:
    (found,) = await deliveries.due(10)
    return found


async def test_a_digest_gathers_each_award_once_and_is_held_back_anew(deliveries: Deliveries) -> None:
    later = PAST + LONG

    stored = [
        await deliveries.gather(digest("a")),
        await deliveries.gather(digest("b", next_attempt_at=later, held_until=later)),
        await deliveries.gather(digest("a", next_attempt_at=later + LONG, held_until=later + LONG)),
    ]

    assert [each.awards for each in stored] == [("a",), ("a", "b"), ("a", "b")]
    assert [each.next_attempt_at for each in stored] == [PAST, later, later]
    assert stored[-1].held_until == later
    assert await only(deliveries) == stored[-1]


async def test_of_badges_that_come_at_once_none_is_missing(deliveries: Deliveries) -> None:
    awards = [f"award-{number}" for number in range(20)]

    await asyncio.gather(*(deliveries.gather(digest(each)) for each in awards))

    assert {*(await only(deliveries)).awards} == {*awards}


@pytest.mark.parametrize(
    "closed",
    [
        {"state": DeliveryState.SENT},
        {"state": DeliveryState.SENDING, "claim": "other"},
        {"state": DeliveryState.FAILED},
        {"state": DeliveryState.SUPPRESSED},
        {"claim": "other"},
        {"doubts": 1},
        {"awards": tuple(f"award-{number}" for number in range(MOST_BADGES))},
    ],
)
async def test_a_digest_that_takes_no_more_stays_as_it_is(deliveries: Deliveries, closed: dict[str, Any]) -> None:
    there = digest("a", "b").model_copy(update=closed)
    await deliveries.insert([there])

    assert await deliveries.gather(digest("c", next_attempt_at=PAST + LONG)) == there
    assert not there.takes_more


async def test_one_that_waits_for_an_address_takes_more(deliveries: Deliveries) -> None:
    await deliveries.insert([digest("a", state=DeliveryState.WAITING)])

    assert (await deliveries.gather(digest("b"))).awards == ("a", "b")


async def test_what_is_left_out_is_gone_from_unsent_digests_and_their_claims_are_lost(deliveries: Deliveries) -> None:
    sent = digest("b", id="bob:backfill-1:digest", state=DeliveryState.SENT)
    await deliveries.insert([sent])
    await deliveries.gather(digest("a", "b", "c"))
    [claimed] = await deliveries.claim([digest("a")], "writing", LONG)

    await deliveries.leave_out({"b"})
    await deliveries.leave_out([])

    assert claimed.awards == ("a", "b", "c")
    assert not await deliveries.begin([claimed.id], "writing", LONG)
    assert (await deliveries.gather(digest("a"))).awards == ("a", "c")
    assert (await deliveries.gather(digest("x", id=sent.id))).awards == ("b",)
