"""What became of every event, by the services' own metrics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from services.ctl.events_file import Destination

RECEIVED = "laurel_events_received_total"
WAITING = "laurel_events_waiting"
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


@dataclass(frozen=True, slots=True)
class SourceCounts:
    """What one source brought, as intake sees it: a repeat is an activity here, for only the evaluator knows it."""

    source: str
    """`tenant/source`"""
    dialect: str
    activities: int = 0
    irrelevant: int = 0
    """profiles too"""
    refused: int = 0
    waited: int = 0
    """of these, or still: for their learner's profile"""

    @property
    def events(self) -> int:
        """All that is through."""
        return self.activities + self.irrelevant + self.refused


def by_source(metrics: Mapping[str, str], not_taken: Iterable[Destination] = ()) -> list[SourceCounts]:
    """Every source that brought something, by name."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for sample in _samples(metrics.get("intake", ""), RECEIVED):
        counted = found.setdefault((sample.labels["source"], sample.labels["dialect"]), {})
        counted[sample.labels["outcome"]] = int(sample.value)
    for each in not_taken:
        counted = found.setdefault((each.label, each.source.dialect), {})
        counted["rejected"] = counted.get("rejected", 0) + 1
    return [
        SourceCounts(
            source,
            dialect,
            activities=counted.get("translated", 0) + counted.get("duplicate", 0),
            irrelevant=counted.get("irrelevant", 0) + counted.get("profile", 0),
            refused=counted.get("rejected", 0),
            waited=counted.get("waiting", 0),
        )
        for (source, dialect), counted in sorted(found.items())
    ]


def waiting(metrics: Mapping[str, str]) -> int:
    """Deliveries that still wait for their learner's profile: they are counted once they go on."""
    return sum(int(sample.value) for sample in _samples(metrics.get("intake", ""), WAITING))


def outcomes(text: str, name: str) -> dict[str, int]:
    """A counter's values by its label `outcome`, all other labels added up."""
    found: dict[str, int] = {}
    for sample in _samples(text, name):
        outcome = sample.labels.get("outcome", "")
        found[outcome] = found.get(outcome, 0) + int(sample.value)
    return found


def _samples(text: str, name: str) -> Iterator[Sample]:
    for family in text_string_to_metric_families(text):
        yield from (sample for sample in family.samples if sample.name == name)
