"""The registry's composition root: the only place that names its adapters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.registry.handlers import Handlers
from services.registry.issuing import Issuing
from services.registry.lists import StatusLists
from services.registry.metrics import RegistryMetrics
from services.registry.proofs import KeyRing, SignedProofs
from services.registry.settings import RegistrySettings
from services.registry.statuses import Statuses
from services.registry.store import (
    MongoCredentials,
    MongoFacts,
    MongoIntents,
    MongoLists,
    MongoNotes,
    create_indexes,
    read_keys,
)
from shared.contracts import topics
from shared.contracts.documents import whole_milliseconds
from shared.openbadges.shapes import Shapes
from shared.runtime.secrets import deployment_secret
from shared.runtime.service import Service


def create_app(settings: RegistrySettings) -> Service:
    """Everything wired; nothing is connected before it runs."""
    service = Service("registry", settings)
    database, patience = service.database, timedelta(seconds=settings.patience_seconds)

    async def issuer_of(tenant: str) -> str | None:
        if service.catalogue.current.tenant(tenant) is None:
            await service.catalogue.refresh()
        known = service.catalogue.current.tenant(tenant)
        return None if known is None else known.issuer.id

    def type_of(tenant: str, achievement: str, version: int) -> str:
        live = service.catalogue.current.achievement(tenant, achievement, version)
        return "unknown" if live is None else live.achievement.type

    intents, facts, lists, credentials = (
        MongoIntents(database), MongoFacts(database), MongoLists(database), MongoCredentials(database),
    )  # fmt: skip
    keys = KeyRing(lambda: read_keys(database))
    proofs = SignedProofs(keys, issuer_of, deployment_secret(settings.secrets), Shapes())
    tally = RegistryMetrics(service.registry, type_of)
    status_lists = StatusLists(
        lists, facts, intents, proofs, tally, service.publish, _now,
        patience=patience, max_age=timedelta(seconds=settings.list_max_age_seconds),
    )  # fmt: skip
    statuses = Statuses(facts, intents, status_lists, tally, service.publish, _now, patience=patience)
    issuing = Issuing(
        credentials, MongoNotes(database), intents, facts, lists, status_lists, statuses, proofs, tally,
        service.publish, _now, patience=patience,
    )  # fmt: skip
    handlers = Handlers(issuing, statuses, status_lists)

    async def prepare() -> None:
        await create_indexes(database)
        await keys.refresh()
        await status_lists.notice_all()

    async def open_first() -> None:
        await status_lists.open_first(each.issuer.tenant for each in service.catalogue.current.tenants)

    service.on_start(prepare)
    service.consumes(topics.CREDENTIAL_SIGNED, handlers.on_credentials_signed)
    service.consumes(topics.STATUS_CHANGE_REQUESTED, handlers.on_status_changes_requested)
    service.consumes(topics.STATUS_LIST_SIGNED, handlers.on_status_lists_signed)
    service.every(settings.catalogue_poll_seconds, open_first, name="first-lists")
    service.every(settings.sweep_seconds, keys.refresh, name="keys")
    service.every(settings.sweep_seconds, status_lists.open_ahead, name="next-lists")
    service.every(settings.sweep_seconds, status_lists.tend, name="status-lists")
    service.every(settings.sweep_seconds, statuses.settle_loose, name="status-facts")
    service.every(settings.sweep_seconds, issuing.finish_notes, name="notes")
    service.every(settings.sweep_seconds, issuing.announce_waiting, name="announcements")
    return service


def _now() -> datetime:
    return whole_milliseconds(datetime.now(UTC))
