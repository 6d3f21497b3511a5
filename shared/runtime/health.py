"""Health: alive while the loop runs and no consumer is stuck; ready while all that a service requires is there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from shared.errors import LaurelError, Unavailable
from shared.runtime.failures import where
from shared.runtime.metrics import RuntimeMetrics

logger = structlog.get_logger()

Check = Callable[[], Awaitable[None]]
CHECK_SECONDS = 2.0


class Health:
    """Asks every requirement once a second and remembers the answers, so that a probe costs nothing."""

    def __init__(self, metrics: RuntimeMetrics, is_stuck: Callable[[], bool]) -> None:
        self._metrics = metrics
        self._is_stuck = is_stuck
        self._checks: dict[str, Check] = {}
        self._missing: dict[str, str] = {"start": "starting"}

    def requires(self, name: str, check: Check) -> None:
        """The check raises a LaurelError while what it asks for isn't there."""
        self._checks[name] = check

    @property
    def missing(self) -> dict[str, str]:
        """What the service isn't ready for, by check."""
        return dict(self._missing)

    def not_ready(self, why: str) -> None:
        """Says so at once, for example while shutting down."""
        self._missing = {"stop": why}

    async def watch(self) -> None:
        """Checks for ever; also measures how late the event loop runs."""
        while True:
            results = await asyncio.gather(*(self._ask(name, check) for name, check in self._checks.items()))
            missing = {name: why for name, why in results if why}
            if missing != self._missing:
                logger.info("ready" if not missing else "not_ready", missing=sorted(missing))
            self._missing = missing
            before = time.monotonic()
            await asyncio.sleep(1)
            self._metrics.loop_lag.set(max(0.0, time.monotonic() - before - 1))

    async def _ask(self, name: str, check: Check) -> tuple[str, str]:
        why = ""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await check()
        except LaurelError as error:
            why = str(error)
        except TimeoutError:
            why = str(Unavailable(name))
        except Exception as error:  # noqa: BLE001 - a check that fails in a new way is a reason, not the end of us
            why = where(error)
        self._metrics.ready.labels(name).set(0 if why else 1)
        return name, why

    def routes(self, http: FastAPI, registry: CollectorRegistry) -> None:
        """Adds /livez, /readyz and /metrics."""

        @http.get("/livez", include_in_schema=False)
        async def livez() -> Response:
            if self._is_stuck():
                return Response("a consumer makes no progress\n", status_code=503)
            return Response("alive\n")

        @http.get("/readyz", include_in_schema=False)
        async def readyz() -> Response:
            missing = self.missing
            if missing:
                return Response("".join(f"{name}: {why}\n" for name, why in missing.items()), status_code=503)
            return Response("ready\n")

        @http.get("/metrics", include_in_schema=False)
        async def metrics() -> Response:
            return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
