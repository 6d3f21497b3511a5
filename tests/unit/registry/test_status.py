"""Status is a fold over a set of facts."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.events import CredentialState
from shared.openbadges.status import Status, status_of

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    id: str
    change: str
    cause: str = "operator"
    minute: int = 0

    @property
    def reason(self) -> str:
        return f"because of {self.id}"

    @property
    def at(self) -> datetime:
        return START + timedelta(minutes=self.minute)


def test_a_credential_about_which_nothing_was_said_is_active() -> None:
    assert status_of([]) == Status("active", "", None, 0)


def test_a_revocation_is_final() -> None:
    facts = [Said("1", "revoke"), Said("2", "reinstate", minute=1), Said("3", "suspend", minute=2)]

    status = status_of(facts)

    assert status == Status("revoked", "because of 1", START, 3, "1")
    assert status.bit


def test_the_first_revocation_says_since_when_and_why() -> None:
    facts = [Said("2", "revoke", minute=1), Said("1", "suspend"), Said("3", "revoke", minute=2)]

    status = status_of(facts)

    assert (status.since, status.reason, status.by) == (START + timedelta(minutes=1), "because of 2", "2")


def test_a_suspension_sets_the_bit_and_its_reinstatement_clears_it() -> None:
    suspended = status_of([Said("1", "suspend")])
    reinstated = status_of([Said("1", "suspend"), Said("2", "reinstate", minute=1)])

    assert suspended == Status("suspended", "because of 1", START, 1, "1")
    assert suspended.bit
    assert reinstated == Status("active", "because of 2", START + timedelta(minutes=1), 2, "2")
    assert not reinstated.bit


def test_a_correction_never_softens_what_an_operator_decided() -> None:
    facts = [
        Said("1", "suspend", "operator"),
        Said("2", "suspend", "activity-9", minute=1),
        Said("3", "reinstate", "activity-9", minute=2),
    ]

    assert status_of(facts) == Status("suspended", "because of 1", START, 3, "1")


def test_a_reinstatement_before_its_suspension_reinstates_nothing() -> None:
    facts = [Said("1", "reinstate"), Said("2", "suspend", minute=1)]

    assert status_of(facts).state == "suspended"


def test_suspending_twice_is_ended_by_one_reinstatement() -> None:
    facts = [Said("1", "suspend"), Said("2", "suspend", minute=1), Said("3", "reinstate", minute=2)]

    assert status_of(facts).state == "active"


def test_the_words_are_those_of_the_contract() -> None:
    told = [status_of(facts).state for facts in ([], [Said("1", "suspend")], [Said("1", "revoke")])]

    assert [CredentialState(each) for each in told] == list(CredentialState)


facts_lists = st.lists(
    st.builds(
        Said,
        id=st.uuids().map(str),
        change=st.sampled_from(["revoke", "suspend", "suspend", "reinstate", "reinstate"]),
        cause=st.sampled_from(["operator", "activity-1", "activity-2"]),
        minute=st.integers(0, 3),
    ),
    max_size=5,
    unique_by=lambda fact: fact.id,
)


@given(facts_lists)
def test_order_and_repeats_of_facts_never_matter(facts: list[Said]) -> None:
    expected = status_of(facts)

    assert {status_of(order) for order in itertools.permutations(facts)} <= {expected}
    assert status_of(facts + facts) == expected
