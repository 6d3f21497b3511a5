"""Whose events a place holds: tenant and source are told by where an event arrived, never by what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.intake.ports import Parked
from services.intake.receiving import Arrival
from services.intake.translation import Delivery
from shared.catalogue.model import Catalogue, Source
from shared.contracts import topics
from shared.runtime.records import Record


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
    """A source, and whose it is."""

    tenant: str
    source: Source

    @property
    def label(self) -> str:
        """For metrics and breakers."""
        return f"{self.tenant}/{self.source.name}"


@dataclass(frozen=True, slots=True)
class Origins:
    """As the live catalogue has them."""

    catalogue: LiveCatalogue

    async def refresh(self) -> None:
        """Raises Unavailable."""
        await self.catalogue.refresh()

    def of(self, record: Record) -> Origin | None:
        """A topic is one source's; a webhook's replay names its source in a header that we wrote."""
        if record.topic != topics.WEBHOOK:
            found = self.catalogue.current.source_of_topic(record.topic)
            return Origin(found[0].issuer.tenant, found[1]) if found else None
        named = next((value for name, value in record.headers if name == topics.SOURCE_HEADER), b"") or b""
        return self._named(named.decode("utf-8", "replace"))

    async def webhook(self, tenant: str, name: str) -> Origin | None:
        """The source of that name, if it may come by webhook. Raises Unavailable."""
        origin = self._named(f"{tenant}/{name}")
        if origin is None:
            await self.catalogue.refresh()
            origin = self._named(f"{tenant}/{name}")
        return origin if origin and origin.source.webhook else None

    def arrival(self, origin: Origin, record: Record, only: Sequence[int] | None = None) -> Arrival:
        """What arrived, with what the catalogue says of where it did."""
        headers = {name.lower(): value or b"" for name, value in record.headers}
        scale = self.catalogue.current.scale_of(origin.tenant, origin.source)
        return Arrival(record, Delivery(origin.tenant, origin.source, record.value, headers, scale=scale), only)

    def of_parked(self, parked: Parked) -> Arrival | None:
        """What waited, as the catalogue sees it now; None while it doesn't know the source."""
        origin = self._named(parked.source)
        return self.arrival(origin, parked.record, parked.facts) if origin else None

    def _named(self, label: str) -> Origin | None:
        tenant, _, name = label.partition("/")
        source = self.catalogue.current.source(tenant, name)
        return Origin(tenant, source) if source else None
