"""What intake measures. `source` is `tenant/source`, or `unknown`."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from services.intake.domain import Accepted

UNKNOWN = "unknown"
_LAGS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 86400)


class IntakeMetrics:
    """An event that holds several activities counts each; one that can't be translated is one rejected."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._received = Counter(
            "laurel_events_received_total",
            "Events by what became of them: translated, irrelevant or rejected",
            ["source", "dialect", "outcome"],
            registry=registry,
        )
        self._lag = Histogram(
            "laurel_event_lag_seconds", "From the event's own time to intake", buckets=_LAGS, registry=registry
        )

        self._webhook = Counter(
            "laurel_webhook_requests_total",
            "Requests to webhooks by what was answered: accepted, or the code of the problem",
            ["source", "outcome"],
            registry=registry,
        )

    def accepted(self, source: str, dialect: str, accepted: Accepted) -> None:
        """Counts what one delivery said, once it is safe."""
        if accepted.activities:
            self._received.labels(source, dialect, "translated").inc(len(accepted.activities))
        if accepted.irrelevant:
            self._received.labels(source, dialect, "irrelevant").inc(accepted.irrelevant)
        for each in accepted.activities:
            self._lag.observe(max(0.0, (each.received_at - each.occurred_at).total_seconds()))

    def rejected(self, source: str, dialect: str) -> None:
        """Counts a delivery that can never be translated."""
        self._received.labels(source, dialect, "rejected").inc()

    def answered(self, source: str, outcome: str) -> None:
        """Counts a request to a webhook; `source` is unknown unless the catalogue has it."""
        self._webhook.labels(source, outcome).inc()
