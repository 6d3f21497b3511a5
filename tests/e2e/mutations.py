"""Events gone wrong in every way that we could think of: the same ones each time."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**400, 1e308, "", " ", "x" * 3000, "\ud83d", "0001-01-01T00:00:00+23:59", "2026-02-30",
    "NaN", [], {}, [[]], [None], {"id": {}}, {"": ""}, "course-v1:a+b+c", "mailto:", "1~2", "9" * 40,
)  # fmt: skip
Place = tuple[Any, Any]
"""a container, and the key or index of one of its values"""


def mutated(body: bytes, chance: random.Random) -> bytes:
    """One of the ways, by chance."""
    how = chance.choice(
        (_flipped, _cut, _without_a_field, _with_another_type, _with_another_type, _blown_up, _nested, _doubled)
    )
    return how(body, chance)


def _flipped(body: bytes, chance: random.Random) -> bytes:
    changed = bytearray(body or b"\0")
    for _ in range(chance.choice((1, 1, 2, 8))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(body: bytes, chance: random.Random) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def _without_a_field(body: bytes, chance: random.Random) -> bytes:
    def change(container: Any, key: Any) -> None:
        del container[key]

    return _changed(body, chance, change)


def _with_another_type(body: bytes, chance: random.Random) -> bytes:
    def change(container: Any, key: Any) -> None:
        container[key] = copy.deepcopy(chance.choice(STRANGE))

    return _changed(body, chance, change)


def _blown_up(body: bytes, chance: random.Random) -> bytes:
    def change(container: Any, key: Any) -> None:
        value = container[key]
        container[key] = value * chance.choice((50, 5000)) if isinstance(value, str) else [value] * 200

    return _changed(body, chance, change)


def _nested(body: bytes, chance: random.Random) -> bytes:
    depth = chance.choice((20, 1200))
    return b"[" * depth + body + b"]" * depth


def _doubled(body: bytes, chance: random.Random) -> bytes:
    return body + body[: chance.randrange(len(body) + 1)]


def _changed(body: bytes, chance: random.Random, change: Callable[[Any, Any], None]) -> bytes:
    try:
        value = json.loads(body)
    except ValueError:
        return _flipped(body, chance)
    places = list(_places(value))
    if not places:
        return _flipped(body, chance)
    change(*chance.choice(places))
    return json.dumps(value).encode("utf-8", "surrogatepass")


def _places(value: Any) -> Iterator[Place]:
    match value:
        case dict():
            for key, inner in value.items():
                yield value, key
                yield from _places(inner)
        case list():
            for number, inner in enumerate(value):
                yield value, number
                yield from _places(inner)
