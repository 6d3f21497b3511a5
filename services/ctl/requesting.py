"""Asking for what an operator wants: a fact on a topic, never a write to somebody else's collection."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from services.ctl.settings import CtlSettings
from shared.contracts.events import Change, Event, StatusChangeRequested
from shared.contracts.learners import LearnerMergeRequested
from shared.runtime.publisher import Publisher


async def request_change(
    settings: CtlSettings, tenant: str, award: str, change: Change, reason: str, now: datetime
) -> StatusChangeRequested:
    """Returns when Kafka has acknowledged it. Raises Unavailable. The credential need not exist yet."""
    request = StatusChangeRequested(
        request_id=str(uuid4()), tenant=tenant, award_id=award, change=change, reason=reason, requested_at=now
    )
    await _publish(settings, request)
    return request


async def request_merge(
    settings: CtlSettings, tenant: str, learner: str, into: str, reason: str, now: datetime
) -> LearnerMergeRequested:
    """Returns when Kafka has acknowledged it. Raises Unavailable."""
    request = LearnerMergeRequested(
        request_id=str(uuid4()), tenant=tenant, learner=learner, into=into, reason=reason, requested_at=now
    )
    await _publish(settings, request)
    return request


async def _publish(settings: CtlSettings, event: Event) -> None:
    publisher = Publisher(settings)
    await publisher.start()
    try:
        await publisher.publish([event])
    finally:
        await publisher.stop()
