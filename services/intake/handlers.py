"""The Kafka side: records of the topics that LMSs write to.

No activity is returned to be published: intake publishes by itself, because it counts what came of an event, and may
only do so once the activities are acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.intake.domain import Accepted
from services.intake.metrics import UNKNOWN, IntakeMetrics
from services.intake.origins import Origins
from services.intake.receiving import Arrival, Outcome, Receiving
from services.intake.sightings import Sightings
from services.intake.waiting import Waiting
from shared.errors import Rejected, Unavailable
from shared.runtime.records import Postponed, Record, Refusal


@dataclass(frozen=True, slots=True)
class Handlers:
    """Handlers of one process."""

    receiving: Receiving
    waiting: Waiting
    origins: Origins
    metrics: IntakeMetrics
    sightings: Sightings

    async def on_records(self, batch: Sequence[Record]) -> Iterable[Refusal | Postponed]:
        """Translates a batch: learners are stored, then their activities published, then all is counted.

        Raises Unavailable with nothing counted: the batch comes again.
        """
        origins = [self.origins.of(record) for record in batch]
        if None in origins:
            await self.origins.refresh()
            origins = [self.origins.of(record) for record in batch]
        strays = [record for record, origin in zip(batch, origins, strict=True) if origin is None]
        arrivals = [self.origins.arrival(each, record) for each, record in zip(origins, batch, strict=True) if each]
        outcomes = await self.take(arrivals)
        setbacks = [self._stray(record) for record in strays]
        for arrival, outcome in zip(arrivals, outcomes, strict=True):
            self.count(arrival, outcome)
            setbacks.append(_setback(arrival.record, outcome))
        return [each for each in setbacks if each is not None]

    async def take(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        """Receives deliveries by whichever door; whoever opened it counts them. Raises Unavailable."""
        received = await self.receiving.receive(arrivals)
        outcomes = await self.waiting.park(arrivals, received.outcomes)
        await self.waiting.take_up(received.aliases)
        return outcomes

    def source_of(self, record: Record) -> str:
        """Whose breaker a record counts against."""
        origin = self.origins.of(record)
        return origin.label if origin else UNKNOWN

    def count(self, arrival: Arrival, outcome: Outcome) -> None:
        """Counts what became of a delivery, once it is safe."""
        self.sightings.saw(arrival, outcome, self.receiving.clock())
        match outcome:
            case Accepted():
                self.metrics.accepted(arrival.label, arrival.delivery.source.dialect, outcome)
            case Rejected():
                self.metrics.rejected(arrival.label, arrival.delivery.source.dialect)
            case _:
                pass  # it comes again

    def _stray(self, record: Record) -> Refusal | Postponed | None:
        """Nobody's tombstone is irrelevant: without a key it couldn't even be dead-lettered."""
        if record.value is None:
            self.metrics.accepted(UNKNOWN, UNKNOWN, Accepted(irrelevant=1))
            return None
        self.metrics.rejected(UNKNOWN, UNKNOWN)
        return Refusal(record, Rejected("no source in the catalogue has this topic", code="unknown_source"))


def _setback(record: Record, outcome: Outcome) -> Refusal | Postponed | None:
    match outcome:
        case Rejected():
            return Refusal(record, outcome)
        case Unavailable():
            return Postponed(record, outcome)
        case Accepted():
            return None
