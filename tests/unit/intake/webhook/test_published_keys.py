"""Fetching what somebody else publishes: never for long, never much, never somewhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from services.intake import canvas_keys
from shared.errors import Unavailable

OK = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"
Speak = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(speak: Speak) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            await speak(writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/jwks"


def saying(*parts: bytes) -> Speak:
    async def speak(writer: asyncio.StreamWriter) -> None:
        for each in parts:
            writer.write(each)
            await writer.drain()

    return speak


async def test_what_is_published_is_fetched() -> None:
    async with server(saying(OK, b'{"keys":', b" []}")) as address:
        assert await canvas_keys.fetched(address) == b'{"keys": []}'


@pytest.mark.parametrize(
    "parts",
    [
        (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",),
        (b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n", b"cut"),
        (b"no HTTP at all\r\n\r\n",),
        (OK, *[b"x" * 64 * 1024] * 5),
        (),
    ],
)
async def test_all_else_is_an_outage(parts: tuple[bytes, ...]) -> None:
    async with server(saying(*parts)) as address:
        with pytest.raises(Unavailable):
            await canvas_keys.fetched(address)


async def test_an_answer_that_drips_in_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canvas_keys, "_PATIENCE_SECONDS", 0.3)

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with server(drip) as address, asyncio.timeout(5):
        with pytest.raises(Unavailable):
            await canvas_keys.fetched(address)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "https://[", "nonsense", "http://\x00/"])
async def test_an_address_that_nobody_answers_at_is_an_outage(address: str) -> None:
    with pytest.raises(Unavailable):
        await canvas_keys.fetched(address)
