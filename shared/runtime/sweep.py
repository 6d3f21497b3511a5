"""Sweeps: the clock of everything timed, and the safety net under the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from shared.errors import LaurelError, Unavailable
from shared.runtime.failures import meaning, where
from shared.runtime.metrics import RuntimeMetrics

logger = structlog.get_logger()

Job = Callable[[], Awaitable[None]]


async def every(seconds: float, job: Job, *, name: str, metrics: RuntimeMetrics) -> None:
    """Runs a job for ever; what fails is counted, logged and done again next time."""
    while True:
        outcome = "done"
        try:
            await job()
        except Exception as error:  # noqa: BLE001 - whatever it was, the next round comes
            ours = meaning(error)
            outcome = "unavailable" if isinstance(ours, Unavailable) else "failed"
            said = str(ours) if isinstance(ours, LaurelError) else where(error)
            logger.warning("sweep", sweep=name, outcome=outcome, error=said)
        metrics.sweeps.labels(name, outcome).inc()
        await asyncio.sleep(seconds)


async def until_available(job: Job, *, what: str, seconds: float = 0.5) -> None:
    """Tries a start-up step until what it needs is there."""
    while True:
        try:
            await job()
        except Exception as error:
            ours = meaning(error)
            if not isinstance(ours, Unavailable):
                raise
            logger.warning("waiting", step=what, dependency=ours.dependency)
            await asyncio.sleep(seconds)
        else:
            return
