"""Profiles, addresses that come late, statements that are voided, and accounts that turn out to be one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from services.intake.handlers import Handlers
from services.intake.merging import Merging
from shared.contracts import identity
from shared.contracts.events import Verb
from shared.contracts.learners import LearnerMerged, LearnerMergeRequested, LearnerReachable
from shared.errors import Unavailable
from shared.runtime.records import Received, Record, Refusal

Make = Callable[..., Record]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def fact(person: str, event: str, **more: Any) -> dict[str, Any]:
    return {"facts": [{"id": person, "event": event, **more}]}


async def test_a_profile_alone_goes_into_the_directory_and_is_no_activity(
    handlers: Handlers, kafka: Any, directory: Any, record: Make, counted: Any
) -> None:
    said = {"id": "39", "email": "ada@example.org", "name": "Ada", "locale": "nb-NO"}

    await handlers.on_records([record("lms.by-id", profiles=[said])])

    (known,) = [directory.known(each) for each in directory.said]
    assert (known.external_id, known.email, known.name, known.locale) == ("39", "ada@example.org", "Ada", "nb-NO")
    assert (kafka.published, counted("profile", "north/by-id")) == ([], 1)


async def test_a_profile_of_nobody_that_counts_is_no_error(handlers: Handlers, directory: Any, record: Make) -> None:
    assert list(await handlers.on_records([record("lms.grades", profiles=[{"id": "39", "name": "Ada"}])])) == []

    assert directory.said == {}


@pytest.mark.parametrize("what", ["profiles", "voided"])
async def test_what_is_said_in_the_future_is_refused_whatever_it_is(
    handlers: Handlers, record: Make, what: str
) -> None:
    ahead = (NOW + timedelta(minutes=6)).isoformat()

    (refusal,) = await handlers.on_records([record("lms.by-id", **{what: [{"id": "39", "event": "1", "at": ahead}]})])

    assert isinstance(refusal, Refusal)
    assert refusal.error.code == "in_the_future"


async def test_who_is_reached_for_the_first_time_is_told_once_and_after_the_directory_knows(
    handlers: Handlers, kafka: Any, directory: Any, record: Make
) -> None:
    profile = {"id": "39", "email": "ada@example.org"}
    await handlers.on_records([record("lms.by-id", **fact("39", "1"))])
    await handlers.on_records([record("lms.by-id", 1, profiles=[profile])])
    await handlers.on_records([record("lms.by-id", 2, **fact("39", "2"), profiles=[profile])])

    first, second = kafka.activities
    assert (first.reachable, second.reachable) == (False, True)
    assert kafka.reachable == [first.learner]
    assert directory.known(first.learner).email == "ada@example.org"


async def test_who_came_with_an_address_is_told_to_nobody(handlers: Handlers, kafka: Any, record: Make) -> None:
    await handlers.on_records([record("lms.by-id", **fact("39", "1", email="ada@example.org"))])
    await handlers.on_records([record("lms.by-id", 1, **fact("39", "2", email="ada@new.example", at=NOW.isoformat()))])

    assert kafka.reachable == []
    assert [each.reachable for each in kafka.activities] == [True, True]


async def test_a_death_between_the_address_and_telling_of_it_tells_it_later(
    desk: Any, handlers: Handlers, kafka: Any, record: Make
) -> None:
    profile = record("lms.by-id", 1, profiles=[{"id": "39", "email": "ada@example.org"}])
    await handlers.on_records([record("lms.by-id", **fact("39", "1"))])
    kafka.is_down = True
    with pytest.raises(Unavailable):
        await handlers.on_records([profile])

    kafka.is_down = False
    await desk.handlers(kafka, CollectorRegistry()).on_records([profile])

    assert kafka.reachable == [kafka.activities[0].learner]


async def test_a_voided_statement_names_the_fact_and_no_learner(handlers: Handlers, kafka: Any, record: Make) -> None:
    await handlers.on_records([record("lms.by-id", **fact("39", "s1"))])
    await handlers.on_records([record("lms.by-id", 1, voided=[{"event": "s1"}])])
    await handlers.on_records([record("lms.by-id", 2, voided=[{"event": "s1"}])])

    said, voided, again = kafka.activities
    assert (voided.verb, voided.learner, voided.withdrawn) == (Verb.VOIDED, "", True)
    assert voided.fact == said.activity_id == identity.activity_id("north", "by-id", "s1")
    assert voided.version is not None
    assert voided.activity_id != said.activity_id
    assert (again.activity_id, again.content) == (voided.activity_id, voided.content)


async def learner_of(handlers: Handlers, kafka: Any, record: Make, person: str, **more: Any) -> str:
    await handlers.on_records([record("lms.by-id", **fact(person, f"first of {person}", **more))])
    return str(kafka.activities[-1].learner)


@pytest.fixture
def merge(directory: Any) -> Callable[..., Any]:
    """Asks for it as the command does."""

    async def merge(learner: str, into: str, tenant: str = "north") -> list[Any]:
        asked = LearnerMergeRequested(
            request_id="r", tenant=tenant, learner=learner, into=into, reason="one person", requested_at=NOW
        )
        received = Received(asked, Record("learner.merge-requested.v1", 0, 0, None, b"", (), 0))
        return await Merging(directory, lambda: NOW).on_requests([received])

    return merge


async def test_what_a_merged_account_does_is_the_others_and_its_old_facts_stay_the_same(
    handlers: Handlers, kafka: Any, record: Make, merge: Any
) -> None:
    without_id = {"facts": [{"id": "39", "course": "X"}]}
    ada, kept = [await learner_of(handlers, kafka, record, each) for each in ("39", "40")]
    await handlers.on_records([record("lms.by-id", 5, **without_id)])

    (told,) = await merge(ada, kept)
    await handlers.on_records(
        [record("lms.by-id", 6, **fact("39", "first of 39")), record("lms.by-id", 7, **without_id)]
    )

    first, _, derived, again, derived_again = kafka.activities
    assert told == LearnerMerged(tenant="north", learner=ada, into=kept, merged_at=NOW)
    assert (again.learner, derived_again.learner) == (kept, kept)
    assert (again.activity_id, again.content) == (first.activity_id, first.content)
    assert (derived_again.activity_id, derived_again.content) == (derived.activity_id, derived.content)


async def test_of_two_profiles_the_newest_word_on_each_field_is_kept(
    handlers: Handlers, kafka: Any, directory: Any, record: Make, merge: Any
) -> None:
    newer = NOW.isoformat()
    ada = await learner_of(handlers, kafka, record, "39", email="ada@new.example", at=newer)
    kept = await learner_of(handlers, kafka, record, "40", email="ada@old.example", name="Ada")

    await merge(ada, kept)
    await handlers.on_records([record("lms.by-id", 9, profiles=[{"id": "39", "name": "Ada King", "at": newer}])])

    known = directory.known(kept)
    assert (known.email, known.name, known.external_id) == ("ada@new.example", "Ada King", "40")


async def test_a_merge_tells_of_no_address_before_the_badges_of_both_are_together(
    handlers: Handlers, kafka: Any, record: Make, merge: Any
) -> None:
    ada = await learner_of(handlers, kafka, record, "39", email="ada@example.org")
    kept = await learner_of(handlers, kafka, record, "40")

    told = await merge(ada, kept)

    assert not any(isinstance(each, LearnerReachable) for each in told)


async def test_merging_again_is_told_again_and_chains_stay_flat(
    handlers: Handlers, kafka: Any, directory: Any, record: Make, merge: Any
) -> None:
    one, two, three = [await learner_of(handlers, kafka, record, each) for each in ("1", "2", "3")]
    await merge(one, two)
    await merge(two, three)

    again = await merge(one, two)

    assert {each.learner: each.into for each in again} == {one: three, two: three}
    assert directory.merges == {one: three, two: three}


@pytest.mark.parametrize(
    ("learner", "into", "code"),
    [
        ("1", "1", "merge_cycle"),
        ("2", "1", "merge_cycle"),
        ("1", "3", "merged_already"),
        ("4", "nobody", "unknown_learner"),
        ("nobody", "4", "unknown_learner"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_its_reason(
    handlers: Handlers, kafka: Any, directory: Any, record: Make, merge: Any, learner: str, into: str, code: str
) -> None:
    ids = {each: await learner_of(handlers, kafka, record, each) for each in ("1", "2", "3", "4")}
    await merge(ids["1"], ids["2"])
    before = dict(directory.merges)

    (refusal,) = await merge(ids.get(learner, learner), ids.get(into, into))

    assert isinstance(refusal, Refusal)
    assert (refusal.error.code, directory.merges) == (code, before)


async def test_another_tenants_learner_is_unknown(handlers: Handlers, kafka: Any, record: Make, merge: Any) -> None:
    one, two = [await learner_of(handlers, kafka, record, each) for each in ("1", "2")]

    (refusal,) = await merge(one, two, "south")

    assert refusal.error.code == "unknown_learner"


@pytest.mark.parametrize("first", [0, 1])
async def test_of_two_merges_that_cross_whoever_comes_second_steps_back(
    handlers: Handlers,
    kafka: Any,
    directory: Any,
    record: Make,
    merge: Any,
    monkeypatch: pytest.MonkeyPatch,
    first: int,
) -> None:
    both = sorted([await learner_of(handlers, kafka, record, each) for each in ("1", "2")])
    one, two = both[first], both[1 - first]
    marked = directory.merge

    async def meanwhile(learner: str, into: str) -> None:
        """The other process has done all of its merge since this one looked whether there is one."""
        await marked(into, learner)
        await marked(learner, into)

    monkeypatch.setattr(directory, "merge", meanwhile)
    (answer,) = await merge(two, one)

    assert isinstance(answer, Refusal)
    assert (answer.error.code, directory.merges) == ("merge_cycle", {one: two})


PEOPLE = ("39", "40")
SAID = (
    [fact(person, f"{number} of {person}") for person in PEOPLE for number in range(2)]
    + [
        {"profiles": [{"id": "39", "email": "ada@example.org", "name": name, "at": f"2026-11-0{day}T12:00:00+00:00"}]}
        for day, name in ((1, "Ada"), (3, "Ada King"), (2, "A. King"))
    ]
    + [{"profiles": [{"id": "40", "email": "bob@example.org", "name": "Bob"}]}]
)


@given(order=st.permutations(range(len(SAID))), splits=st.lists(st.booleans(), min_size=8, max_size=8))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_any_order_and_any_batches_the_same_is_known_and_told(
    desk: Any, kafka: Any, record: Make, order: list[int], splits: list[bool]
) -> None:
    for each in (desk.directory, desk.aliases, desk.room):
        each.__init__()
    kafka.__init__()
    handlers = desk.handlers(kafka, CollectorRegistry())

    async def all_of_it() -> None:
        batch: list[Record] = []
        for at, (which, ends) in enumerate(zip(order, splits, strict=True)):
            batch.append(record("lms.grades", at, **SAID[which]))
            if ends or at == len(SAID) - 1:
                await handlers.on_records(batch)
                batch = []

    asyncio.run(all_of_it())
    told = sorted(each.event_id for each in kafka.activities)
    names = {desk.directory.known(each.learner).name for each in kafka.activities}
    assert told == sorted(f"{number} of {person}" for person in PEOPLE for number in range(2))
    assert (names, desk.room.parked) == ({"Ada King", "Bob"}, {})
