"""What waits survives deaths, outages, repeats, and changes of the source that it came from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.intake.handlers import Handlers
from shared.errors import Unavailable
from shared.runtime.records import Record

GRADE = {"facts": [{"id": "39", "event": "g1"}]}
PROFILE = {"profiles": [{"id": "39", "email": "ada@example.org", "name": "Ada"}]}
Make = Callable[..., Record]
Counted = Callable[..., float]
LABELS = {"source": "north/grades"}


async def test_what_another_process_parked_goes_on_with_the_sweep(
    desk: Any, kafka: Any, room: Any, record: Make
) -> None:
    here, there = desk.handlers(kafka), desk.handlers(kafka, CollectorRegistry())
    await here.on_records([record("lms.grades", **GRADE)])
    await there.on_records([record("lms.grades", 1, **PROFILE)])
    before = list(kafka.activities)

    await there.waiting.sweep()
    await here.waiting.sweep()

    assert before == []
    assert [each.event_id for each in kafka.activities] == ["g1"]
    assert room.parked == {}


async def test_a_profile_that_comes_while_it_is_being_parked_is_not_missed(
    handlers: Handlers, kafka: Any, room: Any, aliases: Any, record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    await handlers.on_records([record("lms.users", **PROFILE)])
    known, aliases.said = aliases.said, []
    park = room.park

    async def meanwhile(parked: Any) -> Any:
        aliases.said = known
        return await park(parked)

    monkeypatch.setattr(room, "park", meanwhile)
    await handlers.on_records([record("lms.grades", **GRADE)])

    assert [each.event_id for each in kafka.activities] == ["g1"]
    assert room.parked == {}


async def test_while_kafka_is_down_what_would_go_on_keeps_waiting(
    desk: Any, handlers: Handlers, kafka: Any, room: Any, record: Make
) -> None:
    await handlers.on_records([record("lms.grades", **GRADE)])
    kafka.is_down = True
    with pytest.raises(Unavailable):
        await handlers.on_records([record("lms.grades", 1, **PROFILE)])
    waiting = len(room.parked)

    kafka.is_down = False
    reborn = desk.handlers(kafka, CollectorRegistry())
    await reborn.waiting.sweep()
    await reborn.on_records([record("lms.grades", 1, **PROFILE)])

    assert waiting == 1
    assert [each.event_id for each in kafka.activities] == ["g1"]
    assert room.parked == {}


async def test_a_death_between_publishing_and_letting_go_only_repeats(
    desk: Any, handlers: Handlers, kafka: Any, room: Any, record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    await handlers.on_records([record("lms.grades", **GRADE)])
    with monkeypatch.context() as patched:
        patched.setattr(room, "go_on", _dies)
        with pytest.raises(Unavailable):
            await handlers.on_records([record("lms.grades", 1, **PROFILE)])
    waiting = len(room.parked)

    await desk.handlers(kafka, CollectorRegistry()).waiting.sweep()

    assert (waiting, room.parked) == (1, {})
    assert len({(each.activity_id, each.content) for each in kafka.activities}) == 1
    assert len(kafka.activities) == 2


async def _dies(*_: Any) -> None:
    raise Unavailable("mongodb")


async def test_a_redelivery_of_what_waits_is_a_duplicate(
    handlers: Handlers, kafka: Any, room: Any, record: Make, counted: Counted
) -> None:
    await handlers.on_records([record("lms.grades", **GRADE), record("lms.grades", 1, **GRADE)])
    await handlers.on_records([record("lms.grades", 2, **GRADE)])
    parked = len(room.parked)
    await handlers.on_records([record("lms.grades", 3, **PROFILE)])

    assert parked == 1
    assert len(kafka.activities) == 1
    assert [counted(each) for each in ("waiting", "duplicate", "translated")] == [1, 2, 1]


async def test_what_a_source_that_was_taken_away_sent_waits_for_its_return(
    handlers: Handlers, kafka: Any, catalogue: Any, room: Any, record: Make
) -> None:
    await handlers.on_records([record("lms.grades", **GRADE), record("lms.users", 1, **GRADE)])
    everything = catalogue.current
    (tenant,) = everything.tenants
    less = tenant.model_copy(update={"sources": tenant.sources[1:]})
    catalogue.current = type(everything)(2, (less,))
    await handlers.on_records([record("lms.users", 2, **PROFILE)])
    without = len(room.parked)
    catalogue.current = everything

    await handlers.waiting.sweep()

    assert (without, room.parked) == (1, {})
    assert {each.source for each in kafka.activities} == {"grades", "users"}


async def test_what_waits_goes_on_as_its_source_is_set_now(
    handlers: Handlers, kafka: Any, catalogue: Any, room: Any, record: Make
) -> None:
    await handlers.on_records([record("lms.grades", **GRADE), record("lms.alone", 1, **GRADE)])
    grades, users, alone, *others = catalogue.current.tenants[0].sources
    changed = (
        grades.model_copy(update={"learner": "id"}), users, alone.model_copy(update={"directory": "people"}), *others
    )  # fmt: skip
    (tenant,) = catalogue.current.tenants
    catalogue.current = type(catalogue.current)(2, (tenant.model_copy(update={"sources": changed}),))
    await handlers.on_records([record("lms.users", 2, **PROFILE)])

    await handlers.waiting.sweep()

    assert {each.source for each in kafka.activities} == {"grades", "alone"}
    assert room.parked == {}


async def test_what_can_not_be_dead_lettered_holds_nobody_else_up(
    handlers: Handlers, kafka: Any, clock: Any, room: Any, aliases: Any, record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    await handlers.on_records([record("lms.grades", **GRADE)])
    clock.now += timedelta(days=30, seconds=1)
    await handlers.on_records([record("lms.grades", at, facts=[{"id": f"{at}"}]) for at in range(1, 9)])
    said = [{"id": f"{at}", "email": f"{at}@example.org"} for at in range(1, 9)]
    with monkeypatch.context() as patched:
        patched.setattr(room, "waiting_for", _nobody)
        await handlers.on_records([record("lms.users", 9, profiles=said)])

    monkeypatch.setattr(kafka, "write", _dies)
    with pytest.raises(Unavailable):
        await handlers.waiting.sweep()

    assert len(kafka.activities) == 8
    assert len(room.parked) == 1


async def _nobody(*_: Any) -> list[Any]:
    return []


async def test_what_its_new_code_refuses_becomes_a_dead_letter(
    desk: Any, handlers: Handlers, kafka: Any, room: Any, record: Make, clock: Any
) -> None:
    late = {"facts": [{"id": "39", "event": "g1", "at": clock.now.isoformat()}]}
    await handlers.on_records([record("lms.grades", **late)])
    clock.now -= timedelta(hours=1)

    await handlers.on_records([record("lms.grades", 1, **PROFILE)])

    ((_, error),) = kafka.letters
    assert (error.code, room.parked, kafka.activities) == ("in_the_future", {}, [])


async def test_a_replay_of_what_waits_is_no_second_one(handlers: Handlers, room: Any, record: Make) -> None:
    came = record("lms.grades", **GRADE)
    replayed = Record("lms.grades", 0, 9, b"key", came.value, (*came.headers, ("laurel-attempt", b"1")), 0)

    await handlers.on_records([came, replayed])

    assert len(room.parked) == 1
