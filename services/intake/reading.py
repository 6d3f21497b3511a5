"""Reading deliveries, some of which can't be read before their schema was fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from services.intake.domain import Intake
from services.intake.translation import Delivery, SchemaNeeded, Translation
from shared.errors import Rejected, Unavailable

Read = Translation | Rejected | SchemaNeeded


class Schemas(Protocol):
    """What is known of the sources' schema registries."""

    def known(self, registry: str | None) -> Mapping[int, Any]:
        """The schemas that were fetched, by id; it grows as more are."""
        ...

    async def fetch(self, registry: str, schema_id: int) -> None:
        """Makes one known. Raises Rejected if the registry says that there is none, Unavailable if it says nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """One source's registry that is down is nobody else's trouble: nothing is raised."""

    intake: Intake
    schemas: Schemas

    async def translated(self, delivery: Delivery, now: datetime) -> Read:
        """What the delivery says; SchemaNeeded while the schema that it needs can't be had."""
        registry = delivery.source.schema_registry
        if registry is not None:
            delivery = replace(delivery, schemas=self.schemas.known(registry))
        read = self._translated(delivery, now)
        if not isinstance(read, SchemaNeeded):
            return read
        try:
            await self.schemas.fetch(read.registry, read.schema_id)
        except Rejected as error:
            return error
        except Unavailable:
            return read
        return self._translated(delivery, now)

    def _translated(self, delivery: Delivery, now: datetime) -> Read:
        try:
            return self.intake.translate(delivery, now)
        except (Rejected, SchemaNeeded) as error:
            return error
