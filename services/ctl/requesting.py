"""Asking for what an operator wants: a fact on a topic, never a write to somebody else's collection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import uuid4

from services.ctl.settings import CtlSettings
from shared.contracts.events import AwardDecisionRequested, Change, Decision, Event, StatusChangeRequested
from shared.contracts.learners import LearnerMergeRequested
from shared.runtime.publisher import Publisher


async def request_change(
    settings: CtlSettings, tenant: str, award: str, change: Change, reason: str, now: datetime
) -> StatusChangeRequested:
    """Returns when Kafka has acknowledged it. Raises Unavailable. The credential need not exist yet."""
    request = StatusChangeRequested(
        request_id=str(uuid4()), tenant=tenant, award_id=award, change=change, reason=reason, requested_at=now
    )
    await _publish(settings, [request])
    return request


async def request_decisions(
    settings: CtlSettings,
    awards: Iterable[tuple[str, str]],
    decision: Decision,
    reason: str,
    by: str,
    now: datetime,
) -> None:
    """About awards (tenant and id) that wait for approval. Returns when Kafka has acknowledged. Raises Unavailable."""
    await _publish(
        settings,
        [
            AwardDecisionRequested(
                request_id=str(uuid4()),
                tenant=tenant,
                award_id=award,
                decision=decision,
                reason=reason,
                decided_by=by,
                decided_at=now,
            )
            for tenant, award in awards
        ],
    )


async def request_merge(
    settings: CtlSettings, tenant: str, learner: str, into: str, reason: str, now: datetime
) -> LearnerMergeRequested:
    """Returns when Kafka has acknowledged it. Raises Unavailable."""
    request = LearnerMergeRequested(
        request_id=str(uuid4()), tenant=tenant, learner=learner, into=into, reason=reason, requested_at=now
    )
    await _publish(settings, [request])
    return request


async def _publish(settings: CtlSettings, events: Sequence[Event]) -> None:
    publisher = Publisher(settings)
    await publisher.start()
    try:
        await publisher.publish(events)
    finally:
        await publisher.stop()
