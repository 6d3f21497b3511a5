"""Schema registries over HTTP, against a small server of ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from services.intake import registry as under_test
from services.intake.registry import PAUSE_SECONDS, Registries
from shared.errors import Rejected, Unavailable

SCHEMA = {"type": "record", "name": "Thing", "fields": [{"name": "number", "type": "long"}]}


class Server:
    """Answers what it was told to, and counts."""

    def __init__(self) -> None:
        self.status = 200
        self.answer: bytes = json.dumps({"schema": json.dumps(SCHEMA)}).encode()
        self.more = ""
        self.silent = False
        self.asked: list[str] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(request.split(b" ")[1].decode())
        if self.silent:
            await asyncio.sleep(30)
        writer.write(f"HTTP/1.1 {self.status} x\r\nContent-Length: {len(self.answer)}\r\n{self.more}\r\n".encode())
        writer.write(self.answer)
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/apis/ccompat/v7/"
    yield made
    listening.close()


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registries(clock: Clock) -> Registries:
    return Registries(clock)


async def test_a_schema_is_fetched_once_and_kept(registries: Registries, server: Server, clock: Clock) -> None:
    known = registries.known(server.url)

    await registries.fetch(server.url, 7)
    clock.now += 10**9
    await registries.fetch(server.url, 7)

    assert server.asked == ["/apis/ccompat/v7/schemas/ids/7"]
    assert known[7]["name"] == "Thing"
    assert registries.known("http://other.example.org") == {}


async def test_those_who_need_the_same_one_at_once_ask_once(registries: Registries, server: Server) -> None:
    await asyncio.gather(*(registries.fetch(server.url, 7) for _ in range(5)))

    assert len(server.asked) == 1


async def test_an_unknown_id_is_refused_and_asked_for_again_later(
    registries: Registries, server: Server, clock: Clock
) -> None:
    server.status, server.answer = 404, b'{"error_code":40403,"message":"Schema 9 not found"}'

    for _ in range(3):
        with pytest.raises(Rejected) as refused:
            await registries.fetch(server.url, 9)
        assert refused.value.code == "unknown_schema"
    assert len(server.asked) == 1
    server.status, server.answer = 200, json.dumps({"schema": json.dumps(SCHEMA)}).encode()
    await registries.fetch(server.url, 7)
    clock.now += PAUSE_SECONDS
    await registries.fetch(server.url, 9)

    assert set(registries.known(server.url)) == {7, 9}


@pytest.mark.parametrize("status", [301, 400, 401, 403, 429, 500, 503])
async def test_a_registry_that_does_not_answer_properly_is_down(
    registries: Registries, server: Server, status: int
) -> None:
    server.status, server.more = status, "Location: http://127.0.0.1:1/\r\n"

    with pytest.raises(Unavailable, match=str(status)):
        await registries.fetch(server.url, 7)


async def test_one_that_is_down_is_not_asked_again_at_once_for_any_id(
    registries: Registries, server: Server, clock: Clock
) -> None:
    server.status = 503

    for number in range(5):
        with pytest.raises(Unavailable):
            await registries.fetch(server.url, number)
    server.status = 200
    clock.now += PAUSE_SECONDS
    await registries.fetch(server.url, 7)

    assert len(server.asked) == 2


async def test_one_that_is_down_holds_up_no_other(registries: Registries, server: Server) -> None:
    with pytest.raises(Unavailable):
        await registries.fetch("http://127.0.0.1:1", 7)

    await registries.fetch(server.url, 7)


@pytest.mark.parametrize("address", ["nonsense", "http://[", "ftp://registry.example.org", "http://127.0.0.1:1"])
async def test_an_address_where_nobody_is_tells_nothing_of_itself(registries: Registries, address: str) -> None:
    with pytest.raises(Unavailable) as down:
        await registries.fetch(address, 7)

    assert address not in str(down.value)


async def test_silence_is_not_waited_for_long(
    registries: Registries, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "PATIENCE_SECONDS", 0.1)
    server.silent = True

    with pytest.raises(Unavailable, match="Timeout"):
        await registries.fetch(server.url, 7)


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b"{}", b'{"schema": 7}', b"\xff" * 300_000])
async def test_an_answer_that_is_none_is_an_outage(registries: Registries, server: Server, answer: bytes) -> None:
    server.answer = answer

    with pytest.raises(Unavailable):
        await registries.fetch(server.url, 7)


@pytest.mark.parametrize(
    "answer",
    [
        {"schema": "syntax = 'proto3';", "schemaType": "PROTOBUF"},
        {"schema": json.dumps(SCHEMA), "references": [{"name": "Other", "subject": "s", "version": 1}]},
        {"schema": "{"},
        {"schema": '"null"'},
    ],
)
async def test_a_schema_that_can_not_be_read_by_is_refused(
    registries: Registries, server: Server, answer: dict[str, object]
) -> None:
    server.answer = json.dumps(answer).encode()

    with pytest.raises(Rejected) as refused:
        await registries.fetch(server.url, 7)

    assert refused.value.code == "unreadable_schema"


async def test_ids_that_are_made_up_soon_cost_nobody_any_time(server: Server, clock: Clock) -> None:
    registries = Registries(clock)
    server.status = 404
    for schema_id in range(20):
        with pytest.raises(Rejected):
            await registries.fetch(server.url, schema_id)

    for schema_id in range(20, 1000):
        with pytest.raises(Unavailable):
            await registries.fetch(server.url, schema_id)

    assert len(server.asked) == 20
    server.status = 200
    clock.now += PAUSE_SECONDS
    await registries.fetch(server.url, 1000)
    assert 1000 in registries.known(server.url)
