"""The registry as the evaluator meets it: what it was asked, and what it says came of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from services.evaluator.awards import OwnAward
from shared.contracts.documents import StatusFact
from shared.contracts.events import CredentialState, CredentialStatusChanged, StatusChangeRequested
from shared.openbadges.status import status_of


class MemoryAsked:
    """What was asked becomes facts, and facts a state."""

    def __init__(self) -> None:
        self.facts: dict[str, StatusFact] = {}

    async def which(self, ids: Collection[str]) -> set[str]:
        return self.facts.keys() & set(ids)

    def hear(self, request: StatusChangeRequested) -> None:
        fact = StatusFact(
            id=request.request_id, tenant=request.tenant, award_id=request.award_id, change=request.change,
            cause=request.cause, reason=request.reason, requested_by=request.requested_by, at=request.requested_at,
        )  # fmt: skip
        self.facts.setdefault(fact.id, fact)

    def states(self, awards: Iterable[OwnAward]) -> list[CredentialStatusChanged]:
        found = []
        for award in awards:
            status = status_of(each for each in self.facts.values() if each.award_id == award.id)
            if status.facts:
                found.append(
                    CredentialStatusChanged(
                        award_id=award.id,
                        tenant=award.tenant,
                        learner=award.learner,
                        achievement=award.achievement,
                        state=CredentialState(status.state),
                        reason=status.reason,
                        since=status.since or award.due_at,
                        facts=status.facts,
                        fact=status.by,
                    )
                )
        return found
