"""The figures that an operator of the public pages asks for."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram


class PortalMetrics:
    """Labels are bounded: routes are templates, methods the ones we answer."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.verifications = Counter(
            "laurel_verifications_total", "Credentials that someone asked us to verify.", ["result"], registry=registry
        )
        self.requests = Histogram(
            "laurel_http_request_duration_seconds",
            "How long answers took.",
            ["route", "method", "status"],
            registry=registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0),
        )
