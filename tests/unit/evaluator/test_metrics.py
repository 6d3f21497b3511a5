from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from services.evaluator.metrics import EvaluatorMetrics
from tests.unit.evaluator.world import DAY


def test_an_operator_sees_what_came_in_and_what_came_of_it() -> None:
    registry = CollectorRegistry()
    metrics = EvaluatorMetrics(registry)

    metrics.received("accepted", 3)
    metrics.judged(1, 2, 0.01)
    metrics.awarded("north", "intro", "Badge", DAY)
    metrics.free_slots("north", 1, 7)

    shown = generate_latest(registry).decode()
    for line in (
        'laurel_activities_total{outcome="accepted"} 3.0',
        'laurel_activities_total{outcome="conflict"} 0.0',
        'laurel_criteria_evaluations_total{outcome="unmet"} 2.0',
        'laurel_awards_total{achievement_type="Badge",tenant="north"} 1.0',
        'laurel_status_list_free_slots{list="north/1"} 7.0',
        "laurel_criteria_evaluation_seconds_count 1.0",
    ):
        assert line in shown
