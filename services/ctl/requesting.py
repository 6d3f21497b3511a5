"""Asking for a change of a credential's status: a fact on a topic, never a write to somebody else's collection."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from services.ctl.settings import CtlSettings
from shared.contracts.events import Change, StatusChangeRequested
from shared.runtime.publisher import Publisher


async def request_change(
    settings: CtlSettings, tenant: str, award: str, change: Change, reason: str, now: datetime
) -> StatusChangeRequested:
    """Returns when Kafka has acknowledged it. Raises Unavailable. The credential need not exist yet."""
    request = StatusChangeRequested(
        request_id=str(uuid4()), tenant=tenant, award_id=award, change=change, reason=reason, requested_at=now
    )
    publisher = Publisher(settings)
    await publisher.start()
    try:
        await publisher.publish([request])
    finally:
        await publisher.stop()
    return request
