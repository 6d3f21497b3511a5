"""The Kafka side: records of the topics that LMSs write to.

No activity is returned to be published: intake publishes by itself, because it counts what came of an event, and may
only do so once the activities are acknowledged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.intake.domain import Accepted, Intake, LearnerDirectory
from services.intake.metrics import UNKNOWN, IntakeMetrics
from services.intake.translation import Delivery
from shared.catalogue.model import Catalogue, Source
from shared.contracts import topics
from shared.contracts.events import Event
from shared.errors import Rejected
from shared.runtime.records import Record, Refusal


class LiveCatalogue(Protocol):
    """What is live now."""

    @property
    def current(self) -> Catalogue:
        """As last read."""
        ...

    async def refresh(self) -> object:
        """Reads it from the store. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose events a place holds."""

    tenant: str
    source: Source

    @property
    def label(self) -> str:
        """For metrics and breakers."""
        return f"{self.tenant}/{self.source.name}"


@dataclass(frozen=True, slots=True)
class Handlers:
    """Handlers of one process."""

    intake: Intake
    directory: LearnerDirectory
    catalogue: LiveCatalogue
    metrics: IntakeMetrics
    clock: Callable[[], datetime]
    publish: Callable[[Iterable[Event]], Awaitable[None]]
    """returns once every event is acknowledged"""

    async def on_records(self, batch: Sequence[Record]) -> Iterable[Refusal]:
        """Translates a batch: learners are stored, then their activities published, then all is counted.

        Raises Unavailable with nothing counted: the batch comes again.
        """
        origins = [self._origin(record) for record in batch]
        if None in origins:
            await self.catalogue.refresh()
            origins = [self._origin(record) for record in batch]
        now = self.clock()
        outcomes = [self._outcome(record, origin, now) for record, origin in zip(batch, origins, strict=True)]
        accepted = [each for each in outcomes if isinstance(each, Accepted)]
        await self.directory.remember([learner for each in accepted for learner in each.learners])
        await self.publish([activity for each in accepted for activity in each.activities])
        for origin, outcome in zip(origins, outcomes, strict=True):
            self._count(origin, outcome)
        return [each for each in outcomes if isinstance(each, Refusal)]

    def source_of(self, record: Record) -> str:
        """Whose breaker a record counts against."""
        origin = self._origin(record)
        return origin.label if origin else UNKNOWN

    async def webhook(self, tenant: str, name: str) -> Origin | None:
        """The source of that name, if it may come by webhook. Raises Unavailable."""
        source = self.catalogue.current.source(tenant, name)
        if source is None:
            await self.catalogue.refresh()
            source = self.catalogue.current.source(tenant, name)
        return Origin(tenant, source) if source and source.webhook else None

    def delivery(self, origin: Origin, body: bytes | None, headers: Mapping[str, bytes]) -> Delivery:
        """What arrived, with what the catalogue says of where it did."""
        scale = self.catalogue.current.scale_of(origin.tenant, origin.source)
        return Delivery(origin.tenant, origin.source, body, headers, scale=scale)

    def _outcome(self, record: Record, origin: Origin | None, now: datetime) -> Accepted | Refusal:
        if record.value is None:
            return Accepted(irrelevant=1)  # nobody's tombstone too: without a key it couldn't even be dead-lettered
        if origin is None:
            return Refusal(record, Rejected("no source in the catalogue has this topic", code="unknown_source"))
        headers = {name.lower(): value or b"" for name, value in record.headers}
        try:
            return self.intake.accept(self.delivery(origin, record.value, headers), now)
        except Rejected as error:
            return Refusal(record, error)

    def _origin(self, record: Record) -> Origin | None:
        """A topic is one source's; a webhook's replay names its source in a header that we wrote."""
        if record.topic != topics.WEBHOOK:
            found = self.catalogue.current.source_of_topic(record.topic)
            return Origin(found[0].issuer.tenant, found[1]) if found else None
        named = next((value for name, value in record.headers if name == topics.SOURCE_HEADER), b"") or b""
        tenant, _, name = named.decode("utf-8", "replace").partition("/")
        source = self.catalogue.current.source(tenant, name)
        return Origin(tenant, source) if source else None

    def _count(self, origin: Origin | None, outcome: Accepted | Refusal) -> None:
        label, dialect = (origin.label, origin.source.dialect) if origin else (UNKNOWN, UNKNOWN)
        match outcome:
            case Accepted():
                self.metrics.accepted(label, dialect, outcome)
            case Refusal():
                self.metrics.rejected(label, dialect)
