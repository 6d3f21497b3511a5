"""What an operator asks of the signer: how many signatures, how fast, with which keys, and what waits for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5)
_NEVER = float("inf")


class SignerMetrics:
    """The tally as Prometheus sees it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._signatures = Counter("laurel_signatures_total", "Signatures made", ["format", "alg"], registry=registry)
        self._seconds = Histogram(
            "laurel_sign_seconds", "One document in one securing", ["format"], buckets=_BUCKETS, registry=registry
        )
        self._not_after = Gauge(
            "laurel_signing_key_not_after_timestamp_seconds",
            "When a key in use expires; +Inf for one that doesn't",
            ["kid", "purpose"],
            registry=registry,
        )
        self._deferred = Counter(
            "laurel_signing_deferred_total",
            "Awards and lists left for a sweep because their issuer's key isn't there or isn't published",
            registry=registry,
        )

    @contextmanager
    def signing(self, form: str, alg: str) -> Iterator[None]:
        """Counts what succeeded, times what was tried."""
        with self._seconds.labels(form).time():
            yield
        self._signatures.labels(form, alg).inc()

    def deferred(self, count: int) -> None:
        """Records that wait."""
        self._deferred.inc(count)

    def key_loaded(self, kid: str, purpose: str) -> None:
        """This key is in use."""
        self._not_after.labels(kid, purpose).set(_NEVER)
