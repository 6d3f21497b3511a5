"""A file of events, JSON Lines: one delivery of one source a line, as an LMS would send it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.catalogue.model import Source, Tenant
from shared.errors import LaurelError

VALUES = ("value", "value_text", "value_base64")
FIELDS = {"source", "key", "headers", *VALUES}


class UnusableEvents(LaurelError):
    """The file can't be sent: nothing of it was."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A source and whose it is."""

    tenant: str
    source: Source

    @property
    def label(self) -> str:
        """`tenant/source`"""
        return f"{self.tenant}/{self.source.name}"


@dataclass(frozen=True, slots=True)
class Line:
    """One delivery."""

    number: int
    to: Destination
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Destinations:
    """The catalogue's sources by name, or by `tenant/name` where two tenants use one name."""

    def __init__(self, tenants: Iterable[Tenant]) -> None:
        self._by_name: dict[str, list[Destination]] = {}
        for tenant in tenants:
            for source in tenant.sources:
                found = Destination(tenant.issuer.tenant, source)
                self._by_name.setdefault(source.name, []).append(found)
                self._by_name.setdefault(found.label, []).append(found)

    def named(self, name: str) -> Destination:
        """Raises UnusableEvents for a name that is unknown, or that two tenants use."""
        found = self._by_name.get(name, [])
        if len(found) == 1:
            return found[0]
        if found:
            several = " or ".join(each.label for each in found)
            msg = f"several tenants have a source {name!r}: write {several}"
        else:
            known = ", ".join(sorted(each for each in self._by_name if "/" not in each)) or "none"
            msg = f"the catalogue has no source {name!r} (sources: {known})"
        raise UnusableEvents(msg)


def read(path: Path, destinations: Destinations) -> Iterator[Line]:
    """Line by line; blank ones are skipped. Raises UnusableEvents with the line's number at the first mistake."""
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                if not raw.strip():
                    continue
                try:
                    yield _line(number, raw, destinations)
                except UnusableEvents as error:
                    msg = f"{path}:{number}: {error}"
                    raise UnusableEvents(msg) from error
    except OSError as error:
        msg = f"{path} can't be read: {error.strerror}"
        raise UnusableEvents(msg) from error


def _line(number: int, raw: bytes, destinations: Destinations) -> Line:
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        msg = f"not JSON: {error}"
        raise UnusableEvents(msg) from error
    if not isinstance(content, dict) or not isinstance(content.get("source"), str):
        msg = 'a line is an object with a "source"'
        raise UnusableEvents(msg)
    unknown = set(content) - FIELDS
    if unknown or sum(name in content for name in VALUES) != 1:
        msg = f"a line has source, key, headers and one of {', '.join(VALUES)}"
        raise UnusableEvents(msg + (f"; not {', '.join(sorted(unknown))}" if unknown else ""))
    key = content.get("key")
    return Line(
        number,
        destinations.named(content["source"]),
        None if key is None else str(key).encode("utf-8", "surrogatepass"),
        _value(content),
        _headers(content.get("headers") or {}),
    )


def _value(content: Mapping[str, Any]) -> bytes | None:
    match content:
        case {"value_text": str(text)}:
            return text.encode("utf-8", "surrogatepass")
        case {"value_base64": str(text)}:
            return _bytes(text)
        case {"value": None}:
            return None  # what Kafka calls a tombstone
        case {"value": value}:
            return json.dumps(value, separators=(",", ":")).encode()
    msg = "value_text and value_base64 are strings"
    raise UnusableEvents(msg)


def _headers(headers: Any) -> tuple[tuple[str, bytes], ...]:
    """Text, or `{"base64": …}` for a header that isn't."""
    if not isinstance(headers, dict):
        msg = "headers is an object"
        raise UnusableEvents(msg)
    if not all(_is_text(name) for name in headers):
        msg = "a header's name is text that UTF-8 knows"
        raise UnusableEvents(msg)
    return tuple((name, _header(value)) for name, value in headers.items())


def _header(value: Any) -> bytes:
    if isinstance(value, dict) and "base64" in value:
        return _bytes(value["base64"])
    return str(value).encode("utf-8", "surrogatepass")


def _is_text(name: str) -> bool:
    return bool(name) and not any("\ud800" <= each <= "\udfff" for each in name)


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except ValueError as error:
        msg = f"not base64: {error}"
        raise UnusableEvents(msg) from error
