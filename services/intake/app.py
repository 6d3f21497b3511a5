"""The composition root of intake: the only place that names concrete adapters."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from services.intake.api import Webhooks
from services.intake.authentication import Authentication
from services.intake.canvas_keys import CanvasKeys, fetched
from services.intake.coverage import Coverage
from services.intake.dialects import DIALECTS
from services.intake.domain import Intake
from services.intake.handlers import Handlers
from services.intake.merging import Merging
from services.intake.metrics import IntakeMetrics
from services.intake.origins import Origins
from services.intake.rate import Rates
from services.intake.reading import Reading
from services.intake.receiving import Receiving
from services.intake.registry import Registries
from services.intake.settings import IntakeSettings
from services.intake.sightings import Sightings
from services.intake.store import MongoLearnerDirectory, create_indexes
from services.intake.store_sightings import MongoSightings
from services.intake.store_waiting import MongoAliases, MongoWaitingRoom
from services.intake.waiting import Waiting
from shared.contracts import topics
from shared.runtime.mongo import Database
from shared.runtime.secrets import deployment_secret
from shared.runtime.service import Service


def create_app(
    settings: IntakeSettings, database: Database | None = None, environment: Mapping[str, str] | None = None
) -> Service:
    """Intake, ready to run. Raises LaurelError when the deployment's secret is missing or readable by others."""
    service = Service("intake", settings, database=database)
    directory, aliases = MongoLearnerDirectory(service.database), MongoAliases(service.database)
    origins, metrics = Origins(service.catalogue), IntakeMetrics(service.registry)
    intake = Intake(
        dialects=DIALECTS,
        secret=deployment_secret(settings.secrets),
        max_bytes=settings.event_max_bytes,
        tolerance=settings.clock_tolerance,
    )
    receiving = Receiving(
        reading=Reading(intake, Registries()),
        directory=directory,
        aliases=aliases,
        clock=_now,
        publish=service.publish,
    )
    waiting = Waiting(
        room=MongoWaitingRoom(service.database),
        aliases=aliases,
        receiving=receiving,
        arrivals=origins.of_parked,
        dead_letters=service.dead_letters,
        metrics=metrics,
        clock=_now,
        most=settings.waiting_max,
        longest=settings.waiting_age,
    )
    coverage = Coverage(lambda: service.catalogue.current)
    sightings = Sightings(MongoSightings(service.database), coverage, metrics, _now)
    handlers = Handlers(receiving, waiting, origins, metrics, sightings)
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
    service.on_start(lambda: create_indexes(service.database))
    service.on_start(sightings.begin)
    service.consumes_pattern(settings.topic_pattern, handlers.on_records, source_of=handlers.source_of)
    service.consumes(topics.LEARNER_MERGE_REQUESTED, Merging(directory, _now).on_requests)
    service.every(settings.sweep_seconds, waiting.sweep, name="waiting")
    service.every(settings.sweep_seconds, sightings.write_down, name="sightings")
    service.http.include_router(webhooks.router())
    return service


def _now() -> datetime:
    return datetime.now(UTC)
