"""The schema registries of sources: Confluent's, or Apicurio's by the same API. A schema never changes under its id."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson
import structlog

from services.intake import avro
from services.intake.download import download
from shared.errors import LaurelError, Rejected, Unavailable

logger = structlog.get_logger()

PATIENCE_SECONDS = 3.0
PAUSE_SECONDS = 10.0
"""before a registry that was down, or an id that it didn't know, is asked again: others' records wait while it is"""
_MOST_UNKNOWN = 20
"""ids that a registry didn't know during one pause: more are made up, and wait"""
_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class _Failure:
    error: LaurelError
    until: float


@dataclass(slots=True)
class Registries:
    """Every registry that a source names. Schemas are kept for ever."""

    clock: Callable[[], float] = time.monotonic
    _known: dict[str, dict[int, Any]] = field(default_factory=dict)
    _failures: dict[tuple[str, int | None], _Failure] = field(default_factory=dict)
    """by registry and id; without id: of the whole registry"""
    _asking: dict[str, asyncio.Lock] = field(default_factory=dict)

    def known(self, registry: str | None) -> Mapping[int, Any]:
        """See `reading.Schemas`."""
        return self._known.setdefault(registry, {}) if registry else {}

    async def fetch(self, registry: str, schema_id: int) -> None:
        """See `reading.Schemas`."""
        async with self._asking.setdefault(registry, asyncio.Lock()):
            if schema_id in self.known(registry):
                return
            self._raise_what_is_remembered((registry, None), (registry, schema_id))
            if self._unknown(registry) >= _MOST_UNKNOWN:
                raise Unavailable("schema registry (too many unknown schemas)")
            try:
                schema = avro.compiled(_text(*await _answer(registry, schema_id), schema_id))
            except (Rejected, Unavailable) as error:
                self._remember(registry, schema_id if isinstance(error, Rejected) else None, error)
                # its address may hold a password: the log tells what happened, and not where
                logger.warning("schema_not_had", schema=schema_id, because=str(error))
                raise
            self._known.setdefault(registry, {})[schema_id] = schema

    def _raise_what_is_remembered(self, *keys: tuple[str, int | None]) -> None:
        for key in keys:
            failure = self._failures.get(key)
            if failure is not None and self.clock() < failure.until:
                raise failure.error.with_traceback(None)

    def _unknown(self, registry: str) -> int:
        """How many ids it didn't know lately."""
        now = self.clock()
        lately = (each for (of, _), each in self._failures.items() if of == registry and now < each.until)
        return sum(isinstance(each.error, Rejected) for each in lately)

    def _remember(self, registry: str, schema_id: int | None, error: LaurelError) -> None:
        if len(self._failures) >= _REMEMBERED:
            self._failures.clear()
        self._failures[registry, schema_id] = _Failure(error, self.clock() + PAUSE_SECONDS)


async def _answer(registry: str, schema_id: int) -> tuple[int, bytes]:
    """Raises Unavailable."""
    try:
        return await download(f"{registry.rstrip('/')}/schemas/ids/{schema_id}", seconds=PATIENCE_SECONDS)
    except Unavailable as error:
        raise Unavailable(f"schema registry ({error.dependency})") from error


def _text(status: int, content: bytes, schema_id: int) -> str:
    """The schema in a registry's answer. Raises Rejected if there is none, Unavailable if it is no answer."""
    if status == HTTPStatus.NOT_FOUND:
        raise Rejected(f"the source's schema registry has no schema {schema_id}", code="unknown_schema")
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError:
        answer = None
    match answer:
        case {"schema": str(text)} if status == HTTPStatus.OK:
            if answer.get("schemaType", "AVRO") != "AVRO" or answer.get("references"):
                raise Rejected("its schema is not of Avro alone", code="unreadable_schema")
            return text
    raise Unavailable(f"schema registry (status {status})")
