"""Instructure's public keys: fetched when they are needed, remembered, and never waited for long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import jwt
import orjson
import structlog

from services.intake.canvas_jwt import ALGORITHM
from services.intake.download import download
from shared.errors import Unavailable

logger = structlog.get_logger()

PUBLISHED = "https://8axpcl50e4.execute-api.us-east-1.amazonaws.com/main/jwks"
"""Instructure's own address, for production and beta"""
FRESH_SECONDS = 3600.0
PAUSE_SECONDS = 60.0
"""between two attempts, whoever asks for whichever key"""
STALE_SECONDS = 86400.0
"""how long keys are good for while their address doesn't answer"""
_PATIENCE_SECONDS = 5.0

Fetch = Callable[[str], Awaitable[bytes]]


@dataclass(slots=True)
class _Known:
    keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    fetched_at: float | None = None
    tried_at: float | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class CanvasKeys:
    """Keys by address and id. Strangers who name keys that don't exist cause one request a minute at most."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._known: dict[str, _Known] = {}

    async def key(self, address: str, kid: str) -> jwt.PyJWK | None:
        """The key; None if the address knows no such key. Raises Unavailable while it can't be asked."""
        known = self._known.setdefault(address, _Known())
        if kid not in known.keys or self._older(known.fetched_at, FRESH_SECONDS):
            async with known.lock:
                if self._older(known.tried_at, PAUSE_SECONDS):
                    await self._refresh(address, known)
        is_answered = known.fetched_at is not None and known.fetched_at == known.tried_at
        if not is_answered and (kid not in known.keys or self._older(known.fetched_at, STALE_SECONDS)):
            raise Unavailable("the address of Canvas' public keys")
        return known.keys.get(kid)

    async def _refresh(self, address: str, known: _Known) -> None:
        known.tried_at = self._clock()
        try:
            keys = _usable(await self._fetch(address))
        except Unavailable:
            logger.error("canvas_keys_unavailable", address=address)
            return
        known.keys, known.fetched_at = keys, known.tried_at

    def _older(self, moment: float | None, seconds: float) -> bool:
        return moment is None or self._clock() - moment >= seconds


async def fetched(address: str) -> bytes:
    """What is published there. Raises Unavailable."""
    status, content = await download(address, seconds=_PATIENCE_SECONDS)
    if status != HTTPStatus.OK:
        raise Unavailable(address)
    return content


def _usable(content: bytes) -> dict[str, jwt.PyJWK]:
    """RSA keys by id; others that may be there are for others. Raises Unavailable for what is no key set."""
    try:
        listed = orjson.loads(content)["keys"]
        found = [(each["kid"], _key(each)) for each in listed if each.get("kty") == "RSA"]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise Unavailable("a JWKS") from error
    return {kid: key for kid, key in found if key is not None}


def _key(jwk: dict[str, Any]) -> jwt.PyJWK | None:
    try:
        return jwt.PyJWK(jwk, ALGORITHM)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
