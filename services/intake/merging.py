"""Two accounts of one person become one: what an operator says goes, unless it makes no sense."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake.ports import LearnerDirectory
from shared.contracts.documents import Learner
from shared.contracts.events import Event
from shared.contracts.learners import LearnerMerged, LearnerMergeRequested
from shared.errors import Rejected
from shared.runtime.records import Received, Refusal

_MERGES = 10
"""accounts in a row that are followed"""


@dataclass(frozen=True, slots=True)
class Merging:
    """Doing one again is harmless: it is told again, and so is every account that has become the same one."""

    directory: LearnerDirectory
    clock: Callable[[], datetime]

    async def on_requests(self, batch: Sequence[Received[LearnerMergeRequested]]) -> list[Event | Refusal]:
        """One after the other, as one may build on the one before. Raises Unavailable."""
        answers: list[Event | Refusal] = []
        for each in batch:
            try:
                answers += await self._merge(each.event)
            except Rejected as error:
                answers.append(Refusal(each.record, error))
        return answers

    async def _merge(self, asked: LearnerMergeRequested) -> list[Event]:
        if asked.learner == asked.into:
            raise Rejected("an account can't be merged into itself", code="merge_cycle")
        learner, into = asked.learner, await self._last(asked.into, asked.tenant)
        if learner == into:
            raise Rejected("that account is merged into this one", code="merge_cycle")
        given_up = (await self._known(learner, asked.tenant)).merged_into
        if given_up is not None and await self._last(learner, asked.tenant) != into:
            raise Rejected("the account is merged into another one already", code="merged_already")
        await self.directory.merge(learner, into)
        await self._refuse_crossing(learner, into, asked.tenant)
        return await self._told(asked.tenant, into)

    async def _refuse_crossing(self, learner: str, into: str, tenant: str) -> None:
        """Another process may have made the other half of a ring meanwhile, and told of it: who finds one steps back,
        even if that is both.
        """
        at = into
        for _ in range(_MERGES):
            following = (await self._known(at, tenant)).merged_into
            if following is None:
                return
            if following == learner:
                break
            at = following
        await self.directory.unmerge(learner, into)
        raise Rejected("that account is being merged into this one", code="merge_cycle")

    async def _told(self, tenant: str, into: str) -> list[Event]:
        now = self.clock()
        accounts = sorted(await self.directory.merged_into(into))
        return [LearnerMerged(tenant=tenant, learner=each, into=into, merged_at=now) for each in accounts]

    async def _last(self, learner: str, tenant: str) -> str:
        """The account that it is in the end."""
        for _ in range(_MERGES):
            following = (await self._known(learner, tenant)).merged_into
            if following is None:
                return learner
            learner = following
        raise Rejected("the accounts are merged in a ring", code="merge_cycle")

    async def _known(self, learner: str, tenant: str) -> Learner:
        found = (await self.directory.find([learner])).get(learner)
        if found is None or found.tenant != tenant:
            raise Rejected(f"the tenant has no learner {learner}", code="unknown_learner")
        return found
