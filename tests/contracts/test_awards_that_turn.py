"""What is said of an award after it was made, kept by the evaluator's stores in memory and in MongoDB alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.evaluator import award_store
from services.evaluator.awards import Correction, OwnAward, Ruling
from services.evaluator.ports import Awards
from shared.contracts.documents import AwardState
from shared.contracts.events import Change, CredentialState, CredentialStatusChanged, Decision
from tests.unit.evaluator import memory

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
async def mongo(database: Any) -> Any:
    await award_store.create_indexes(database)
    return database


@pytest.fixture(params=["memory", "mongo"])
def awards(request: pytest.FixtureRequest) -> Awards:
    if request.param == "memory":
        return memory.MemoryAwards()
    return award_store.MongoAwards(request.getfixturevalue("mongo"))


def award(name: str, learner: str = "ada", **fields: Any) -> OwnAward:
    return OwnAward(
        **{
            "id": name, "tenant": "north", "achievement": "x", "version": 1, "learner": learner, "award_key": "once",
            "earned_at": NOW, "due_at": NOW, "state": AwardState.EARNED, "why": "…", "status_list": 1,
            "status_index": 0, "received_at": NOW, "stored_at": NOW, **fields,
        }
    )  # fmt: skip


def by_name(each: OwnAward, attempt: int) -> OwnAward:
    """Everybody wants the same places, in the same order."""
    return each.model_copy(update={"status_list": 1 + attempt // 2, "status_index": attempt % 2})


def mark(change: Change = Change.SUSPEND) -> Correction:
    return Correction(change=change, at=NOW, reason="…", position=("t", 0, 7))


async def test_corrections_are_marked_one_after_the_other_and_never_twice(awards: Awards) -> None:
    await awards.insert([award("a", state=AwardState.EARNED), award("b", state=AwardState.PENDING)], by_name)

    await awards.correct({"a": (0, mark()), "b": (0, mark())}, NOW)
    await awards.correct({"a": (0, mark(Change.REINSTATE))}, NOW)
    once = await awards.find(["a", "b"])
    await awards.correct({"a": (1, mark(Change.REINSTATE))}, NOW + timedelta(hours=1))

    assert {each.id: each.corrections for each in once} == {"a": (mark(),), "b": ()}
    assert [each.corrected for each in sorted(once, key=lambda each: each.id)] == [True, False]
    (after,) = await awards.find(["a"])
    assert after.corrections == (mark(), mark(Change.REINSTATE))
    assert (after.corrected, after.look_at) == (False, NOW + timedelta(hours=1))


async def test_only_a_pending_award_is_withdrawn_and_revived_it_forgets_that(awards: Awards) -> None:
    await awards.insert(
        [award("a", state=AwardState.PENDING, look_at=NOW), award("b", state=AwardState.EARNED)], by_name
    )

    await awards.withdraw({"a": ("t", 0, 7), "b": ("t", 0, 7)})
    withdrawn = {each.id: (each.state, each.withdrawn_after, each.look_at) for each in await awards.find("ab")}
    (revived,) = await awards.revive([award("a", state=AwardState.EARNED)])

    assert withdrawn == {"a": (AwardState.WITHDRAWN, ("t", 0, 7), None), "b": (AwardState.EARNED, None, None)}
    assert (revived.state, revived.withdrawn_after) == (AwardState.EARNED, None)


async def test_a_ruling_is_kept_once_and_only_where_one_is_waited_for(awards: Awards) -> None:
    waiting = {"state": AwardState.PENDING, "waits_for": "approval"}
    await awards.insert([award("a", **waiting), award("b", **waiting), award("c")], by_name)
    yes = Ruling(id="1", decision=Decision.APPROVE, reason="", by="registrar", at=NOW)
    no = yes.model_copy(update={"id": "2", "decision": Decision.DECLINE})

    before = await awards.pending_approval()
    await awards.rule({"a": (yes, NOW), "b": (no, NOW), "c": (no, NOW)})
    await awards.rule({"a": (no, NOW), "b": (yes, NOW)})

    found = {each.id: each for each in await awards.find("abc")}
    assert {name: each.ruling for name, each in found.items()} == {"a": yes, "b": no, "c": None}
    assert (found["a"].state, found["a"].look_at, found["b"].state) == (AwardState.PENDING, NOW, AwardState.DECLINED)
    assert (before, await awards.pending_approval()) == ({"north": 2}, {})


async def test_which_fact_revoked_it_and_when_is_kept(awards: Awards) -> None:
    await awards.insert([award("a")], by_name)
    change = CredentialStatusChanged(
        award_id="a", tenant="north", learner="ada", achievement="intro", state=CredentialState.REVOKED, reason="…",
        since=NOW, facts=2, fact="operator-1",
    )  # fmt: skip

    await awards.record_states([change])

    (found,) = await awards.find(["a"])
    assert (found.ended_by, found.ended_at) == ("operator-1", NOW)


async def test_a_look_that_was_asked_for_meanwhile_is_not_cleared(awards: Awards) -> None:
    await awards.insert([award("a", look_at=NOW)], by_name)

    await awards.clear({"a": NOW - timedelta(hours=1)})

    assert [each.id for each in await awards.to_look_at(NOW, 10)] == ["a"]
