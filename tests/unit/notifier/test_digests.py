"""One e-mail about several badges: each badge is told once, whenever it comes and whatever crashes."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from services.notifier.domain import MOST_BADGES, Deferred, Doubtful, OwedDelivery, Refused, Step
from services.notifier.handlers import Handlers
from shared.contracts.documents import DeliveryState
from shared.contracts.events import CredentialIssued, CredentialState, CredentialStatusChanged
from shared.runtime.records import Received, Record

DIGEST = "ada:backfill-1:digest"
MINUTE = timedelta(minutes=1, seconds=1)


class Learning:
    """A room where Ada's badges come from a backfill."""

    def __init__(self, room: Any) -> None:
        self.room = room
        self.handlers = Handlers(room.deliveries, room.metrics, lambda: room.now, lambda: None)
        room.archive.addresses["ada"] = "ada@example.org"

    async def issue(self, *awards: str) -> None:
        for award in awards:
            self.room.archive.digests[award] = "backfill-1"
            event = CredentialIssued(
                award_id=award, credential_id=f"c/{award}", tenant="north", achievement="systems", version=1,
                learner="ada", issued_at=self.room.now,
            )  # fmt: skip
            await self.handlers.on_credentials_issued([received(event)])

    async def revoke(self, award: str) -> None:
        event = CredentialStatusChanged(
            award_id=award, tenant="north", learner="ada", achievement="systems", state=CredentialState.REVOKED,
            reason="r", since=self.room.now, facts=1,
        )  # fmt: skip
        await self.handlers.on_status_changed([received(event)])

    async def work(self, after: timedelta = timedelta()) -> None:
        self.room.now += after
        while await self.room.sender().work_off():
            pass

    @property
    def digest(self) -> OwedDelivery:
        found: OwedDelivery = self.room.deliveries.all[DIGEST]
        return found


def received(event: Any) -> Received[Any]:
    return Received(event, Record("t", 0, 0, None, b"", (), 0))


@pytest.fixture
def learning(room: Any) -> Learning:
    return Learning(room)


async def test_badges_of_one_backfill_are_told_in_one_e_mail(room: Any, learning: Learning) -> None:
    await learning.issue("a", "b", "c")
    await learning.work()
    early = list(room.server.taken)

    await learning.work(MINUTE)

    assert early == []
    assert room.server.taken == ["ada"]
    assert {*room.told[0]} == {"a", "b", "c"}
    assert learning.digest.state is DeliveryState.SENT
    own = room.deliveries.all["a:issued"]
    assert (own.state, own.error_code) == (DeliveryState.SUPPRESSED, "digest")


async def test_a_badge_that_comes_while_it_is_held_back_is_in_it_and_holds_it_anew(
    room: Any, learning: Learning
) -> None:
    await learning.issue("a")
    await learning.work()
    room.now += MINUTE / 2
    await learning.issue("b")
    await learning.work()
    await learning.work(MINUTE * 0.75)
    early = list(room.server.taken)

    await learning.work(MINUTE / 2)

    assert early == []
    assert room.told == [("a", "b")]


async def test_a_badge_that_comes_after_it_went_out_gets_an_e_mail_of_its_own(room: Any, learning: Learning) -> None:
    await learning.issue("a", "b")
    await learning.work()
    await learning.work(MINUTE)

    await learning.issue("c")
    await learning.work()

    assert [sorted(each) for each in room.told] == [["a", "b"], ["c"]]
    assert room.server.taken == ["ada", "ada"]


async def test_a_badge_that_comes_while_it_is_being_sent_is_told_afterwards(room: Any, learning: Learning) -> None:
    await learning.issue("a")
    await learning.work()
    room.now += MINUTE
    await room.deliveries.claim([learning.digest], "other", timedelta(minutes=5))
    await room.deliveries.begin([DIGEST], "other", timedelta(minutes=5))

    await learning.issue("b")
    await learning.work()
    waits = room.deliveries.all["b:issued"]
    await room.deliveries.settle([DIGEST], "other", Step(DeliveryState.SENT))
    await learning.work(MINUTE)

    assert (waits.state, waits.error_code) == (DeliveryState.QUEUED, "digest_under_way")
    assert room.told == [("b",)]


async def test_what_may_have_gone_out_once_takes_no_further_badge(room: Any, learning: Learning) -> None:
    """Its repeat has the same Message-ID, and a mailbox may drop it."""
    await learning.issue("a")
    await learning.work()
    room.now += MINUTE
    room.server.answers["ada"] = [Doubtful()]
    await room.sender().work_off()

    await learning.issue("b")
    await learning.work(MINUTE)
    await learning.work(MINUTE)

    assert learning.digest.awards == ("a",)
    assert sorted(room.told) == [("a",), ("a",), ("b",)]


async def test_a_badge_revoked_meanwhile_is_left_out_and_of_none_nothing_is_sent(room: Any, learning: Learning) -> None:
    await learning.issue("a", "b")
    await learning.work()

    await learning.revoke("a")

    assert learning.digest.awards == ("b",)
    await learning.work(MINUTE)
    assert room.told == [("b",)]


async def test_a_revocation_takes_a_claimed_digest_away_from_who_wrote_it(room: Any, learning: Learning) -> None:
    await learning.issue("a", "b")
    await learning.work()
    room.now += MINUTE
    await room.deliveries.claim([learning.digest], "writing", timedelta(minutes=1))

    await learning.revoke("a")

    assert await room.deliveries.begin([DIGEST], "writing", timedelta(minutes=1)) == set()
    await learning.work(MINUTE)
    assert room.told == [("b",)]


async def test_without_an_address_it_waits_and_badges_still_come_into_it(room: Any, learning: Learning) -> None:
    del room.archive.addresses["ada"]
    await learning.issue("a")
    await learning.work()
    await learning.work(MINUTE)
    waited = learning.digest.state
    await learning.issue("b")
    await learning.work()

    room.archive.addresses["ada"] = "ada@example.org"
    await room.deliveries.address_found([DIGEST])
    await learning.work()

    assert waited is DeliveryState.WAITING
    assert room.told == [("a", "b")]


async def test_a_refused_digest_takes_nothing_more_and_a_deferred_one_does(room: Any, learning: Learning) -> None:
    await learning.issue("a")
    await learning.work()
    room.server.answers["ada"] = [Deferred("message_deferred"), Refused("message_refused")]
    await learning.work(MINUTE)
    await learning.issue("b")
    await learning.work()
    await learning.work(MINUTE)
    await learning.issue("c")
    await learning.work()

    assert (learning.digest.state, learning.digest.awards) == (DeliveryState.FAILED, ("a", "b"))
    assert room.told[-1] == ("c",)


async def test_what_is_too_much_for_one_e_mail_is_told_one_by_one(room: Any, learning: Learning) -> None:
    await learning.issue(*(f"award-{number:02d}" for number in range(MOST_BADGES + 2)))
    await learning.work()
    await learning.work(MINUTE)

    assert sorted(len(each) for each in room.told) == [1, 1, MOST_BADGES]
    assert len({award for each in room.told for award in each}) == MOST_BADGES + 2


@pytest.mark.parametrize("line", range(1, 16))
async def test_a_crash_at_any_line_while_gathering_leaves_no_badge_untold_or_told_twice(
    room: Any, learning: Learning, crash: type[BaseException], line: int
) -> None:
    await learning.issue("a", "b", "c")
    with suppress(crash):
        while await room.fragile(line).work_off():
            pass
    await learning.issue("a", "b", "c")

    for _ in range(6):
        await learning.work(MINUTE)

    assert sorted(award for each in room.told for award in each) == ["a", "b", "c"]
