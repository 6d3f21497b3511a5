"""What the sender relies on, held against the fake and against the store over a socket."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifier.domain import OwedDelivery, Step
from services.notifier.memory import InMemoryDeliveries
from services.notifier.ports import Deliveries
from services.notifier.store import MongoArchive, MongoDeliveries
from shared.contracts.documents import AWARDS, CREDENTIALS, LEARNERS, DeliveryState

PAST = datetime(2026, 1, 1, tzinfo=UTC)
LONG = timedelta(minutes=5)
SHORT = timedelta(milliseconds=30)


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


def delivery(number: int = 1, state: DeliveryState = DeliveryState.QUEUED, **fields: Any) -> OwedDelivery:
    award = f"award-{number}"
    due = PAST + timedelta(minutes=number)
    return OwedDelivery(
        **{
            "id": f"{award}:issued",
            "tenant": "north",
            "award_id": award,
            "learner": f"learner-{number}",
            "template": "issued",
            "state": state,
            "next_attempt_at": due,
            "created_at": due,
            **fields,
        }
    )


async def only(deliveries: Deliveries) -> OwedDelivery:
    (found,) = await deliveries.due(10)
    return found


async def test_a_delivery_is_stored_once_and_read_back_whole(deliveries: Deliveries) -> None:
    first = delivery()

    existed = [await deliveries.insert([first]), await deliveries.insert([first, delivery(2)])]

    assert existed == [set(), {first.id}]
    assert await deliveries.due(10) == [first, delivery(2)]


async def test_due_is_what_is_open_and_its_time_has_come_longest_overdue_first(deliveries: Deliveries) -> None:
    closed = [delivery(4, DeliveryState.SENT), delivery(5, DeliveryState.FAILED), delivery(6, DeliveryState.SUPPRESSED)]
    later = delivery(7, next_attempt_at=datetime.now(UTC) + LONG)
    await deliveries.insert(
        [*closed, later, delivery(3, DeliveryState.SENDING), delivery(2, DeliveryState.WAITING), delivery()]
    )

    found = await deliveries.due(10)

    assert [each.award_id for each in found] == ["award-1", "award-2", "award-3"]
    assert [each.award_id for each in await deliveries.due(1)] == ["award-1"]


async def test_of_many_who_claim_at_once_one_gets_it(deliveries: Deliveries) -> None:
    await deliveries.insert([delivery()])
    read = await only(deliveries)

    got = await asyncio.gather(*(deliveries.claim([read], f"owner-{number}", LONG) for number in range(8)))

    assert sum(len(ours) for ours in got) == 1
    assert await deliveries.due(10) == []


async def test_of_many_who_claim_lots_that_overlap_each_delivery_has_one_owner(deliveries: Deliveries) -> None:
    await deliveries.insert([delivery(number) for number in range(1, 31)])
    due = await deliveries.due(30)
    lots = [due[start : start + 12] for start in range(0, 20, 3)]

    got = await asyncio.gather(*(deliveries.claim(lot, f"owner-{number}", LONG) for number, lot in enumerate(lots)))

    assert sorted(each.id for ours in got for each in ours) == sorted(each.id for each in due)
    for number, ours in enumerate(got):
        assert {each.claim for each in ours} <= {f"owner-{number}"}
    assert await deliveries.due(30) == []


async def test_what_was_claimed_is_as_it_is_now_and_what_is_suppressed_is_left_out(deliveries: Deliveries) -> None:
    await deliveries.insert([delivery(1), delivery(2)])
    read = await deliveries.due(10)
    await deliveries.suppress([delivery(1).id], "revoked")

    (ours,) = await deliveries.claim(read, "mine", LONG)

    assert (ours.id, ours.claim, ours.attempts, ours.state) == (delivery(2).id, "mine", 1, DeliveryState.QUEUED)
    assert await deliveries.claim(read, "other", LONG) == []


async def test_a_claim_whose_lease_is_over_can_be_taken_by_another(deliveries: Deliveries) -> None:
    await deliveries.insert([delivery()])
    await deliveries.claim([await only(deliveries)], "crashed", SHORT)
    await asyncio.sleep(0.06)

    taken = await deliveries.claim([await only(deliveries)], "other", LONG)

    assert taken
    assert not await deliveries.begin([delivery().id], "crashed", LONG)
    assert await deliveries.begin([delivery().id], "other", LONG)


async def test_only_one_begins_and_what_is_being_sent_is_left_alone(deliveries: Deliveries) -> None:
    await deliveries.insert([delivery()])
    await deliveries.claim([await only(deliveries)], "mine", LONG)

    begun = await asyncio.gather(*(deliveries.begin([delivery().id], "mine", LONG) for _ in range(4)))

    assert sorted(begun, key=len) == [set(), set(), set(), {delivery().id}]
    assert await deliveries.suppress([delivery().id], "revoked") == 0
    assert await deliveries.due(10) == []


async def test_an_interrupted_send_comes_back_as_sending_with_its_claim(deliveries: Deliveries) -> None:
    await deliveries.insert([delivery()])
    await deliveries.claim([await only(deliveries)], "crashed", LONG)
    await deliveries.begin([delivery().id], "crashed", SHORT)
    await asyncio.sleep(0.06)

    read = await only(deliveries)

    assert (read.state, read.claim, read.attempts) == (DeliveryState.SENDING, "crashed", 1)
    assert not await deliveries.claim([read], "other", LONG)


async def test_only_those_that_are_still_ours_begin_and_are_settled(deliveries: Deliveries) -> None:
    everything = [delivery(number) for number in (1, 2, 3)]
    ids = [each.id for each in everything]
    await deliveries.insert(everything)
    await deliveries.claim((await deliveries.due(10))[1:], "mine", LONG)
    await deliveries.suppress([ids[2]], "revoked")

    begun = await deliveries.begin(ids, "mine", LONG)
    settled = await deliveries.settle(ids, "mine", Step(DeliveryState.SENT))

    assert (begun, settled) == ({ids[1]}, 1)
    assert await deliveries.due(10) == [delivery(1)]


async def test_settling_needs_the_claim_and_gives_it_back(deliveries: Deliveries) -> None:
    await deliveries.insert([delivery()])
    await deliveries.claim([await only(deliveries)], "mine", LONG)
    again = Step(DeliveryState.QUEUED, timedelta(), "message_deferred", doubts=1)

    settled = [await deliveries.settle([delivery().id], who, again) for who in ("other", "mine", "mine")]

    assert settled == [0, 1, 0]
    read = await only(deliveries)
    assert (read.state, read.claim, read.error_code, read.doubts) == (DeliveryState.QUEUED, None, "message_deferred", 1)


async def test_a_pause_is_counted_from_now_and_sent_is_final(deliveries: Deliveries) -> None:
    await deliveries.insert([delivery(), delivery(2)])
    await deliveries.claim(await deliveries.due(10), "mine", LONG)

    await deliveries.settle([delivery(1).id], "mine", Step(DeliveryState.QUEUED, LONG, "message_deferred"))
    await deliveries.settle([delivery(2).id], "mine", Step(DeliveryState.SENT))

    assert await deliveries.due(10) == []
    assert await deliveries.oldest_pending() == delivery(1).created_at
    assert not await deliveries.settle([delivery(2).id], None, Step(DeliveryState.FAILED, error_code="ambiguous"))


async def test_a_released_claim_is_as_if_it_had_never_been(deliveries: Deliveries) -> None:
    await deliveries.insert([delivery()])
    read = await only(deliveries)
    await deliveries.claim([read], "mine", LONG)

    released = [await deliveries.release([read.id], who) for who in ("other", "mine")]

    assert released == [0, 1]
    again = await only(deliveries)
    assert (again.state, again.attempts, again.claim) == (DeliveryState.QUEUED, 0, None)


async def test_suppressing_takes_back_the_queued_and_the_waiting_even_when_claimed(deliveries: Deliveries) -> None:
    everything = [delivery(1), delivery(2, DeliveryState.WAITING), delivery(3, DeliveryState.SENT)]
    await deliveries.insert(everything)
    await deliveries.claim(await deliveries.due(1), "mine", LONG)

    suppressed = await deliveries.suppress([each.id for each in everything], "revoked")

    assert suppressed == 2
    assert not await deliveries.begin(delivery(1).id, "mine", LONG)
    assert await deliveries.suppress([], "revoked") == 0


async def test_the_waiting_are_paged_by_id_and_queued_when_their_address_is_found(deliveries: Deliveries) -> None:
    later = datetime.now(UTC) + LONG
    waiting = [delivery(number, DeliveryState.WAITING, next_attempt_at=later, attempts=9) for number in (1, 2, 3)]
    await deliveries.insert([*waiting, delivery(4, DeliveryState.SENT)])

    pages = [await deliveries.waiting("", 2), await deliveries.waiting(waiting[1].id, 2)]
    found = await deliveries.address_found([waiting[1].id, delivery(4).id])

    assert [[each.id for each in page] for page in pages] == [[waiting[0].id, waiting[1].id], [waiting[2].id]]
    assert found == 1
    read = await only(deliveries)
    assert (read.id, read.state, read.attempts) == (waiting[1].id, DeliveryState.QUEUED, 0)


async def test_a_claim_or_code_that_looks_like_an_expression_is_only_text(deliveries: Deliveries) -> None:
    await deliveries.insert([delivery()])
    await deliveries.claim([await only(deliveries)], "$_id", LONG)

    await deliveries.settle([delivery().id], "$_id", Step(DeliveryState.QUEUED, error_code="$$NOW"))

    assert (await only(deliveries)).error_code == "$$NOW"


async def test_the_archive_reads_what_a_page_needs_and_tells_whose_address_is_known(database: Any) -> None:
    await database[LEARNERS].insert_many(
        [
            {"_id": "learner-1", "tenant": "north", "directory": "d", "external_id": "5", "email": "ada@example.org"},
            {"_id": "learner-2", "tenant": "north", "directory": "d", "external_id": "6", "email": None},
        ]
    )
    await database[AWARDS].insert_one({"_id": "award-1", "why": "finished it", "digest": "backfill-1"})
    gone = delivery(3, DeliveryState.SUPPRESSED, error_code="revoked")
    await MongoDeliveries(database).insert([gone, delivery(1)])
    credential = {
        "_id": "award-1", "credential_id": "https://x/1", "tenant": "north", "achievement": "a", "version": 1,
        "learner": "learner-1", "valid_from": PAST, "status_list": 1, "status_index": 5, "jwt": "j",
        "data_integrity": "{}", "stored_at": PAST, "received_at": PAST,
    }  # fmt: skip
    await database[CREDENTIALS].insert_one(credential)
    archive = MongoArchive(database)
    digest = delivery(1, award_id="", awards=("award-1", "award-3"), template="digest")

    papers = await archive.papers([delivery(1), delivery(2), digest])

    assert papers.learners["learner-1"].email == "ada@example.org"
    assert papers.credentials["award-1"].jwt == "j"
    assert papers.reasons == {"award-1": "finished it"}
    assert papers.digests == {"award-1": "backfill-1"}
    assert papers.revoked == {"award-3"}
    assert await archive.addressed({"learner-1", "learner-2", "learner-3"}) == {"learner-1"}
