"""The composition root of intake: the only place that names concrete adapters."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from services.intake.api import Webhooks
from services.intake.authentication import Authentication
from services.intake.canvas_keys import CanvasKeys, fetched
from services.intake.dialects import DIALECTS
from services.intake.domain import Intake
from services.intake.handlers import Handlers
from services.intake.metrics import IntakeMetrics
from services.intake.rate import Rates
from services.intake.settings import IntakeSettings
from services.intake.store import MongoLearnerDirectory
from shared.runtime.mongo import Database
from shared.runtime.secrets import deployment_secret
from shared.runtime.service import Service


def create_app(
    settings: IntakeSettings, database: Database | None = None, environment: Mapping[str, str] | None = None
) -> Service:
    """Intake, ready to run. Raises LaurelError when the deployment's secret is missing or readable by others."""
    service = Service("intake", settings, database=database)
    handlers = Handlers(
        intake=Intake(
            dialects=DIALECTS,
            secret=deployment_secret(settings.secrets),
            max_bytes=settings.event_max_bytes,
            tolerance=settings.clock_tolerance,
        ),
        directory=MongoLearnerDirectory(service.database),
        catalogue=service.catalogue,
        metrics=IntakeMetrics(service.registry),
        clock=lambda: datetime.now(UTC),
        publish=service.publish,
    )
    webhooks = Webhooks(
        handlers=handlers,
        dead_letters=service.dead_letters,
        breakers=service.breakers,
        authentication=Authentication(
            os.environ if environment is None else environment, CanvasKeys(fetched, time.monotonic)
        ),
        rates=Rates(time.monotonic),
        max_bytes=settings.webhook_max_bytes,
        retest_seconds=settings.breaker_retest_seconds,
    )
    service.consumes_pattern(settings.topic_pattern, handlers.on_records, source_of=handlers.source_of)
    service.http.include_router(webhooks.router())
    return service
