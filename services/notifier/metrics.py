"""What an operator asks the notifier."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.notifier.domain import DIGEST, ISSUED

CHANNEL = "email"
OUTCOMES = ("sent", "deferred", "failed", "suppressed", "waiting", "ambiguous")
_HANDOVER = (1, 5, 10, 30, 60, 300, 900, 3600, 14400)


class NotifierMetrics:
    """One set a process, in the process's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._notifications = Counter(
            "laurel_notifications_total",
            "Notifications by what became of them at each attempt.",
            ["channel", "template", "outcome"],
            registry=registry,
        )
        for outcome in OUTCOMES:
            for template in (ISSUED, DIGEST):
                # there from the start, so that the first of each is an increase
                self.count(outcome, template, number=0)
        self._handover = Histogram(
            "laurel_notification_handover_seconds",
            "From when a notification could be sent until the mail server took it.",
            buckets=_HANDOVER,
            registry=registry,
        )
        self._oldest = Gauge(
            "laurel_notification_oldest_pending_seconds",
            "Age of the oldest notification that is queued or being sent; 0 when there is none.",
            registry=registry,
        )

    def count(self, outcome: str, template: str = ISSUED, number: int = 1) -> None:
        """`outcome`: one of OUTCOMES."""
        self._notifications.labels(CHANNEL, template, outcome).inc(number)

    def handed_over(self, seconds: float) -> None:
        """Once for each notification that was sent."""
        self._handover.observe(max(0.0, seconds))

    def oldest_pending(self, seconds: float) -> None:
        """As the store said last."""
        self._oldest.set(max(0.0, seconds))
