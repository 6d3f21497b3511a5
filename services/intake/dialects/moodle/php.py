"""What PHP's `serialize` wrote: Moodle's logs keep their details so, unless the site is set to JSON."""

from __future__ import annotations

import re
from typing import Any

_DEPTH = 8
_SCALAR = re.compile(rb"(?:N|b:(?P<bool>[01])|i:(?P<int>-?\d{1,19})|d:(?P<float>-?[\d.]{1,30}(?:E[+-]?\d{1,3})?));")
_TEXT = re.compile(rb's:(\d{1,7}):"')
_ARRAY = re.compile(rb"a:(\d{1,5}):\{")


def unserialize(text: str) -> Any:
    """Arrays (as dictionaries with text keys), texts and numbers; ValueError for objects and all that is broken."""
    raw = text.encode("utf-8", "surrogatepass")
    value, end = _value(raw, 0, _DEPTH)
    if end != len(raw):
        msg = "more than one value"
        raise ValueError(msg)
    return value


def _value(raw: bytes, at: int, depth: int) -> tuple[Any, int]:
    if scalar := _SCALAR.match(raw, at):
        return _scalar(scalar), scalar.end()
    if text := _TEXT.match(raw, at):
        end = text.end() + int(text[1])
        if raw[end : end + 2] != b'";':
            msg = "a text of another length"
            raise ValueError(msg)
        return raw[text.end() : end].decode(), end + 2
    array = _ARRAY.match(raw, at)
    if array is None or depth == 0:
        msg = "no array, text or number"
        raise ValueError(msg)
    return _array(raw, array, depth - 1)


def _array(raw: bytes, array: re.Match[bytes], depth: int) -> tuple[dict[str, Any], int]:
    at, found = array.end(), {}
    for _ in range(int(array[1])):
        key, at = _value(raw, at, 0)
        found[str(key)], at = _value(raw, at, depth)
    if raw[at : at + 1] != b"}":
        msg = "an array of another length"
        raise ValueError(msg)
    return found, at + 1


def _scalar(scalar: re.Match[bytes]) -> bool | int | float | None:
    if scalar["bool"]:
        return scalar["bool"] == b"1"
    if scalar["int"]:
        return int(scalar["int"])
    return float(scalar["float"]) if scalar["float"] else None
