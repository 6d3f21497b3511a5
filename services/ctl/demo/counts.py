"""What became of every event, by the services' own metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from prometheus_client.parser import text_string_to_metric_families

RECEIVED = "laurel_events_received_total"
ACTIVITIES = "laurel_activities_total"


@dataclass(frozen=True, slots=True)
class EventCounts:
    """received is the sum of the others: nothing that came in is unaccounted for."""

    received: int
    accepted: int
    duplicate: int
    irrelevant: int
    rejected: int

    def as_json(self) -> dict[str, int]:
        """For summary.json."""
        return asdict(self)


def events(metrics: Mapping[str, str], not_taken: int = 0) -> EventCounts:
    """From the text of each service's /metrics; `not_taken` deliveries were refused at the door and are in none."""
    at_intake = outcomes(metrics.get("intake", ""), RECEIVED)
    at_evaluator = outcomes(metrics.get("evaluator", ""), ACTIVITIES)
    accepted, duplicate = at_evaluator.get("accepted", 0), at_evaluator.get("duplicate", 0)
    # what waits is counted again when it goes on; a second copy of it is not
    duplicate += at_intake.get("duplicate", 0)
    # a profile is no activity: it says nothing that a badge could be earned by
    irrelevant = at_intake.get("irrelevant", 0) + at_intake.get("profile", 0)
    rejected = at_intake.get("rejected", 0) + at_evaluator.get("conflict", 0) + not_taken
    return EventCounts(accepted + duplicate + irrelevant + rejected, accepted, duplicate, irrelevant, rejected)


def outcomes(text: str, name: str) -> dict[str, int]:
    """A counter's values by its label `outcome`, all other labels added up."""
    found: dict[str, int] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name:
                outcome = sample.labels.get("outcome", "")
                found[outcome] = found.get(outcome, 0) + int(sample.value)
    return found
