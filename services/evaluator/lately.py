"""What was done lately: a bounded memory that may be lost at any time."""

from __future__ import annotations

from collections.abc import Iterable


class Lately:
    """The newest so many of what was added."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[str, None] = {}

    def add(self, names: Iterable[str]) -> None:
        """The oldest are forgotten."""
        for name in names:
            self._known.pop(name, None)
            self._known[name] = None
        while len(self._known) > self._most:
            del self._known[next(iter(self._known))]

    def __contains__(self, name: object) -> bool:
        return name in self._known
