"""What an award waits for, and what became of its credential, in sentences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.ctl.standing import Stands, State, Told
from shared.catalogue.model import Achievement, Issuer, LiveAchievement, Tenant
from shared.contracts.documents import StatusFact
from shared.contracts.events import Change

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
THEN = datetime(2026, 5, 1, 9, tzinfo=UTC)


def stands(document: dict[str, Any], facts: tuple[StatusFact, ...] = ()) -> Told:
    issuer = Issuer(
        tenant="north", id="did:web:north.example", name="North", url="https://north.example", timezone="Europe/Oslo"
    )
    achievement = Achievement(
        id="welding", version=1, type="Badge", name="Welding", description="x", criteria="x", issue_after="P2D"
    )
    award = {
        "_id": "award-1",
        "version": 1,
        "award_key": "once",
        "earned_at": THEN,
        "due_at": THEN,
        "state": "earned",
        "why": "Welded",
    }
    live = LiveAchievement(tenant="north", achievement=achievement, earned_when={}, image=b"")
    tenant = Tenant(issuer=issuer, sources=(), achievements=(live,))
    return Stands(award=award | document, tenant=tenant, live=live, earnable=(1,), now=NOW, facts=facts).told()


def said(change: Change, reason: str, after: int = 1) -> StatusFact:
    return StatusFact(
        id=f"f{after}",
        tenant="north",
        award_id="award-1",
        change=change,
        cause="operator",
        reason=reason,
        requested_by="operator",
        at=THEN + timedelta(days=after),
    )


@pytest.mark.parametrize(
    ("document", "state", "words"),
    [
        (
            {"state": "pending", "due_at": NOW + timedelta(days=1)},
            State.DUE_LATER,
            "will be issued on 2026-06-02 14:00 (Europe/Oslo), 2 days after it was earned, if it still holds then",
        ),
        (
            {"state": "pending", "waits_for": "address", "waits_until": NOW},
            State.WAITS_FOR_ADDRESS,
            "as soon as one is known, and on 2026-06-01 14:00 (Europe/Oslo) at the latest",
        ),
        ({"state": "pending", "waits_for": "approval"}, State.WAITS_FOR_APPROVAL, "hasn't decided about this one yet"),
        ({"state": "withdrawn"}, State.WITHDRAWN, "no longer met: it never was"),
        (
            {"state": "declined", "ruling": {"decision": "decline", "reason": "Not their work.", "at": NOW}},
            State.DECLINED,
            "A registrar decided against it on 2026-06-01 14:00 (Europe/Oslo): Not their work.",
        ),
        (
            {"ruling": {"decision": "approve", "reason": "", "at": NOW}},
            State.HELD,
            "A registrar approved it on 2026-06-01 14:00 (Europe/Oslo).",
        ),
    ],
)
def test_an_award_that_was_not_issued_says_what_it_waits_for(
    document: dict[str, Any], state: State, words: str
) -> None:
    told = stands(document)

    assert told.state is state
    assert any(words in each for each in told.sentences), told.sentences


@pytest.mark.parametrize(
    ("facts", "state", "words"),
    [
        (
            (said(Change.REVOKE, "Plagiarism."),),
            State.REVOKED,
            "revoked on 2026-05-02 11:00 (Europe/Oslo): Plagiarism.",
        ),
        ((said(Change.SUSPEND, "Looked at"),), State.SUSPENDED, "For the time being it doesn't count"),
        (
            (said(Change.SUSPEND, "Looked at"), said(Change.REINSTATE, "All is well", 2)),
            State.HELD,
            "reinstated on 2026-05-03 11:00 (Europe/Oslo): All is well.",
        ),
    ],
)
def test_what_became_of_a_credential_is_told_with_day_and_reason(
    facts: tuple[StatusFact, ...], state: State, words: str
) -> None:
    told = stands({}, facts)

    assert told.state is state
    assert any(words in each for each in told.sentences), told.sentences
