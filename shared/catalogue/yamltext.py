"""YAML as a catalogue uses it: plain data, and for each value the line it stands on.

Scalars are read as YAML 1.2 does: `NO` is Norway and not false, a date is text until a field wants a date.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from shared.catalogue.problems import Location

MAX_CHARACTERS = 256 * 1024
MAX_VALUES = 20_000
MAX_DEPTH = 50

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]{1,3})?")
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, from 1."""

    line: int
    column: int


class Unreadable(Exception):
    """The text isn't YAML that a catalogue may hold."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class Text:
    """One YAML document: its value, and where each part of it stands."""

    value: Any
    places: dict[Location, Place]

    def place(self, location: Location) -> Place:
        """Of that part, or of the nearest part around it that is there."""
        for length in range(len(location), -1, -1):
            if (found := self.places.get(location[:length])) is not None:
                return found
        return Place(1, 1)


def read(content: bytes) -> list[Text]:
    """Every document of a file that isn't empty. Raises Unreadable."""
    if len(content) > MAX_CHARACTERS:
        msg = f"the file is larger than {MAX_CHARACTERS // 1024} KiB"
        raise Unreadable(msg, Place(1, 1))
    try:
        return list(_documents(content.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        msg = "the file is not UTF-8 text"
        raise Unreadable(msg, Place(1 + content[: error.start].count(b"\n"), 1)) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(filter(None, [error.context, error.problem]))
        raise Unreadable(f"not valid YAML: {said}", _place(mark)) from error
    except yaml.YAMLError as error:
        msg = f"not valid YAML: {error}"
        raise Unreadable(msg, Place(1, 1)) from error
    except RecursionError as error:
        msg = f"more than {MAX_DEPTH} levels deep"
        raise Unreadable(msg, Place(1, 1)) from error


def _documents(text: str) -> Iterator[Text]:
    for node in yaml.compose_all(text, Loader=yaml.SafeLoader):
        places: dict[Location, Place] = {}
        value = _value(node, (), places)
        if value is not None:
            yield Text(value, places)


def _value(node: yaml.Node, location: Location, places: dict[Location, Place]) -> Any:
    # an alias is the same node again: counting values is what stops a small file from meaning a huge one
    place = _place(node.start_mark)
    if len(location) > MAX_DEPTH or len(places) > MAX_VALUES:
        msg = f"more than {MAX_DEPTH} levels deep, or more than {MAX_VALUES} values"
        raise Unreadable(msg, place)
    places.setdefault(location, place)
    match node:
        case yaml.ScalarNode():
            return _scalar(node)
        case yaml.SequenceNode():
            return [_value(each, (*location, at), places) for at, each in enumerate(node.value)]
        case yaml.MappingNode():
            return _mapping(node, location, places)
    msg = "not plain data"
    raise Unreadable(msg, place)


def _mapping(node: yaml.MappingNode, location: Location, places: dict[Location, Place]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        place = _place(key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode):
            msg = "a field's name must be text"
            raise Unreadable(msg, place)
        key = str(key_node.value)
        if key in found:
            msg = f'"{key}" is given twice'
            raise Unreadable(msg, place)
        # a field's place is its name: that is what a message is about
        places[(*location, key)] = place
        found[key] = _value(value_node, (*location, key), places)
    return found


def _scalar(node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if node.style is not None or node.tag == "tag:yaml.org,2002:str":
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text


def _place(mark: Any) -> Place:
    return Place(1, 1) if mark is None else Place(mark.line + 1, mark.column + 1)
