"""Fetching something small from an address that the operator named: a key set, a schema."""

from __future__ import annotations

import asyncio

import httpx

from shared.errors import Unavailable

MAX_BYTES = 256 * 1024


async def download(address: str, *, seconds: float) -> tuple[int, bytes]:
    """Status and content: no redirects, no compression, 256 KiB at most. Raises Unavailable, without the address."""
    content = bytearray()
    try:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(follow_redirects=False) as http,
            http.stream("GET", address, headers={"Accept-Encoding": "identity"}) as answer,
        ):
            async for chunk in answer.aiter_raw():
                content += chunk
                if len(content) > MAX_BYTES:
                    raise Unavailable("an answer that is too large")
            return answer.status_code, bytes(content)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
        raise Unavailable(type(error).__name__) from error
