"""The stage against fakes of ours, so that every single effect can be made to fail."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from shared.contracts.events import Event
from shared.contracts.topics import LEARNING_ACTIVITY
from shared.errors import Rejected, Unavailable
from shared.runtime.records import Received, Refusal
from shared.runtime.routes import Route
from tests.unit.runtime.world import TOPIC, Crash, Thing, World, echo, numbers, things


async def test_every_record_is_handled_published_and_committed(tmp_path: Path) -> None:
    world = World(tmp_path, things(range(10)), echo)

    await world.turn()

    assert numbers(world.kafka.events) == list(range(10))
    assert set(world.consumer.committed.values()) == {5}


async def test_what_can_not_be_read_is_dead_lettered_byte_for_byte_and_its_neighbours_go_on(tmp_path: Path) -> None:
    values = things(range(4))
    values[1] = b"\x00\xffnot json"
    values[2] = b'{"number": "many"}'
    world = World(tmp_path, values, echo)

    await world.turn()

    assert numbers(world.kafka.events) == [0, 3]
    assert {letter[2] for letter in world.kafka.letters} == {values[1], values[2]}
    headers = dict(world.kafka.letters[0][3])
    assert headers["laurel-error-code"] == b"invalid"
    assert world.kafka.letters[0][0] == "things.v1.test.dlq"
    await world.until_done()


async def test_a_dead_letter_names_the_field_and_never_its_value(tmp_path: Path) -> None:
    world = World(tmp_path, [b'{"number": "ada@example.edu"}'], echo, partitions=1)

    await world.turn()

    message = dict(world.kafka.letters[0][3])["kafka_dlt-exception-message"]
    assert b"number" in message
    assert b"ada" not in message


async def test_a_record_without_key_and_value_is_dead_lettered_too(tmp_path: Path) -> None:
    world = World(tmp_path, [None], echo, partitions=1)
    world.consumer.log[TopicPartition(TOPIC, 0)][0].key = None

    await world.until_done()

    assert [letter[1:3] for letter in world.kafka.letters] == [(None, b"")]


@pytest.mark.parametrize("attempt", [None, b"", b"many", b"9" * 5_000], ids=["null", "empty", "a word", "endless"])
async def test_a_record_may_come_with_any_header_of_ours(tmp_path: Path, attempt: bytes | None) -> None:
    world = World(tmp_path, [b"garbage", *things([1])], echo, partitions=1)
    garbage = world.consumer.log[TopicPartition(TOPIC, 0)][0]
    garbage.headers = (("laurel-attempt", attempt), ("other", None))  # type: ignore[assignment]

    await world.until_done()

    ((*_, headers),) = world.kafka.letters
    told: dict[str, bytes | None] = dict(headers)
    assert (told["laurel-attempt"], told["other"]) == (b"1", None)
    assert numbers(world.kafka.events) == [1]


async def test_a_mistake_of_ours_behind_the_handler_skips_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, things(range(4)), echo)
    world.consumer.fail_commit = KeyError("ours")

    await world.until_done()

    assert set(numbers(world.kafka.events)) == {0, 1, 2, 3}


async def test_a_record_that_the_handler_refuses_does_not_stop_its_batch(tmp_path: Path) -> None:
    async def handler(batch: Sequence[Received[Thing]]) -> Iterable[Event | Refusal]:
        return [
            Refusal(each.record, Rejected("odd", code="odd")) if each.event.number % 2 else each.event for each in batch
        ]

    world = World(tmp_path, things(range(6)), handler)

    await world.turn()

    assert numbers(world.kafka.events) == [0, 2, 4]
    assert len(world.kafka.letters) == 3


async def test_a_handler_that_fails_on_one_record_of_a_batch_loses_only_that_record(tmp_path: Path) -> None:
    async def handler(batch: Sequence[Received[Thing]]) -> Iterable[Event | Refusal]:
        if any(each.event.number == 3 for each in batch):
            raise ZeroDivisionError
        return [each.event for each in batch]

    world = World(tmp_path, things(range(12)), handler)

    await world.turn()

    assert numbers(world.kafka.events) == [n for n in range(12) if n != 3]
    assert dict(world.kafka.letters[0][3])["laurel-error-code"] == b"unexpected"
    await world.until_done()


async def test_when_all_of_ten_or_more_fail_alike_it_is_us_and_nothing_is_dead_lettered(tmp_path: Path) -> None:
    broken = True

    async def handler(batch: Sequence[Received[Thing]]) -> Iterable[Event | Refusal]:
        if broken:
            raise ZeroDivisionError
        return [each.event for each in batch]

    world = World(tmp_path, things(range(12)), handler)

    await world.turn()
    assert world.kafka.letters == []
    assert set(world.consumer.committed.values()) == {0}
    await world.turn()
    assert world.consumer.on_hold, "an open breaker stops reading"
    world.now = 30
    world.stage.positions.resume_due(world.breakers)
    await world.turn()
    assert world.kafka.letters == [], "a trial that fails with the same unknown error is still ours"

    broken = False
    world.now = 60
    world.stage.positions.resume_due(world.breakers)
    await world.until_done()
    assert numbers(world.kafka.events) == list(range(12))


@pytest.mark.parametrize("error", [Unavailable("mongodb"), TimeoutError(), ConnectionResetError()])
async def test_an_outage_in_the_handler_loses_nothing_and_dead_letters_nothing(
    tmp_path: Path, error: Exception
) -> None:
    calls = 0

    async def handler(batch: Sequence[Received[Thing]]) -> Iterable[Event | Refusal]:
        nonlocal calls
        calls += 1
        if calls <= 3:
            raise error
        return [each.event for each in batch]

    world = World(tmp_path, things(range(8)), handler)

    await world.until_done()

    assert numbers(world.kafka.events) == list(range(8))
    assert world.kafka.letters == []


async def test_a_later_batch_never_commits_over_one_that_failed(tmp_path: Path) -> None:
    fail_first = [True]

    async def handler(batch: Sequence[Received[Thing]]) -> Iterable[Event | Refusal]:
        if fail_first.pop() if fail_first else False:
            raise Unavailable("mongodb")
        return [each.event for each in batch]

    world = World(tmp_path, things(range(8)), handler)

    await world.turn(limit=2)
    await world.turn(limit=2)

    assert numbers(world.kafka.events) == [0, 1, 2, 3], "the failed batch came again before anything after it"


@pytest.mark.parametrize("error", [Unavailable("kafka"), Crash()], ids=["outage", "crash"])
@pytest.mark.parametrize("effect", ["publish", "dead letter", "commit"])
async def test_failing_at_any_single_effect_loses_nothing(tmp_path: Path, effect: str, error: BaseException) -> None:
    values = things(range(9))
    if effect == "dead letter":
        values = [b"poison", *values]

    async def handler(batch: Sequence[Received[Thing]]) -> Iterable[Event | Refusal]:
        return [each.event for each in batch]

    async def quiet(_: Sequence[Received[Thing]]) -> Iterable[Event | Refusal]:
        return []

    world = World(tmp_path, values, quiet if effect == "dead letter" else handler)
    if effect == "commit":
        world.consumer.fail_commit = error
    else:
        world.kafka.next_error = error

    try:
        await world.turn()
    except Crash:
        world.boot()
    assert set(world.consumer.committed.values()) == {0}
    await world.until_done()

    if effect == "dead letter":
        assert [letter[2] for letter in world.kafka.letters] == [b"poison"]
    else:
        assert set(numbers(world.kafka.events)) == set(range(9))
        assert world.kafka.letters == []


async def test_fifty_refusals_in_a_row_stop_reading_and_one_good_record_goes_on(tmp_path: Path) -> None:
    world = World(tmp_path, [*[b"garbage"] * 60, *things(range(5))], echo, partitions=1)

    await world.turn(limit=55)
    assert len(world.kafka.letters) == 55
    await world.turn()
    assert world.consumer.on_hold
    for trial in range(1, 6):
        world.now = 30.0 * trial
        world.stage.positions.resume_due(world.breakers)
        await world.turn()
        assert len(world.kafka.letters) == 55 + trial, "one record is tried at a time"
    world.now = 180
    world.stage.positions.resume_due(world.breakers)
    await world.until_done()

    assert numbers(world.kafka.events) == list(range(5))
    assert len(world.kafka.letters) == 60


async def test_one_tenants_refusals_never_stop_a_topic_that_tenants_share(tmp_path: Path) -> None:
    world = World(tmp_path, [*[b"garbage"] * 60, *things(range(5))], echo, partitions=1)
    world.stage.route_of = lambda _: replace(Route.typed(LEARNING_ACTIVITY, echo), carries=Thing)

    await world.turn(limit=55)
    await world.turn()

    assert len(world.kafka.letters) == 60
    assert numbers(world.kafka.events) == list(range(5))


async def test_a_record_that_kills_the_process_is_found_and_dead_lettered_and_its_neighbours_live(
    tmp_path: Path,
) -> None:
    async def handler(batch: Sequence[Received[Thing]]) -> Iterable[Event | Refusal]:
        if any(each.event.number == 4 for each in batch):
            raise Crash
        return [each.event for each in batch]

    world = World(tmp_path, things(range(9)), handler, partitions=1)

    deaths = 0
    for _ in range(20):
        try:
            await world.turn()
        except Crash:
            deaths += 1
            world.boot()
    await world.until_done()

    assert deaths == 6, "three with the batch, three alone"
    assert set(numbers(world.kafka.events)) == set(range(9)) - {4}
    assert dict(world.kafka.letters[0][3])["laurel-error-code"] == b"deadly"


async def test_partitions_that_a_rebalance_took_are_left_to_their_new_owner(tmp_path: Path) -> None:
    world = World(tmp_path, things(range(8)), echo)
    batch = world.consumer.fetch()
    lost = TopicPartition(TOPIC, 1)
    world.consumer.assignment = lambda: {TopicPartition(TOPIC, 0)}  # type: ignore[method-assign]

    await world.stage.on_batch(batch)

    assert world.consumer.committed[lost] == 0
    assert world.consumer.committed[TopicPartition(TOPIC, 0)] == 4
