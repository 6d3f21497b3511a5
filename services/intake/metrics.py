"""What intake measures. `source` is `tenant/source`, or `unknown`."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.intake.domain import Accepted

UNKNOWN = "unknown"
_LAGS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 86400)


class IntakeMetrics:
    """An event that holds several activities counts each; one that can't be translated is one rejected."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._received = Counter(
            "laurel_events_received_total",
            "Events by what became of them: translated, profile, irrelevant, waiting, duplicate or rejected",
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

        self._waiting = Gauge(
            "laurel_events_waiting",
            "Deliveries that wait for their learner's profile",
            ["source"],
            registry=registry,
        )

        self._drift = Gauge(
            "laurel_source_drift",
            "Things of a source that are not as they used to be, seen in the last day",
            ["source", "what"],
            registry=registry,
        )

    def accepted(self, source: str, dialect: str, accepted: Accepted) -> None:
        """Counts what one delivery said, once it is safe."""
        counts = (
            ("translated", len(accepted.activities)),
            ("profile", accepted.profiles),
            ("irrelevant", accepted.irrelevant),
            ("waiting", len(accepted.waits)),
            ("duplicate", accepted.repeats),
        )
        for outcome, count in counts:
            if count:
                self._received.labels(source, dialect, outcome).inc(count)
        for each in accepted.activities:
            self._lag.observe(max(0.0, (each.received_at - each.occurred_at).total_seconds()))

    def rejected(self, source: str, dialect: str) -> None:
        """Counts a delivery that can never be translated."""
        self._received.labels(source, dialect, "rejected").inc()

    def waiting(self, counts: Mapping[str, int]) -> None:
        """Tells how many deliveries wait, by source."""
        for source, count in counts.items():
            self._waiting.labels(source).set(count)

    def drift(self, source: str, what: str, count: int) -> None:
        """Tells how much of a source is not as it used to be."""
        self._drift.labels(source, what).set(count)

    def answered(self, source: str, outcome: str) -> None:
        """Counts a request to a webhook; `source` is unknown unless the catalogue has it."""
        self._webhook.labels(source, outcome).inc()
