"""What an operator asks of the evaluator: what came in, which rules match, and how full the status lists are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.evaluator.watching import Name, Seen


class EvaluatorMetrics:
    """The tally as Prometheus sees it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._activities = Counter(
            "laurel_activities_total",
            "Learning activities by what became of them: accepted, duplicate, conflict",
            ["outcome"],
            registry=registry,
        )
        for outcome in ("accepted", "duplicate", "conflict"):
            self._activities.labels(outcome)
        self._evaluations = Counter(
            "laurel_criteria_evaluations_total",
            "Criteria judged for a learner: met, or unmet",
            ["outcome"],
            registry=registry,
        )
        self._seconds = Histogram(
            "laurel_criteria_evaluation_seconds",
            "Judging all learners of a batch",
            buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
            registry=registry,
        )
        self._awards = Counter(
            "laurel_awards_total", "Awards stored for the first time", ["tenant", "achievement_type"], registry=registry
        )
        self._waited: set[str] = set()
        self._matched = Gauge(
            "laurel_rule_last_match_timestamp_seconds",
            "When a rule last led to an award; 0 for one that never did",
            ["tenant", "achievement"],
            registry=registry,
        )
        self._touched = Gauge(
            "laurel_rule_last_touched_timestamp_seconds",
            "When something that a rule looks at last came; 0 if never",
            ["tenant", "achievement"],
            registry=registry,
        )
        self._since = Gauge(
            "laurel_rule_watched_since_timestamp_seconds",
            "When a rule was first live",
            ["tenant", "achievement"],
            registry=registry,
        )
        self._seen: dict[Name, Seen] = {}
        self._shown: set[Name] = set()
        self._shown_touched: set[Name] = set()
        self._pending = Gauge(
            "laurel_awards_pending_approval", "Awards that wait for a registrar", ["tenant"], registry=registry
        )
        self._free = Gauge(
            "laurel_status_list_free_slots", "Places that a status list has left", ["list"], registry=registry
        )

    def received(self, outcome: str, count: int) -> None:
        """accepted, duplicate or conflict"""
        self._activities.labels(outcome).inc(count)

    def judged(self, met: int, unmet: int, seconds: float) -> None:
        """Criteria were evaluated for the learners of a batch."""
        self._evaluations.labels("met").inc(met)
        self._evaluations.labels("unmet").inc(unmet)
        self._seconds.observe(max(seconds, 0.0))

    def awarded(self, tenant: str, achievement: str, type_: str, at: datetime) -> None:
        """An award was stored for the first time."""
        self._awards.labels(tenant, type_).inc()
        self.give_back({(tenant, achievement): Seen(at, matched_at=at)})

    def touched(self, rules: Collection[Name], at: datetime) -> None:
        """Something came that these look at."""
        self.give_back({name: Seen(at, touched_at=at) for name in rules})

    def pending_approval(self, counts: Mapping[str, int]) -> None:
        """How many awards of each tenant wait for a registrar; whoever had some has none now."""
        for tenant in self._waited - counts.keys():
            self._pending.labels(tenant).set(0)
        self._waited |= counts.keys()
        for tenant, count in counts.items():
            self._pending.labels(tenant).set(count)

    def free_slots(self, tenant: str, status_list: int, free: int) -> None:
        """How many places a status list has left."""
        self._free.labels(f"{tenant}/{status_list}").set(free)

    def taken(self) -> dict[Name, Seen]:
        """What was seen of rules since the last time."""
        taken, self._seen = self._seen, {}
        return taken

    def give_back(self, seen: Mapping[Name, Seen]) -> None:
        """Kept until it is taken."""
        for name, each in seen.items():
            known = self._seen.get(name)
            self._seen[name] = each if known is None else known.and_then(each)

    def show(self, rules: Mapping[Name, Seen], looking: Collection[Name]) -> None:
        """These and no others; `looking` are those that activities can touch."""
        for gone in self._shown - rules.keys():
            self._matched.remove(*gone)
            self._since.remove(*gone)
        for gone in self._shown_touched - set(looking):
            self._touched.remove(*gone)
        self._shown, self._shown_touched = set(rules), set(looking)
        for name, seen in rules.items():
            self._since.labels(*name).set(seen.since.timestamp())
            self._matched.labels(*name).set(_seconds(seen.matched_at))
            if name in self._shown_touched:
                self._touched.labels(*name).set(_seconds(seen.touched_at))


def _seconds(at: datetime | None) -> float:
    return 0.0 if at is None else at.timestamp()
