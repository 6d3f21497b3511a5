"""Fixtures that more than one suite uses: a real broker and a real store, started once a test process."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from services.devstack.servers import Broker, Store


@pytest.fixture(scope="session", autouse=True)
def ctrl_c() -> None:
    """A shell that starts the suite in the background has it ignore Ctrl-C, and what the suite starts would as well."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """Where the session's servers keep logs, HOME and data; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="laurel-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def broker(server_folder: Path) -> Iterator[Broker]:
    """The embedded broker. Tests that pause or kill one start their own."""
    server = Broker.start(server_folder / "broker")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> str:
    """A bootstrap address: Apache Kafka's where LAUREL_TEST_KAFKA names one, else the embedded broker's."""
    real = os.environ.get("LAUREL_TEST_KAFKA")
    if real:
        return real
    embedded: Broker = request.getfixturevalue("broker")
    return embedded.bootstrap


@pytest.fixture(scope="session")
def store(server_folder: Path) -> Iterator[Store]:
    """The embedded store. Tests that kill one start their own."""
    server = Store.start(server_folder / "store")
    yield server
    server.stop()


@pytest.fixture
async def database(store: Store) -> AsyncIterator[Any]:
    """A database of the test's own (motor, aware datetimes, majority), dropped afterwards."""
    client: Any = AsyncIOMotorClient(store.uri, tz_aware=True, w="majority")
    name = f"test_{secrets.token_hex(6)}"
    yield client[name]
    await client.drop_database(name)
    client.close()
