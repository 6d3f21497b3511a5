"""Puts the portal together: the only place that names concrete adapters."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from services.portal.api import METHODS
from services.portal.face import open_door
from services.portal.metrics import PortalMetrics
from services.portal.settings import PortalSettings
from services.portal.store import MongoArchive
from shared.runtime.service import Service


def create_app(settings: PortalSettings) -> Service:
    """It consumes nothing and writes nothing: any number of them may run."""
    service = Service("portal", settings, pictures=True, speaks_kafka=False)
    door = open_door(
        MongoArchive(service.database),
        catalogue=lambda: service.catalogue.current,
        metrics=PortalMetrics(service.registry),
        now=lambda: datetime.now(UTC),
        clock=time.perf_counter,
        mounted=settings.portal_url is not None,
        verify_max_bytes=settings.verify_max_bytes,
    )
    # last, so that health and metrics keep their addresses
    service.http.add_route("/{address:path}", door.enter, methods=list(METHODS), include_in_schema=False)
    return service
