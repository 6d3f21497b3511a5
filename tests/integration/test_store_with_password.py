"""MongoDB's names and passwords are part of its address: nothing else changes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pymongo
import pytest
from pydantic import SecretStr

from services.devstack.children import Child
from services.devstack.ports import accepts, free_port
from services.devstack.servers import Store
from shared.errors import Unavailable
from shared.runtime.mongo import connect, insert_new, translated
from shared.runtime.settings import Settings

NAME, PASSWORD = "laurel", "correct horse/battery@staple"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A store that lets nobody in without a password; its user was made before it was locked."""
    folder = tmp_path_factory.mktemp("locked")
    port = free_port()
    open_store = Store.start(folder, port)
    with pymongo.MongoClient[dict[str, object]]("127.0.0.1", port) as client:
        client.admin.command("createUser", NAME, pwd=PASSWORD, roles=["root"])
    open_store.stop()
    child = Child.start(
        "locked-store",
        [
            *(str(Path(sys.executable).parent / "secantusd-py"), "--host", "127.0.0.1", "--port", str(port)),
            *("--storage-path", str(folder / "store"), "--sync-on-commit", "--auth", "--log-level", "WARNING"),
        ],
        log=folder / "logs" / "locked.log",
        home=folder / "home",
    )
    child.wait_until(lambda: accepts(port))
    yield port
    child.stop()


def told(port: int, who: str) -> Settings:
    uri = f"mongodb://{who}127.0.0.1:{port}/?w=majority&journal=true&authSource=admin"
    return Settings(mongo_uri=SecretStr(uri), mongo_timeout_ms=2000)


async def test_the_runtime_reads_and_writes_with_a_name_and_a_password(port: int) -> None:
    database = connect(told(port, "laurel:correct%20horse%2Fbattery%40staple@"))

    existed = await insert_new(database["awards"], [{"_id": "1"}, {"_id": "2"}])
    again = await insert_new(database["awards"], [{"_id": "2"}, {"_id": "3"}])

    assert (existed, again) == (set(), {"2"})
    assert await database["awards"].count_documents({}) == 3


@pytest.mark.parametrize("who", ["", "laurel:wrong@"], ids=["nobody", "a-wrong-password"])
async def test_without_the_right_password_the_store_is_unavailable_and_nothing_is_refused(port: int, who: str) -> None:
    database = connect(told(port, who))

    with pytest.raises(Unavailable), translated("awards"):
        await database["awards"].find_one({})
