"""Which fields a kind of event has, and which it used to have: by name, never by value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

ESTABLISHED = 50
"""events in a row that have a field"""
GONE = 20
"""events in a row since, that don't"""
_MOST = 200
_SHOWN = 40
_DEPTH = 3
_NAME = re.compile(r"[A-Za-z_$@][A-Za-z0-9_.:$-]{0,59}")
_WORDS: dict[type, str] = {bool: "boolean", int: "number", float: "number", str: "text", type(None): "null"}


@dataclass(slots=True)
class _Run:
    present: int = 0
    gone: int = 0


@dataclass(slots=True)
class Fields:
    """Of one kind of event of one source: the top of the message, and what is right below it."""

    _runs: dict[str, _Run] = field(default_factory=dict)

    def look(self, body: bytes) -> list[str]:
        """The fields that this event is one too many without."""
        seen = set(_paths(_object(body), 2))
        for path in seen:
            run = self._runs.get(path)
            if run is None:
                if len(self._runs) < _MOST:
                    self._runs[path] = _Run(1)
            elif run.gone:
                run.present, run.gone = 1, 0
            else:
                run.present += 1
        return [] if not seen else [path for path in [*self._runs] if path not in seen and self._missed(path)]

    def _missed(self, path: str) -> bool:
        run = self._runs[path]
        if run.present < ESTABLISHED:
            del self._runs[path]
            return False
        run.gone += 1
        return run.gone >= GONE


def shape(body: bytes) -> dict[str, str]:
    """A message as names and types: an example that tells nothing of anybody."""
    value = _object(body)
    if not value:
        return {"": f"{len(body)} bytes"}
    return dict(list(_types(value, _DEPTH))[:_SHOWN])


def _object(body: bytes) -> dict[str, Any]:
    """The JSON object that it is, if it is one."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _paths(value: dict[str, Any], depth: int, at: str = "") -> Iterator[str]:
    for name, inner in value.items():
        path = at + _named(name)
        yield path
        if depth > 1 and isinstance(inner, dict):
            yield from _paths(inner, depth - 1, f"{path}.")


def _types(value: dict[str, Any], depth: int, at: str = "") -> Iterator[tuple[str, str]]:
    for name, inner in value.items():
        path = at + _named(name)
        if isinstance(inner, dict) and depth > 1 and inner:
            yield from _types(inner, depth - 1, f"{path}.")
        else:
            yield path, _WORDS.get(type(inner), "list" if isinstance(inner, list) else "object")


def _named(name: str) -> str:
    """What could be an address or a person's name isn't the name of a field."""
    return name if _NAME.fullmatch(name) and "@" not in name[1:] else "*"
