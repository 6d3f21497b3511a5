"""What is seen of sources: kinds, refusals, and what isn't as it used to be, in bounded memory and without a value."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.intake.fields import ESTABLISHED, GONE, Fields, shape
from services.intake.handlers import Handlers
from shared.catalogue.model import Achievement, Catalogue, LiveAchievement
from shared.contracts.documents import SightingOf
from shared.errors import Unavailable
from shared.runtime.records import Record

Make = Callable[..., Record]
COMPLETED = {"kinds": ["completed.v1"], "facts": [{"id": "39", "event": "1", "course": "BR101"}]}


@pytest.fixture
def seen(desk: Any, handlers: Handlers) -> Callable[[SightingOf], Any]:
    """What was written down, by name."""

    async def seen(of: SightingOf) -> dict[str, int]:
        await handlers.sightings.write_down()
        return {each.name: each.count for each in await desk.sightings.all() if each.of is of}

    return seen


async def test_kinds_and_refusals_are_counted_for_each_source(handlers: Handlers, record: Make, seen: Any) -> None:
    garbage = Record("lms.grades", 0, 1, b"k", b"{", (), 0)

    await handlers.on_records([record("lms.grades", irrelevant=1, kinds=["a.v1", "a.v1"]), garbage])
    await handlers.on_records([record("lms.grades", irrelevant=1, kinds=["a.v1"])])

    assert await seen(SightingOf.KIND) == {"a.v1": 3}
    assert await seen(SightingOf.REFUSAL) == {"not_json": 1}


async def test_a_type_that_nobody_knows_is_told_once_with_an_example_that_names_nobody(
    desk: Any, handlers: Handlers, record: Make, seen: Any, registry: CollectorRegistry
) -> None:
    said = {"irrelevant": 1, "kinds": ["new.v2"], "user": {"email": "ada@example.org", "age": 36}}

    await handlers.on_records([record("lms.grades", **said), record("lms.grades", 1, **said)])

    assert await seen(SightingOf.UNKNOWN_KIND) == {"new.v2": 2}
    (told,) = [each for each in await desk.sightings.all() if each.of is SightingOf.UNKNOWN_KIND]
    assert told.example == {"irrelevant": "number", "kinds": "list", "user.email": "text", "user.age": "number"}
    labels = {"source": "north/grades", "what": "unknown_kind"}
    assert registry.get_sample_value("laurel_source_drift", labels) == 1


async def test_drift_that_was_not_seen_for_a_day_is_over(
    handlers: Handlers, record: Make, seen: Any, clock: Any, registry: CollectorRegistry
) -> None:
    await handlers.on_records([record("lms.grades", irrelevant=1, kinds=["new.v2"])])
    await seen(SightingOf.UNKNOWN_KIND)
    clock.now += timedelta(days=1, seconds=1)
    await seen(SightingOf.UNKNOWN_KIND)

    labels = {"source": "north/grades", "what": "unknown_kind"}
    assert registry.get_sample_value("laurel_source_drift", labels) == 0


async def test_what_was_known_before_a_start_is_nothing_new(
    desk: Any, handlers: Handlers, kafka: Any, record: Make
) -> None:
    await handlers.on_records([record("lms.grades", irrelevant=1, kinds=["new.v2"])])
    await handlers.sightings.write_down()
    reborn = desk.handlers(kafka, CollectorRegistry())
    await reborn.sightings.begin()

    await reborn.on_records([record("lms.grades", irrelevant=1, kinds=["new.v2"], more=1)])
    await reborn.sightings.write_down()

    (told,) = [each for each in await desk.sightings.all() if each.of is SightingOf.UNKNOWN_KIND]
    assert (told.count, told.example) == (2, {"irrelevant": "number", "kinds": "list"})


async def test_a_field_that_used_to_be_there_is_missed(handlers: Handlers, record: Make, seen: Any) -> None:
    async def send(times: int, **more: Any) -> None:
        for _ in range(times):
            await handlers.on_records([record("lms.grades", irrelevant=1, kinds=["a"], **more)])
        await handlers.sightings.write_down()

    for _ in range(3):
        await send(ESTABLISHED // 2, data={"grade": 0.8})
    await send(GONE - 1, data={"other": 1})
    before = await seen(SightingOf.FIELD)
    await send(1, data={"other": 1})

    assert before == {}
    assert await seen(SightingOf.FIELD) == {"a: data.grade": 1}


async def test_a_source_that_makes_kinds_up_hides_no_other_sources_missing_fields(
    handlers: Handlers, record: Make, seen: Any
) -> None:
    await handlers.on_records([record("lms.users", irrelevant=1, kinds=[f"made.up.{n}"]) for n in range(1_100)])
    for has_it, times in ((True, ESTABLISHED), (False, GONE)):
        more = {"data": {"grade": 0.8} if has_it else {}}
        for _ in range(times):
            await handlers.on_records([record("lms.grades", irrelevant=1, kinds=["a"], **more)])
        await handlers.sightings.write_down()

    assert "a: data.grade" in await seen(SightingOf.FIELD)


def test_a_field_that_comes_and_goes_is_not_missed() -> None:
    fields, told = Fields(), []

    for at in range(500):
        told += fields.look(json.dumps({"always": 1} | ({"sometimes": 1} if at % 15 else {})).encode())

    assert told == []


def test_a_field_that_came_back_has_to_be_there_for_long_again_before_it_is_missed() -> None:
    fields, told = Fields(), []

    for has_it, times in ((True, ESTABLISHED), (False, 1), (True, ESTABLISHED - 1), (False, 2 * GONE)):
        for _ in range(times):
            told += fields.look(b'{"always": 1, "grade": 1}' if has_it else b'{"always": 1}')

    assert told == []


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"null", b"\xff", b'"text"', b"[" * 5000])
def test_what_is_no_object_has_no_fields(body: bytes) -> None:
    assert Fields().look(body) == []
    assert shape(body) == {"": f"{len(body)} bytes"}


def test_names_that_could_be_somebodys_are_not_told() -> None:
    assert shape(b'{"ada@example.org": {"x": true}, "Ada Lovelace": null}') == {"*.x": "boolean", "*": "null"}


async def test_a_finished_course_that_no_badge_asks_for_is_told_until_one_does(
    handlers: Handlers, record: Make, seen: Any, catalogue: Any
) -> None:
    await handlers.on_records([record("lms.by-id", **COMPLETED)])
    silent = await seen(SightingOf.COURSE)
    (tenant,) = catalogue.current.tenants
    catalogue.current = Catalogue(2, (tenant.model_copy(update={"achievements": (badge("BR10*"),)}),))
    await handlers.on_records([record("lms.by-id", 1, **COMPLETED)])

    assert silent == {"BR101": 1}
    assert await seen(SightingOf.COURSE) == {"BR101": 1}


@pytest.mark.parametrize("more", [{"verb": "progressed"}, {"verb": "failed"}], ids=["on the way", "failed"])
async def test_a_course_that_nobody_finished_is_not_told(
    handlers: Handlers, record: Make, seen: Any, more: dict[str, str]
) -> None:
    await handlers.on_records([record("lms.by-id", facts=[{"id": "39", "event": "1", **more}])])

    assert await seen(SightingOf.COURSE) == {}


def badge(course: str) -> LiveAchievement:
    achievement = Achievement(id="bridges", version=1, type="Badge", name="Bridges", description="d", criteria="c")
    when = {"completed": {"course": course}}
    return LiveAchievement(tenant="north", achievement=achievement, earned_when=when, image=b"")


async def test_memory_is_bounded_whatever_is_sent(handlers: Handlers, record: Make, seen: Any) -> None:
    for at in range(500):
        kinds, course = [f"new.{at} ada@example.org"], f"C{at}"
        said = {"kinds": kinds, "facts": [{"id": "39", "event": str(at), "course": course}], f"f{at}": 1}
        await handlers.on_records([record("lms.by-id", at, **said)])

    kinds_seen, unknown = await seen(SightingOf.KIND), await seen(SightingOf.UNKNOWN_KIND)
    assert (len(kinds_seen), len(unknown), len(await seen(SightingOf.COURSE))) == (101, 51, 51)
    assert sum(kinds_seen.values()) == sum(unknown.values()) == 500
    assert not any("@" in each for each in kinds_seen)


async def test_what_could_not_be_written_down_is_written_later(
    desk: Any, handlers: Handlers, record: Make, seen: Any
) -> None:
    await handlers.on_records([record("lms.grades", irrelevant=1, kinds=["a"])])
    desk.sightings.is_down = True
    with pytest.raises(Unavailable):
        await handlers.sightings.write_down()
    await handlers.on_records([record("lms.grades", irrelevant=1, kinds=["a"])])
    desk.sightings.is_down = False

    assert await seen(SightingOf.KIND) == {"a": 2}
