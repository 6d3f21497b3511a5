"""What is wrong with one source: names that lead nowhere, mappings that could never read a message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from shared.catalogue import courses
from shared.catalogue.mapping import EventMapping, names, paths
from shared.catalogue.model import Source
from shared.catalogue.patterns import PatternError
from shared.catalogue.problems import Finding, Location, nearest

MAPPED = ("auto", "cloudevents", "rows")
"""Dialects that have no words of their own, and the one that may turn out to be one of them."""
_ATTRIBUTE = re.compile(r"[a-z0-9]+")
_ATTRIBUTES = ("data", "dataschema", "datacontenttype", "id", "source", "specversion", "subject", "time", "type")


def of_source(source: Source, at: Location, scales: Iterable[str]) -> Iterator[Finding]:
    """Everything that shows without the other sources."""
    if source.scale is not None and source.scale not in (known := set(scales)):
        near = nearest(source.scale, known) or "; the file has no scales"
        yield Finding((*at, "scale"), f'"{source.scale}" is not a scale here{near}')
    if source.course is not None:
        try:
            courses.check(source.course)
        except PatternError as error:
            yield Finding((*at, "course"), str(error))
    if source.mapping and source.dialect not in MAPPED:
        message = f"the dialect {source.dialect} reads by itself: a mapping is for {' or '.join(MAPPED[1:])}"
        yield Finding((*at, "mapping"), message)
    for number, mapping in enumerate(source.mapping):
        yield from _of_mapping(source, mapping, (*at, "mapping", number))


def _of_mapping(source: Source, mapping: EventMapping, at: Location) -> Iterator[Finding]:
    if getattr(mapping.learner, source.learner) is None:
        message = f'the source goes by "{source.learner}", and the mapping doesn\'t say where it stands'
        yield Finding((*at, "learner"), message)
    if source.dialect == "rows" and mapping.time is None:
        yield Finding(at, 'needs "time": a row has no other')
    if mapping.score is not None and mapping.score.letter is not None and source.scale is None:
        yield Finding((*at, "score", "letter"), 'needs a "scale" at the source: what is a letter worth?')
    if source.dialect == "cloudevents":
        yield from _of_paths(mapping, at)


def _of_paths(mapping: EventMapping, at: Location) -> Iterator[Finding]:
    """A CloudEvent's attributes are plain values: what lies deeper lies in its data."""
    for inside, path in paths(mapping):
        place: Location = (*at, *inside)
        first, *deeper = names(path)
        if deeper and first != "data":
            near = nearest(first, ("data",))
            yield Finding(place, f'"{first}" has no parts in a CloudEvent, only its payload has{near}')
        elif not _ATTRIBUTE.fullmatch(first):
            yield Finding(place, f'"{first}" is not an attribute of a CloudEvent{nearest(first, _ATTRIBUTES)}')
