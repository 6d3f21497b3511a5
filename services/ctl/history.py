"""A file of history, CSV with a line of headings or JSON Lines: read row by row, from any place noted before."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import orjson

from shared.contracts.topics import MIB
from shared.errors import LaurelError

DELIMITERS = ",;\t|"
_BOM = b"\xef\xbb\xbf"
_LONGEST = MIB


class UnusableHistory(LaurelError):
    """The file can't be read on from here."""


class Place(NamedTuple):
    """Where the next row begins."""

    offset: int = 0
    line: int = 0
    rows: int = 0


class Row(NamedTuple):
    """One row. With `wrong` it can't be sent."""

    line: int
    columns: dict[str, Any]
    value: bytes
    """the JSON object that goes to the topic"""
    after: Place
    wrong: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """A file as its beginning shows it."""

    path: Path
    delimiter: str | None
    """None: JSON Lines"""
    headings: tuple[str, ...]
    begin: Place

    @classmethod
    def open(cls, path: Path, delimiter: str | None = None) -> History:
        """Raises UnusableHistory."""
        try:
            with path.open("rb") as file:
                lines = _Lines(file, Place())
                first = next((each for each in lines if each.strip()), None)
        except OSError as error:
            raise _unreadable(path, error) from error
        if first is None:
            msg = f"{path} is empty"
            raise UnusableHistory(msg)
        if first.lstrip()[0] in "[{" and delimiter is None:
            if first.lstrip()[0] == "[":
                msg = f"{path} is a JSON array: write JSON Lines, one object a line"
                raise UnusableHistory(msg)
            return cls(path, None, (), Place())
        told = delimiter or max(DELIMITERS, key=first.count)
        return cls(path, told, _headings(path, first, told), lines.place)

    def rows(self, place: Place | None = None) -> Iterator[Row]:
        """From there on; memory holds one row. Raises UnusableHistory naming line or byte."""
        begin = place or self.begin
        try:
            with self.path.open("rb") as file:
                lines = _Lines(file, begin)
                yield from _objects(lines) if self.delimiter is None else self._records(lines, self.delimiter)
        except OSError as error:
            raise _unreadable(self.path, error) from error

    def digest(self) -> str:
        """Of every byte: another file is another import."""
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise _unreadable(self.path, error) from error

    def _records(self, lines: _Lines, delimiter: str) -> Iterator[Row]:
        headings, width, rows = self.headings, len(self.headings), lines.place.rows
        line = lines.line + 1
        try:
            for cells in csv.reader(lines, delimiter=delimiter, strict=True):
                if cells:
                    rows += 1
                    wrong = None
                    if len(cells) != width:
                        wrong = f"has {len(cells)} cells, and there are {width} headings"
                    columns = {name: cell for name, cell in zip(headings, cells, strict=False) if cell.strip()}
                    yield Row(line, columns, orjson.dumps(columns), Place(lines.offset, lines.line, rows), wrong)
                line = lines.line + 1
        except csv.Error as error:
            msg = f"{self.path}:{line}: not CSV: {error}; is a quotation mark left open?"
            raise UnusableHistory(msg) from error


class _Lines:
    """Lines as text, with how far they go."""

    def __init__(self, file: BinaryIO, place: Place) -> None:
        file.seek(place.offset)
        self._file = file
        self.offset, self.line, self.rows = place

    @property
    def place(self) -> Place:
        return Place(self.offset, self.line, self.rows)

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        raw = self._file.readline(_LONGEST)
        if not raw:
            raise StopIteration
        began = self.offset
        self.offset += len(raw)
        self.line += 1
        if len(raw) == _LONGEST and raw[-1:] != b"\n":
            msg = f"{self._file.name}:{self.line}: longer than {_LONGEST // MIB} MiB"
            raise UnusableHistory(msg)
        if began == 0:
            raw = raw.removeprefix(_BOM)
            began = self.offset - len(raw)
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            msg = (
                f"{self._file.name}:{self.line}: not UTF-8: byte 0x{raw[error.start]:02X} at offset "
                f"{began + error.start}; save the file as UTF-8 (Latin-1 and Windows-1252 look alike, and aren't)"
            )
            raise UnusableHistory(msg) from error


def _objects(lines: _Lines) -> Iterator[Row]:
    rows = lines.rows
    for text in lines:
        if not text.strip():
            continue
        rows += 1
        place = Place(lines.offset, lines.line, rows)
        value = text.strip().encode()
        try:
            columns = orjson.loads(value)
        except orjson.JSONDecodeError as error:
            yield Row(lines.line, {}, value, place, f"not JSON: {error.msg}")
            continue
        wrong = None if isinstance(columns, dict) else "not an object: one column a field"
        yield Row(lines.line, columns if wrong is None else {}, value, place, wrong)


def _headings(path: Path, first: str, delimiter: str) -> tuple[str, ...]:
    try:
        cells: Sequence[str] = next(csv.reader([first], delimiter=delimiter, strict=True))
    except csv.Error as error:
        msg = f"{path}: the line of headings is not CSV: {error}"
        raise UnusableHistory(msg) from error
    names = tuple(each.strip() for each in cells)
    twice = sorted({each for each in names if names.count(each) > 1})
    if "" in names or twice:
        wrong = f'"{twice[0]}" is there twice' if twice and twice[0] else "one is empty"
        msg = f"{path}: the first line names the columns, and {wrong}"
        raise UnusableHistory(msg)
    return names


def _unreadable(path: Path, error: OSError) -> UnusableHistory:
    return UnusableHistory(f"{path} can't be read: {error.strerror}")
