"""The evaluator's composition root: the only place that names its adapters."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import structlog

from services.evaluator import award_store, merge_store, store
from services.evaluator.addresses import Addresses
from services.evaluator.approving import Approvals
from services.evaluator.award_store import MongoAwards
from services.evaluator.compiled import Compiled, compiled
from services.evaluator.correcting import Corrections
from services.evaluator.domain import Evaluator
from services.evaluator.handlers import Handlers
from services.evaluator.merge_store import MongoMerges
from services.evaluator.merging import Merges
from services.evaluator.metrics import EvaluatorMetrics
from services.evaluator.neighbours import MongoAsked, MongoDirectory, MongoIssued
from services.evaluator.places import Places
from services.evaluator.settings import EvaluatorSettings
from services.evaluator.settling import Settling
from services.evaluator.store import MongoActivities
from services.evaluator.sweeping import Merging, Sweep
from services.evaluator.touches import Tagged
from services.evaluator.watch_store import MongoSeenRules
from services.evaluator.watching import Watching
from shared.contracts import topics
from shared.contracts.documents import whole_milliseconds
from shared.runtime.secrets import deployment_secret
from shared.runtime.service import Service

logger = structlog.get_logger()


def create_app(settings: EvaluatorSettings) -> Service:
    """Everything wired; nothing is connected before it runs."""
    service = Service("evaluator", settings)
    activities, awards = MongoActivities(service.database), MongoAwards(service.database)
    tally = EvaluatorMetrics(service.registry)
    places = Places(awards, tally)
    rules = LiveRules(service)
    watching = Watching(MongoSeenRules(service.database), tally, _now)
    issued = MongoIssued(service.database)
    addresses = Addresses(MongoDirectory(service.database), _now)
    tagged = Tagged(activities)
    given_up = MongoMerges(service.database)
    merges = Merges(given_up, _now, time.monotonic)
    patience = timedelta(seconds=settings.patience_seconds)
    asked = MongoAsked(service.database)
    corrections = Corrections(awards, asked, service.publish, _now, patience=patience)
    evaluator = Evaluator(
        activities, awards, issued, places, tally, service.publish, rules.current, _now, addresses=addresses,
        corrections=corrections, tagged=tagged, merges=merges, timer=time.perf_counter,
        secret=deployment_secret(settings.secrets),
    )  # fmt: skip
    settling = Settling(evaluator, activities, awards, addresses, _now, patience=patience)
    merging = Merging(evaluator, activities, awards, merges, given_up, settling, _now)
    approvals = Approvals(awards, settling, tally, rules.current, _now)
    sweep = Sweep(settling, corrections, merging, awards, issued, _now, patience=patience)
    handlers = Handlers(evaluator, settling, approvals, merges, rules.current)

    async def prepare() -> None:
        await store.create_indexes(service.database)
        await store.tag_older(service.database)
        await award_store.create_indexes(service.database)
        await merge_store.create_indexes(service.database)
        for each in service.catalogue.current.tenants:
            places.used(each.issuer.tenant, 1)
        await places.look()

    async def sweep_up() -> None:
        await sweep.run(await rules.current())

    async def look_at_tags() -> None:
        await tagged.look(await rules.current())

    async def look_at_rules() -> None:
        await watching.look(await rules.current())

    service.on_start(prepare)
    service.consumes(topics.LEARNING_ACTIVITY, handlers.on_activities)
    service.consumes(topics.CREDENTIAL_STATUS_CHANGED, handlers.on_credential_statuses_changed)
    service.consumes(topics.LEARNER_REACHABLE, handlers.on_learners_reachable)
    service.consumes(topics.JUDGEMENT_REQUESTED, handlers.on_judgements_requested)
    service.consumes(topics.LEARNER_MERGED, handlers.on_learners_merged)
    service.consumes(topics.AWARD_DECISION_REQUESTED, handlers.on_awards_decided)
    service.every(min(settings.sweep_seconds, 1.0), sweep_up, name="awards")
    service.every(min(settings.sweep_seconds, 1.0), look_at_tags, name="activity-tags")
    service.every(settings.sweep_seconds, approvals.count, name="awards-to-approve")
    service.every(12 * settings.sweep_seconds, places.look, name="status-list-places")
    service.every(12 * settings.sweep_seconds, look_at_rules, name="silent-rules")
    return service


class LiveRules:
    """The catalogue that is live now, compiled once a revision."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._compiled: Compiled | None = None
        self._lock = asyncio.Lock()

    async def current(self) -> Compiled:
        """Asked of the primary for each batch: an event that intake let in under a new catalogue is judged by it."""
        await self._service.catalogue.refresh()
        async with self._lock:
            catalogue = self._service.catalogue.current
            if self._compiled is None or self._compiled.catalogue is not catalogue:
                self._compiled = await asyncio.to_thread(compiled, catalogue)
                if self._compiled.rules.broken:
                    logger.error("criteria that this version can't read", achievements=self._compiled.rules.broken)
            return self._compiled


def _now() -> datetime:
    return whole_milliseconds(datetime.now(UTC))
