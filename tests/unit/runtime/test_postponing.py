"""A record that waits for what only it needs: its partition waits with it, in order, and nobody else does."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from aiokafka import TopicPartition

from shared.contracts.events import Event
from shared.errors import Rejected, Unavailable
from shared.runtime.records import Postponed, Received, Refusal
from tests.unit.runtime.world import TOPIC, Crash, Thing, World, numbers, things

Outcomes = Iterable[Event | Refusal | Postponed]
FIRST, SECOND = TopicPartition(TOPIC, 0), TopicPartition(TOPIC, 1)


class Registry:
    """What the records with some numbers need."""

    def __init__(self, *needed_by: int, refuses: Sequence[int] = ()) -> None:
        self.is_down = True
        self.needed_by = needed_by
        self.refuses = refuses
        self.seen: list[int] = []

    async def handle(self, batch: Sequence[Received[Thing]]) -> Outcomes:
        return [self._outcome(each) for each in batch]

    def _outcome(self, each: Received[Thing]) -> Event | Refusal | Postponed:
        self.seen.append(each.event.number)
        if each.event.number in self.refuses:
            return Refusal(each.record, Rejected("odd", code="odd"))
        if self.is_down and each.event.number in self.needed_by:
            return Postponed(each.record, Unavailable("registry"))
        return each.event


def resume(world: World) -> None:
    world.stage.positions.resume_due(world.breakers)


async def test_the_partition_waits_from_the_record_on_and_the_other_one_goes_on(tmp_path: Path) -> None:
    world = World(tmp_path, things(range(8)), Registry(4).handle)

    await world.turn()

    assert world.consumer.committed == {FIRST: 2, SECOND: 4}
    assert world.consumer.on_hold == {FIRST}
    assert world.consumer.position[FIRST] == 2
    assert world.waiting == {TOPIC: 1}
    assert world.kafka.letters == []


async def test_it_is_read_again_once_its_wait_is_over_and_each_wait_is_twice_as_long(tmp_path: Path) -> None:
    registry = Registry(4)
    world = World(tmp_path, things(range(8)), registry.handle)
    read_again_at = []

    await world.turn()
    for second in range(1, 40):
        world.now = float(second)
        resume(world)
        if FIRST not in world.consumer.on_hold:
            read_again_at.append(second)
        await world.turn()

    assert read_again_at == [1, 3, 7, 15, 25, 35], "and no longer than ten seconds"


async def test_what_waited_is_handled_in_order_and_nothing_is_lost(tmp_path: Path) -> None:
    registry = Registry(0, 4, 10)
    world = World(tmp_path, things(range(12)), registry.handle)

    await world.turn()
    registry.is_down = False
    registry.seen.clear()
    world.now = 1
    resume(world)
    await world.until_done()

    assert registry.seen == [0, 2, 4, 6, 8, 10]
    assert set(numbers(world.kafka.events)) == set(range(12))
    assert world.waiting == {TOPIC: 0}


async def test_a_refusal_behind_it_is_dead_lettered_once_when_its_turn_comes(tmp_path: Path) -> None:
    registry = Registry(2, refuses=(0, 4))
    world = World(tmp_path, things(range(6)), registry.handle)

    await world.turn()
    before = len(world.kafka.letters)
    registry.is_down = False
    world.now = 1
    resume(world)
    await world.until_done()

    assert before == 1, "the one before it"
    assert len(world.kafka.letters) == 2


async def test_waiting_is_progress_and_no_failure(tmp_path: Path) -> None:
    world = World(tmp_path, things(range(2)), Registry(0, 1).handle)
    world.stage.progressed_at = 0.0

    await world.turn()

    assert world.stage.progressed_at > 0
    assert not world.stage.waiting
    assert world.breakers.untouched(TOPIC)


async def test_a_trial_that_is_postponed_does_not_skip_to_what_its_open_breaker_holds_back(tmp_path: Path) -> None:
    registry = Registry(0)
    world = World(tmp_path, things(range(5)), registry.handle, partitions=1)
    world.breakers.trip(TOPIC, TOPIC)
    world.now = 30

    await world.turn()
    registry.is_down = False
    for trial in range(2, 9):
        world.now = 30.0 * trial
        resume(world)
        await world.turn()

    assert world.consumer.committed[FIRST] == 5
    assert numbers(world.kafka.events) == list(range(5))


async def test_records_that_go_one_by_one_after_three_deaths_wait_in_order_too(tmp_path: Path) -> None:
    registry = Registry(1)
    dies = [True]

    async def handler(batch: Sequence[Received[Thing]]) -> Outcomes:
        if dies:
            raise Crash
        return await registry.handle(batch)

    world = World(tmp_path, things(range(4)), handler, partitions=1)
    for _ in range(3):
        try:
            await world.turn()
        except Crash:
            world.boot()
    dies.clear()

    await world.turn()

    assert world.consumer.committed[FIRST] == 1
    assert registry.seen == [0, 1]


async def test_of_a_batch_that_failed_what_is_postponed_waits_and_what_is_guilty_is_found(tmp_path: Path) -> None:
    registry = Registry(4)

    async def handler(batch: Sequence[Received[Thing]]) -> Outcomes:
        if any(each.event.number == 1 for each in batch):
            raise ZeroDivisionError
        return await registry.handle(batch)

    world = World(tmp_path, things(range(8)), handler)

    await world.turn()

    assert world.consumer.committed == {FIRST: 2, SECOND: 4}
    assert dict(world.kafka.letters[0][3])["laurel-error-code"] == b"unexpected"


async def test_a_partition_that_moved_away_meanwhile_is_its_new_owners(tmp_path: Path) -> None:
    world = World(tmp_path, things(range(4)), Registry(0, 1).handle)
    batch = world.consumer.fetch()
    world.consumer.assignment = lambda: {SECOND}  # type: ignore[method-assign]

    await world.stage.on_batch(batch)

    assert world.consumer.on_hold == {SECOND}
    assert world.waiting == {TOPIC: 1}
