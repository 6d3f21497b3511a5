"""What an operator asks of the registry: how many badges, how fast, what became of them, how old are the lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.registry.domain import ListId
from shared.contracts.events import OPERATOR

LATENCY_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)


class RegistryMetrics:
    """The tally as Prometheus sees it. `type_of` names an achievement's type, which the catalogue knows."""

    def __init__(self, registry: CollectorRegistry, type_of: Callable[[str, str, int], str]) -> None:
        self._type_of = type_of
        self._issued = Counter(
            "laurel_credentials_issued_total",
            "Credentials stored for the first time",
            ["tenant", "achievement_type"],
            registry=registry,
        )
        self._duplicates = Counter(
            "laurel_credentials_duplicate_total",
            "Credentials that came again and were already stored",
            registry=registry,
        )
        self._latency = Histogram(
            "laurel_issuance_latency_seconds",
            "From acceptance at intake until anybody can read and verify the badge",
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self._changes = Counter(
            "laurel_status_changes_total",
            "Revocations, suspensions and reinstatements that were asked for",
            ["change", "reason"],
            registry=registry,
        )
        self._published = Gauge(
            "laurel_status_list_published_timestamp_seconds",
            "When the published form of a status list was drawn",
            ["list"],
            registry=registry,
        )

    def stored(self, tenant: str, achievement: str, version: int) -> None:
        """A credential was stored for the first time."""
        self._issued.labels(tenant, self._type_of(tenant, achievement, version)).inc()

    def duplicates(self, count: int) -> None:
        """Twins that were already stored."""
        self._duplicates.inc(count)

    def readable(self, seconds: float) -> None:
        """From intake to where anybody can read and verify it."""
        self._latency.observe(max(seconds, 0.0))

    def status_changed(self, change: str, cause: str) -> None:
        """A fact was stored for the first time. A cause can be any fact's id, so the label only tells kinds apart."""
        self._changes.labels(change, "operator" if cause == OPERATOR else "correction").inc()

    def published(self, list_id: ListId, drawn_at: datetime) -> None:
        """The list as published was drawn then."""
        tenant, number = list_id
        self._published.labels(f"{tenant}/{number}").set(drawn_at.timestamp())
