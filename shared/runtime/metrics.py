"""What every consumer measures. Names are what operators ask for; labels are bounded and never personal."""

from __future__ import annotations

from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

BATCH_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class RuntimeMetrics:
    """The runtime's metrics on one registry a process."""

    def __init__(self, registry: CollectorRegistry, service: str) -> None:
        self.lag = Gauge(
            "laurel_consumer_lag_records", "Records not yet handled", ["topic", "partition"], registry=registry
        )
        self.progress = Gauge(
            "laurel_consumer_last_progress_timestamp_seconds", "When a batch was last committed", ["topic"],
            registry=registry,
        )  # fmt: skip
        self.batch_records = Histogram(
            "laurel_batch_records", "Records in a batch", ["topic"], buckets=(1, 5, 10, 50, 100, 250, 500, 1000),
            registry=registry,
        )  # fmt: skip
        self.batch_seconds = Histogram(
            "laurel_batch_seconds", "Time of one step of a batch", ["step"], buckets=BATCH_SECONDS, registry=registry
        )
        self.dead_letters = Counter(
            "laurel_dead_letters_total", "Records that can never succeed", ["topic", "group", "error"],
            registry=registry,
        )  # fmt: skip
        self.breaker_open = Gauge(
            "laurel_dead_letter_breaker_open", "1 while a source isn't read", ["topic", "group", "source"],
            registry=registry,
        )  # fmt: skip
        self.postponed = Gauge(
            "laurel_postponed_partitions", "Partitions that wait for what only they need", ["topic"], registry=registry
        )
        self.commit_failures = Counter(
            "laurel_commit_failures_total", "Commits that somebody else's partitions refused", ["group", "reason"],
            registry=registry,
        )  # fmt: skip
        self.loop_lag = Gauge("laurel_event_loop_lag_seconds", "How late the event loop runs", registry=registry)
        self.ready = Gauge("laurel_ready", "1 while the service is ready", ["check"], registry=registry)
        self.sweeps = Counter(
            "laurel_sweeps_total", "Runs of a sweep by outcome", ["sweep", "outcome"], registry=registry
        )
        build = Gauge("laurel_build_info", "What is running", ["service", "version"], registry=registry)
        build.labels(service, version("laurel")).set(1)
        ProcessCollector(registry=registry)
