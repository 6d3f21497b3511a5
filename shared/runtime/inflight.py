"""What was in flight when a process died, kept outside its memory, so that a record that kills it is found.

The file is mapped: writing costs a copy, and the kernel keeps it when the process is killed.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

import orjson
from pydantic import BaseModel, ValidationError

SUSPICIOUS_DEATHS = 3
_SIZE = 64 * 1024

Span = tuple[int, int]
"""first and last offset in flight"""


class _Mark(BaseModel):
    first: int
    last: int
    deaths: int


class _Marker(BaseModel):
    now: dict[str, Span] = {}
    marks: dict[str, _Mark] = {}
    alone: dict[str, int] = {}


class InFlight:
    """The marker of one process. After three deaths at the same offset its records go one by one; a record that was
    alone in flight at three deaths is given up.

    Nothing after a killer is ever committed, so its batch begins at the same offset at each restart.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.stat().st_size != _SIZE:
            path.write_bytes(b"\0" * _SIZE)
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _SIZE)
        self._marks: dict[str, _Mark] = {}
        self._alone: dict[str, int] = {}
        self._recover()
        known = {"marks": {name: mark.model_dump() for name, mark in self._marks.items()}, "alone": self._alone}
        self._known = orjson.dumps(known)[1:]
        """what earlier deaths tell, as it follows the spans in the marker: the same for the life of the process"""

    @classmethod
    def of(cls, folder: Path, service: str, instance: str) -> Self:
        """The marker file of one process of a service."""
        return cls(folder / f"{service}-{instance}.inflight")

    def enter(self, spans: Mapping[str, Span]) -> None:
        """Marks `{"topic/partition": (first, last)}` as in flight."""
        self._write(b'{"now":%s,%s' % (orjson.dumps(spans), self._known))

    def leave(self) -> None:
        """Nothing is in flight any more."""
        self._memory[0:1] = b"\0"

    def careful(self, name: str, offsets: Iterable[int]) -> bool:
        """Whether records of "topic/partition" must go one by one: some were in flight at three deaths."""
        mark = self._marks.get(name)
        if mark is None or mark.deaths < SUSPICIOUS_DEATHS:
            return False
        return any(mark.first <= offset <= mark.last for offset in offsets)

    def deadly(self, name: str, offset: int) -> bool:
        """Whether this record was alone in flight at three deaths."""
        return self._alone.get(f"{name}/{offset}", 0) >= SUSPICIOUS_DEATHS

    def close(self) -> None:
        """A clean end."""
        self.leave()
        self._memory.close()

    def _recover(self) -> None:
        text = self._memory[:].split(b"\0", 1)[0]
        try:
            found = _Marker.model_validate_json(text)
        except ValidationError:
            return
        self._marks, self._alone = found.marks, found.alone
        for name, (first, last) in found.now.items():
            mark = self._marks.get(name)
            if mark is None or not mark.first <= first <= mark.last:
                mark = self._marks[name] = _Mark(first=first, last=last, deaths=0)
            mark.deaths += 1
            mark.last = max(mark.last, last)
        for name, (first, last) in found.now.items():
            if len(found.now) == 1 and first == last:
                self._alone[f"{name}/{first}"] = self._alone.get(f"{name}/{first}", 0) + 1

    def _write(self, text: bytes) -> None:
        if len(text) >= _SIZE:
            return
        # the first byte last: a death between the two leaves an empty marker, not a broken one
        self._memory[0:1] = b"\0"
        self._memory[1 : len(text) + 1] = text[1:] + b"\0"
        self._memory[0:1] = text[:1]
