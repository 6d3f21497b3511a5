"""An event that names nobody by the id that counts waits for its learner's profile, and nothing of it is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.intake.handlers import Handlers
from shared.runtime.records import Record, Refusal

GRADE = {"facts": [{"id": "39", "event": "g1"}]}
PROFILE = {"profiles": [{"id": "39", "email": "ada@example.org", "name": "Ada"}]}
Make = Callable[..., Record]
Counted = Callable[..., float]
LABELS = {"source": "north/grades"}


async def test_it_waits_and_goes_on_once_the_profile_is_there(
    handlers: Handlers, kafka: Any, room: Any, record: Make, counted: Counted, registry: CollectorRegistry
) -> None:
    await handlers.on_records([record("lms.grades", **GRADE)])
    waited = (list(kafka.published), counted("waiting"), registry.get_sample_value("laurel_events_waiting", LABELS))
    await handlers.on_records([record("lms.grades", 1, **PROFILE)])

    assert waited == ([], 1, 1)
    (activity,) = kafka.activities
    assert (activity.event_id, activity.reachable, room.parked) == ("g1", True, {})
    assert (counted("waiting"), counted("translated"), counted("profile")) == (1, 1, 1)
    assert registry.get_sample_value("laurel_events_waiting", LABELS) == 0


@pytest.mark.parametrize("order", [(GRADE, PROFILE), (PROFILE, GRADE)], ids=["before it", "after it"])
async def test_what_comes_in_one_batch_with_its_profile_does_not_wait(
    handlers: Handlers, kafka: Any, record: Make, counted: Counted, order: Any
) -> None:
    await handlers.on_records([record("lms.grades", at, **said) for at, said in enumerate(order)])

    assert [each.event_id for each in kafka.activities] == ["g1"]
    assert counted("waiting") == 0


async def test_who_is_known_is_known_to_other_sources_of_the_directory(
    handlers: Handlers, kafka: Any, directory: Any, record: Make
) -> None:
    await handlers.on_records([record("lms.users", **PROFILE)])
    await handlers.on_records([record("lms.grades", **GRADE)])

    (activity,) = kafka.activities
    assert directory.known(activity.learner).email == "ada@example.org"


async def test_the_39_of_one_lms_is_not_the_39_of_another(
    handlers: Handlers, kafka: Any, room: Any, record: Make
) -> None:
    await handlers.on_records([record("lms.users", **PROFILE)])
    await handlers.on_records([record("lms.alone", **GRADE)])

    assert kafka.activities == []
    assert len(room.parked) == 1


async def test_an_id_that_only_joins_leads_to_its_learner_too(handlers: Handlers, kafka: Any, record: Make) -> None:
    both = {"profiles": [{"aliases": ["uuid:x"], "email": "ada@example.org"}]}
    await handlers.on_records([record("lms.grades", facts=[{"aliases": ["uuid:x"], "event": "g1"}])])
    await handlers.on_records([record("lms.grades", 1, **both)])

    assert [each.event_id for each in kafka.activities] == ["g1"]


async def test_of_one_delivery_only_what_names_nobody_waits(
    handlers: Handlers, kafka: Any, record: Make, counted: Counted
) -> None:
    three = [{"id": "39", "event": "g1"}, {"email": "bob@example.org", "event": "g2"}, {"id": "40", "event": "g3"}]
    await handlers.on_records([record("lms.grades", facts=three, irrelevant=2)])
    at_once = [each.event_id for each in kafka.activities]
    await handlers.on_records([record("lms.grades", 1, **PROFILE)])
    then = [each.event_id for each in kafka.activities]
    await handlers.on_records([record("lms.grades", 2, profiles=[{"id": "40", "email": "cleo@example.org"}])])

    assert (at_once, then) == (["g2"], ["g2", "g1"])
    assert [each.event_id for each in kafka.activities] == ["g2", "g1", "g3"]
    assert [counted(each) for each in ("waiting", "translated", "irrelevant")] == [2, 3, 2]


async def test_a_source_has_room_for_so_many_and_no_more(
    desk: Any, kafka: Any, record: Make, counted: Counted, room: Any
) -> None:
    desk.most = 2
    handlers = desk.handlers(kafka)
    batch = [record("lms.grades", at, facts=[{"id": str(at), "event": str(at)}]) for at in range(3)]

    (refusal,) = await handlers.on_records(batch)

    assert isinstance(refusal, Refusal)
    assert (refusal.record, refusal.error.code) == (batch[2], "too_many_waiting")
    assert (len(room.parked), counted("waiting"), counted("rejected")) == (2, 2, 1)


async def test_what_has_waited_too_long_is_a_dead_letter_that_can_be_replayed(
    handlers: Handlers, kafka: Any, clock: Any, room: Any, record: Make, counted: Counted
) -> None:
    came = record("lms.grades", 7, **GRADE)
    await handlers.on_records([came])
    clock.now += timedelta(days=30)
    await handlers.waiting.sweep()
    still = len(room.parked)
    clock.now += timedelta(seconds=1)

    await handlers.waiting.sweep()

    ((letter, error),) = kafka.letters
    assert (still, letter, error.code, room.parked) == (1, came, "no_profile", {})
    assert counted("rejected") == 1
    await handlers.on_records([record("lms.grades", 8, **PROFILE), letter])
    assert [each.event_id for each in kafka.activities] == ["g1"]


@pytest.mark.parametrize(
    "person", [{"name": "Ada"}, {"id": "39", "follows": False}], ids=["no id at all", "no profile to come"]
)
async def test_what_no_profile_could_help_is_refused_at_once(
    handlers: Handlers, room: Any, record: Make, person: Any
) -> None:
    (refusal,) = await handlers.on_records([record("lms.grades", facts=[{**person, "event": "g1"}])])

    assert isinstance(refusal, Refusal)
    assert (refusal.error.code, room.parked) == ("no_learner", {})
    assert str(refusal.error).startswith("user.email: ")


async def test_a_source_that_trusts_the_lms_own_id_asks_for_no_other(
    handlers: Handlers, aliases: Any, record: Make
) -> None:
    fact = {"id": "39", "email": "ada@example.org", "event": "g1"}

    await handlers.on_records([record("lms.by-id", facts=[fact])])

    assert (aliases.said, aliases.asked) == ([], 0)


async def test_an_event_that_names_both_ids_tells_who_the_others_are(
    handlers: Handlers, kafka: Any, record: Make
) -> None:
    await handlers.on_records([record("lms.grades", facts=[{"id": "39", "email": "ada@example.org", "event": "c1"}])])
    await handlers.on_records([record("lms.grades", 1, **GRADE)])

    assert len({each.learner for each in kafka.activities}) == 1


async def test_no_id_can_be_read_from_what_it_is_kept_under(handlers: Handlers, aliases: Any, record: Make) -> None:
    await handlers.on_records([record("lms.grades", **PROFILE)])

    (alias,) = aliases.said
    assert len(alias.id) == 64
    assert "39" not in {alias.id, alias.tenant, alias.kind}


async def test_however_many_wait_for_one_profile_all_go_on_with_it(
    desk: Any, kafka: Any, room: Any, record: Make
) -> None:
    desk.most = 1000
    handlers = desk.handlers(kafka)
    await handlers.on_records([record("lms.grades", at, facts=[{"id": "39", "event": str(at)}]) for at in range(250)])

    await handlers.on_records([record("lms.grades", 250, **PROFILE)])

    assert (len(kafka.activities), room.parked) == (250, {})


async def test_what_comes_with_an_empty_header_waits_too(handlers: Handlers, room: Any, record: Make) -> None:
    came = record("lms.grades", **GRADE)
    came.headers = (("trace", None),)  # type: ignore[assignment]

    await handlers.on_records([came])

    ((waits),) = room.parked.values()
    assert waits.record == came
