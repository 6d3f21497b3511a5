"""What becomes of a topic's records: how they are read, and who handles them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from shared.contracts.events import Event
from shared.contracts.topics import Topic
from shared.errors import Rejected
from shared.runtime.records import Postponed, Received, Record, Refusal

Outcome = Iterable[Event | Refusal | Postponed]
Handler = Callable[[Sequence[Any]], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Route:
    """One topic's records and their handler. Without `carries` the handler gets raw records."""

    handler: Handler
    carries: type[Event] | None
    source_of: Callable[[Record], str]
    foreign: bool = True
    """others write to it: whoever's records are refused again and again isn't read for a while"""

    @classmethod
    def typed(cls, topic: Topic[Any], handler: Handler) -> Route:
        """A topic of Laurel's own: its source is itself.

        Every tenant's records are in it, so that one tenant's refusals must not stop it; our own failures may.
        """
        return cls(handler, topic.carries, lambda record: record.topic, foreign=False)

    def decode(self, records: Sequence[Record]) -> tuple[list[Any], list[Refusal]]:
        """Validates each record once; what can't be read is refused."""
        if self.carries is None:
            return list(records), []
        validate = self.carries.model_validate_json
        try:
            return [Received(validate(record.value or b""), record) for record in records], []
        except ValidationError:
            return self._decode_each(records, self.carries)

    def _decode_each(self, records: Sequence[Record], carries: type[Event]) -> tuple[list[Any], list[Refusal]]:
        good: list[Any] = []
        bad: list[Refusal] = []
        for record in records:
            try:
                good.append(Received(carries.model_validate_json(record.value or b""), record))
            except ValidationError as error:
                bad.append(Refusal(record, _unreadable(error, carries)))
        return good, bad


def _unreadable(error: ValidationError, carries: type[Event]) -> Rejected:
    """Names the field and what is wrong with it; never the value."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the record"
    return Rejected(f"not a {carries.__name__}: {place}: {first['type']}", code="invalid")
