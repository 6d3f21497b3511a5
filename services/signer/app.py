"""The signer's composition root: the only place that names its adapters. It writes to no database."""

from __future__ import annotations

from datetime import UTC, datetime

from services.signer.handlers import Handlers
from services.signer.keyring import KeyRing
from services.signer.metrics import SignerMetrics
from services.signer.readiness import Readiness
from services.signer.securing import Securing
from services.signer.settings import SignerSettings
from services.signer.signing import Signing
from services.signer.store import KeyFiles, MongoLearners, MongoPublishedKeys
from shared.contracts import topics
from shared.openbadges.shapes import Shapes
from shared.runtime.secrets import deployment_secret
from shared.runtime.service import Service


def create_app(settings: SignerSettings) -> Service:
    """Everything wired; nothing is connected before it runs."""
    service = Service("signer", settings)
    tally = SignerMetrics(service.registry)
    securing = Securing(Shapes(), tally)
    keyring = KeyRing(KeyFiles(settings.secrets), MongoPublishedKeys(service.database), settings.jwt_alg, tally)
    signing = Signing(
        service.catalogue,
        MongoLearners(service.database),
        keyring,
        securing,
        tally,
        deployment_secret(settings.secrets),
    )
    handlers = Handlers(signing)
    readiness = Readiness(service.catalogue, keyring, securing, lambda: datetime.now(UTC))

    service.consumes(topics.ACHIEVEMENT_EARNED, handlers.on_achievements_earned)
    service.consumes(topics.STATUS_LIST_DRAFTED, handlers.on_status_lists_drafted)
    service.every(settings.sweep_seconds, keyring.forget, name="keys")
    service.requires("key", readiness.check)
    return service
