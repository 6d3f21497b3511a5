"""What the operator's command says of a credential comes from the facts, not from who has heard of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.ctl.credentials import Dossier

AT = datetime(2026, 11, 1, tzinfo=UTC)
AWARD = {"_id": "a", "tenant": "north", "state": "earned", "credential_state": "active"}


def fact(change: str, tenant: str = "north") -> dict[str, Any]:
    return {
        "_id": f"{tenant}-{change}", "tenant": tenant, "award_id": "a", "change": change, "cause": "operator",
        "reason": "…", "requested_by": "operator", "at": AT, "stored_at": AT,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "state", "said"),
    [
        ([], "active", None),
        ([fact("revoke")], "revoked", "revoked"),
        ([fact("suspend")], "suspended", "suspended"),
        ([fact("revoke", tenant="south")], "active", None),
    ],
)
def test_a_state_is_what_was_said_though_the_award_has_not_heard_of_it(
    facts: list[dict[str, Any]], state: str, said: str | None
) -> None:
    dossier = Dossier(AWARD, {"_id": "a"}, facts, [])

    assert (dossier.state, dossier.said) == (state, said)


def test_an_award_without_a_credential_is_told_by_its_own_state() -> None:
    assert Dossier(AWARD, None, [], []).state == "earned"
