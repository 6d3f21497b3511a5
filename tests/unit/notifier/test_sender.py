"""One e-mail a badge: whoever owns it, whatever breaks, wherever the process ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from services.notifier.domain import PATIENCE, Deferred, Doubtful, Refused
from shared.contracts.documents import DeliveryState
from shared.errors import Unavailable

LEASE = timedelta(seconds=91)


async def test_what_is_due_is_sent_once_and_marked_sent(room: Any) -> None:
    await room.owe("ada", "bob")

    while await room.sender().work_off():
        pass

    assert sorted(room.server.taken) == ["ada", "bob"]
    assert room.delivery("ada").state is DeliveryState.SENT
    assert room.delivery("ada").sent_at == room.now
    assert room.counted("sent") == 2


async def test_two_senders_at_once_send_each_mail_once(room: Any) -> None:
    await room.owe(*(f"learner{number}" for number in range(40)))

    await asyncio.gather(*(room.sender().work_off() for _ in range(3)))

    assert len(room.server.taken) == 40
    assert len(set(room.server.taken)) == 40
    assert room.server.offers == 40


async def test_it_is_marked_sending_before_its_first_byte_leaves(room: Any) -> None:
    await room.owe("ada")
    seen: list[DeliveryState] = []
    room.server.at_data = lambda: seen.append(room.delivery("ada").state)

    await room.sender().work_off()

    assert seen == [DeliveryState.SENDING]


@pytest.mark.parametrize("dies_at", range(1, 9))
async def test_a_crash_at_any_line_loses_no_mail_and_makes_at_most_one_twin(
    room: Any, crash: type[BaseException], dies_at: int
) -> None:
    await room.owe("ada")
    with pytest.raises(crash):
        await room.fragile(dies_at).work_off()

    for _ in range(4):
        room.now += LEASE
        await room.sender().work_off()

    accepted_but_unsaid = dies_at in {6, 7}
    assert room.server.taken == ["ada", "ada"] if accepted_but_unsaid else ["ada"]
    assert room.delivery("ada").state is DeliveryState.SENT


async def test_a_second_send_in_doubt_is_given_up(room: Any, crash: type[BaseException]) -> None:
    await room.owe("ada")
    for _ in range(2):
        with pytest.raises(crash):
            await room.fragile(dies_at=6).work_off()
        room.now += LEASE
        await room.sender().work_off()

    while await room.sender().work_off():
        pass

    assert room.server.taken == ["ada", "ada"]
    assert (room.delivery("ada").state, room.delivery("ada").error_code) == (DeliveryState.FAILED, "ambiguous")
    assert (room.counted("ambiguous"), room.counted("failed")) == (2, 1)


async def test_a_connection_lost_during_data_is_a_doubt_too(room: Any) -> None:
    await room.owe("ada")
    room.server.answers["ada"] = [Doubtful(), Doubtful()]
    sender = room.sender()

    while await sender.work_off():
        pass

    assert (room.delivery("ada").state, room.delivery("ada").error_code) == (DeliveryState.FAILED, "ambiguous")


async def test_a_deferred_mail_is_tried_later_and_later(room: Any) -> None:
    await room.owe("ada")
    room.server.answers["ada"] = [Deferred("recipient_deferred"), Deferred("recipient_deferred")]
    pauses = []

    for _ in range(2):
        await room.sender().work_off()
        pauses.append(room.delivery("ada").next_attempt_at - room.now)
        room.now = room.delivery("ada").next_attempt_at
    await room.sender().work_off()

    assert pauses == [timedelta(minutes=1), timedelta(minutes=2)]
    assert room.server.taken == ["ada"]
    assert room.counted("deferred") == 2


async def test_a_mail_deferred_for_days_fails(room: Any) -> None:
    await room.owe("ada", attempts=PATIENCE)

    await room.sender().work_off()

    assert (room.delivery("ada").state, room.delivery("ada").error_code) == (DeliveryState.FAILED, "gave_up")


async def test_a_refused_mail_fails_and_its_neighbours_go_out(room: Any) -> None:
    await room.owe("ada", "bob", "eve")
    room.server.offered["bob"] = Refused("recipient_refused")
    room.server.answers["eve"] = [Refused("message_refused")]

    await room.sender().work_off()

    assert room.server.taken == ["ada"]
    assert [room.delivery(each).error_code for each in ("ada", "bob", "eve")] == [
        None,
        "recipient_refused",
        "message_refused",
    ]
    assert room.counted("failed") == 2


async def test_without_an_address_it_waits_and_keeps_nobody_else(room: Any) -> None:
    await room.owe("ada", "bob")
    del room.archive.addresses["ada"]

    await room.sender().work_off()

    assert room.server.taken == ["bob"]
    assert room.delivery("ada").state is DeliveryState.WAITING
    assert room.delivery("ada").next_attempt_at == room.now + timedelta(hours=1)


async def test_an_unreachable_server_backs_the_whole_loop_off_and_costs_no_attempt(room: Any) -> None:
    await room.owe("ada", "bob")
    room.server.down = True
    sender = room.sender()

    for _ in range(8):
        await sender.turn()

    assert room.slept == [1, 2, 4, 8, 16, 32, 60, 60]
    assert (room.delivery("ada").state, room.delivery("ada").attempts) == (DeliveryState.QUEUED, 0)
    room.server.down = False
    await sender.turn()
    assert sorted(room.server.taken) == ["ada", "bob"]


async def test_a_connection_lost_before_data_gives_the_claim_back_at_once(room: Any) -> None:
    await room.owe("ada")
    offered = room.server.offer

    async def lost(mail: Any) -> None:
        raise Unavailable("the mail server")

    room.server.offer = lost
    with pytest.raises(Unavailable):
        await room.sender().work_off()
    room.server.offer = offered
    await room.sender().work_off()

    assert room.server.taken == ["ada"]
    assert room.delivery("ada").attempts == 1


async def test_a_badge_revoked_between_offer_and_data_is_not_mailed_and_its_neighbours_are(room: Any) -> None:
    await room.owe("ada", "bob")
    offered = room.server.offer

    async def revoked_meanwhile(mail: Any) -> Any:
        await room.deliveries.suppress([room.delivery("ada").id], "revoked")
        return await offered(mail)

    room.server.offer = revoked_meanwhile
    await room.sender().work_off()

    assert room.server.taken == ["bob"]
    assert room.delivery("ada").state is DeliveryState.SUPPRESSED


async def test_a_store_that_is_down_after_data_is_waited_for(room: Any) -> None:
    await room.owe("ada")
    settle = room.deliveries.settle
    outage = iter([True, True])

    async def down_for_a_while(*args: Any) -> int:
        if next(outage, False):
            raise Unavailable("mongodb")
        return int(await settle(*args))

    room.deliveries.settle = down_for_a_while
    await room.sender().work_off()

    assert room.delivery("ada").state is DeliveryState.SENT
    assert room.slept == [1.0, 1.0]


async def test_stopping_brings_what_is_being_sent_to_its_end_and_begins_nothing(room: Any) -> None:
    await room.owe(*(f"learner{number}" for number in range(10)))
    gate, all_under_way = asyncio.Event(), asyncio.Event()

    async def held() -> None:
        if room.server.in_flight == 4:
            all_under_way.set()
        await gate.wait()

    room.server.pause = held
    turn = asyncio.create_task(room.sender().turn())
    await all_under_way.wait()

    turn.cancel()
    await asyncio.sleep(0.005)
    gate.set()
    await asyncio.wait([turn])

    assert turn.cancelled()
    assert len(room.server.taken) == 4
    states = [each.state for each in room.deliveries.all.values()]
    assert states.count(DeliveryState.SENT) == 4
    assert states.count(DeliveryState.SENDING) == 0
    assert {(each.claim, each.attempts) for each in room.deliveries.all.values() if each.sent_at is None} == {(None, 0)}


async def test_being_woken_sends_without_waiting_for_the_next_look(room: Any) -> None:
    sender = room.sender()
    sender._pace = type(sender._pace)(interval=30.0, in_flight=1, lease=LEASE, backoff_max=1.0)
    turn = asyncio.create_task(sender.turn())
    await asyncio.sleep(0)
    await room.owe("ada")

    sender.wake()
    await asyncio.wait_for(turn, 2)

    assert room.server.taken == ["ada"]


async def test_the_time_to_the_mail_server_is_counted_from_when_it_could_be_sent(room: Any) -> None:
    await room.owe("ada")
    await room.owe("bob", state=DeliveryState.WAITING)
    room.now += timedelta(minutes=10)
    await room.deliveries.address_found([room.delivery("bob").id])
    room.now += timedelta(seconds=20)

    await room.sender().work_off()

    seconds = room.registry.get_sample_value("laurel_notification_handover_seconds_sum")
    assert seconds == 620 + 20
