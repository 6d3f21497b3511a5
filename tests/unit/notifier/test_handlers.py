"""What is owed is written down once, in whichever order announcement and revocation come."""

from __future__ import annotations

from typing import Any

import pytest

from services.notifier.handlers import Handlers
from services.notifier.sweep import Sweep
from shared.contracts.documents import DeliveryState
from shared.contracts.events import CredentialIssued, CredentialState, CredentialStatusChanged, Event
from shared.runtime.records import Received, Record


def received(event: Any) -> Received[Any]:
    return Received(event, Record("t", 0, 0, None, b"", (), 0))


def issued(room: Any, award: str = "award-ada", state: CredentialState = CredentialState.ACTIVE) -> Received[Any]:
    event = CredentialIssued(
        award_id=award,
        credential_id=f"https://badges.example.edu/credentials/{award}",
        tenant="north",
        achievement="systems",
        version=1,
        learner="ada",
        issued_at=room.now,
        state=state,
    )
    return received(event)


def changed(room: Any, state: CredentialState, award: str = "award-ada") -> Received[Any]:
    event = CredentialStatusChanged(
        award_id=award,
        tenant="north",
        learner="ada",
        achievement="systems",
        state=state,
        reason="r",
        since=room.now,
        facts=1,
    )
    return received(event)


class Woken:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture
def woken() -> Woken:
    return Woken()


@pytest.fixture
def handlers(room: Any, woken: Woken) -> Handlers:
    return Handlers(room.deliveries, room.metrics, lambda: room.now, woken)


async def test_an_issued_badge_is_owed_an_e_mail_and_the_sender_is_woken(
    room: Any, handlers: Handlers, woken: Woken
) -> None:
    published: list[Event | Any] = list(await handlers.on_credentials_issued([issued(room)]))

    assert published == []
    assert room.delivery("ada").state is DeliveryState.QUEUED
    assert woken.times == 1


async def test_a_redelivery_owes_no_second_e_mail(room: Any, handlers: Handlers) -> None:
    await handlers.on_credentials_issued([issued(room), issued(room)])
    await room.owe("ada")
    await room.sender().work_off()

    await handlers.on_credentials_issued([issued(room)])
    await room.sender().work_off()

    assert room.server.taken == ["ada"]


async def test_a_badge_that_is_already_revoked_is_not_mailed(room: Any, handlers: Handlers) -> None:
    for _ in range(2):
        await handlers.on_credentials_issued([issued(room, state=CredentialState.REVOKED)])

    assert (room.delivery("ada").state, room.delivery("ada").error_code) == (DeliveryState.SUPPRESSED, "revoked")
    assert room.counted("suppressed") == 1


@pytest.mark.parametrize("waits", [True, False])
async def test_a_revocation_takes_back_what_is_queued_or_waiting(room: Any, handlers: Handlers, waits: bool) -> None:
    await room.owe("ada", state=DeliveryState.WAITING if waits else DeliveryState.QUEUED)

    await handlers.on_status_changed([changed(room, CredentialState.REVOKED)])

    assert room.delivery("ada").state is DeliveryState.SUPPRESSED
    assert room.counted("suppressed") == 1


async def test_a_revocation_that_overtakes_its_announcement_still_holds(room: Any, handlers: Handlers) -> None:
    await handlers.on_status_changed([changed(room, CredentialState.REVOKED)])

    await handlers.on_credentials_issued([issued(room)])

    assert room.delivery("ada").state is DeliveryState.SUPPRESSED
    assert room.counted("suppressed") == 1


async def test_a_revocation_leaves_a_sent_e_mail_as_it_was(room: Any, handlers: Handlers) -> None:
    await room.owe("ada", state=DeliveryState.SENT)

    await handlers.on_status_changed([changed(room, CredentialState.REVOKED)])

    assert room.delivery("ada").state is DeliveryState.SENT
    assert room.counted("suppressed") == 0


@pytest.mark.parametrize("state", [CredentialState.SUSPENDED, CredentialState.ACTIVE])
async def test_only_a_revocation_takes_an_e_mail_back(room: Any, handlers: Handlers, state: CredentialState) -> None:
    await room.owe("ada")

    await handlers.on_status_changed([changed(room, state)])

    assert room.delivery("ada").state is DeliveryState.QUEUED


async def test_the_sweep_queues_what_waited_once_its_address_is_known(room: Any, woken: Woken) -> None:
    await room.owe("ada", "bob", state=DeliveryState.WAITING)
    del room.archive.addresses["bob"]
    sweep = Sweep(room.deliveries, room.archive, room.metrics, lambda: room.now, woken)

    await sweep.run()

    assert room.delivery("ada").state is DeliveryState.QUEUED
    assert room.delivery("bob").state is DeliveryState.WAITING
    assert woken.times == 1


async def test_the_sweep_says_how_long_the_oldest_has_waited(room: Any, woken: Woken) -> None:
    await room.owe("ada")
    sweep = Sweep(room.deliveries, room.archive, room.metrics, lambda: room.now, woken)
    room.now = room.now.replace(minute=5)

    await sweep.run()

    assert room.registry.get_sample_value("laurel_notification_oldest_pending_seconds") == 300
