"""The notifier's composition root: the only place that names concrete adapters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from services.notifier.composer import Composer
from services.notifier.domain import DIGEST, ISSUED
from services.notifier.gathering import Gathering
from services.notifier.handlers import Handlers
from services.notifier.letter import Desk
from services.notifier.message import Stationery
from services.notifier.metrics import NotifierMetrics
from services.notifier.picture import Pictures
from services.notifier.sender import Pace, Sender
from services.notifier.settings import NotifierSettings
from services.notifier.smtp import MailServer
from services.notifier.store import MongoArchive, MongoDeliveries
from services.notifier.sweep import Sweep
from shared.contracts import topics
from shared.runtime.mongo import Database
from shared.runtime.service import Service


def create_app(settings: NotifierSettings, database: Database | None = None) -> Service:
    """Wires the notifier; nothing runs yet."""
    service = Service("notifier", settings, pictures=True, database=database)
    metrics = NotifierMetrics(service.registry)
    deliveries, archive = MongoDeliveries(service.database), MongoArchive(service.database)
    desk = Desk(settings.mail_from or None, settings.portal_url or None)
    composer = Composer(desk, Stationery(ISSUED), Stationery(DIGEST), service.catalogue, Pictures(), _now)
    pace = Pace(
        interval=settings.sender_interval,
        in_flight=settings.sender_in_flight,
        lease=timedelta(seconds=settings.sender_lease_seconds),
        backoff_max=settings.sender_backoff_max_seconds,
    )
    post = MailServer(settings)
    hold = timedelta(seconds=settings.digest_hold_seconds)
    gathering = Gathering(deliveries, composer.compose, hold, _now)
    sender = Sender(deliveries, archive, gathering.compose, post, metrics, pace, lambda: uuid4().hex, _now)
    handlers = Handlers(deliveries, metrics, _now, sender.wake)
    sweep = Sweep(deliveries, archive, metrics, _now, sender.wake)
    service.on_start(deliveries.prepare)
    service.consumes(topics.CREDENTIAL_ISSUED, handlers.on_credentials_issued)
    service.consumes(topics.CREDENTIAL_STATUS_CHANGED, handlers.on_status_changed)
    service.every(0, sender.turn, name="send")
    service.every(settings.sweep_seconds, sweep.run, name="waiting")
    return service


def _now() -> datetime:
    return datetime.now(UTC)
