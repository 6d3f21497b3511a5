"""The run in the background that `laurel up` starts and `laurel down` ends: found by a lock that only it can hold."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LOCK = "up.lock"
ADDRESSES = "up.json"


class AlreadyRunning(Exception):
    """Another run holds the lock of this folder."""


@contextmanager
def holding(state: Path) -> Iterator[Path]:
    """Holds the folder's lock for as long as this process lives, however it dies; gives the path of `up.json`."""
    state.mkdir(parents=True, exist_ok=True)
    addresses = state / ADDRESSES
    with (state / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = f"Laurel is already up here (process {holder(state)}): end it with `laurel down`"
            raise AlreadyRunning(msg) from error
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        addresses.unlink(missing_ok=True)
        try:
            yield addresses
        finally:
            addresses.unlink(missing_ok=True)


def write(addresses: Path, content: dict[str, Any]) -> None:
    """Tells that the run is ready, all at once."""
    unfinished = addresses.with_suffix(".unfinished")
    unfinished.write_text(json.dumps({"pid": os.getpid(), **content}, indent=2) + "\n")
    unfinished.replace(addresses)


def holder(state: Path) -> int | None:
    """The process that holds the lock now; None when nobody does, so that a stale number is never signalled."""
    try:
        with (state / LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        text = (state / LOCK).read_text().strip()
        return int(text) if text.isdigit() else None
    return None


def running(state: Path) -> dict[str, Any] | None:
    """What `up.json` says, if a run holds the lock and is ready."""
    if holder(state) is None:
        return None
    try:
        found: dict[str, Any] = json.loads((state / ADDRESSES).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return found


def end(state: Path, timeout: float = 30.0) -> bool:
    """Asks the run to stop and waits until it is gone; False when there was none."""
    pid = holder(state)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while holder(state) == pid:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)  # its children die with it
            deadline += timeout
        time.sleep(0.1)
    return True
