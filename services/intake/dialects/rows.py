"""Rows of a table, a JSON object each: history from anywhere, by the source's mapping or by the usual columns."""

from __future__ import annotations

from services.intake.dialects.mapped import Envelope, fact_of
from services.intake.dialects.mapped_values import find, word
from services.intake.dialects.shapes import invalid, parse
from services.intake.translation import Delivery, Kind, Translation, irrelevant
from shared.catalogue.mapping import EventMapping, LearnerAt, ObjectAt, ScoreAt, Value, names, paths
from shared.catalogue.model import Source

_KIND = "row"


def _column(name: str, default: str | None = None) -> Value:
    return Value(path=name, default=default)


COLUMNS = EventMapping(
    id=_column("id"),
    learner=LearnerAt(
        id=_column("learner"),
        sis_id=_column("sis_id"),
        email=_column("email"),
        name=_column("name"),
    ),
    verb=_column("verb", "completed"),
    object=ObjectAt(id=_column("course"), run=_column("run")),
    score=ScoreAt(written=_column("score")),
    time=_column("completed_at"),
)
"""Without a mapping a row is read by these."""


def translate(delivery: Delivery) -> Translation:
    """See the module."""
    row = parse(delivery.body or b"")
    if not isinstance(row, dict):
        raise invalid("the message: should be an object, one column a field")
    fact = fact_of(_mappings(delivery.source), row, Envelope())
    return irrelevant(_KIND) if fact is None else Translation((fact,), kinds=(Kind(_KIND),))


def columns(source: Source) -> frozenset[str]:
    """Every column that is read."""
    return frozenset(names(path)[0] for each in _mappings(source) for _, path in paths(each))


def learner_of(source: Source, row: dict[str, object]) -> str | None:
    """The id that counts, as it stands in the row: rows with one learner have to stay in order."""
    for mapping in _mappings(source):
        at: Value | None = getattr(mapping.learner, source.learner)
        found = word(find(row, at.path)) if at is not None and at.path is not None else None
        if found is not None:
            return found
    return None


def _mappings(source: Source) -> tuple[EventMapping, ...]:
    return source.mapping or (COLUMNS,)
