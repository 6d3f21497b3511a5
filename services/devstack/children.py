"""Child processes that never outlive us: started in a group of their own, signalled as a group, dead when we die."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

PR_SET_PDEATHSIG = 1
LEASH = (sys.executable, "-m", "services.devstack.leash")


class DidNotStart(Exception):
    """A child ended, or never answered, before it was ready; the message names its log."""


class Child:
    """One process in a process group of its own, so that Ctrl-C in the terminal reaches us and not it.

    It is killed by the kernel when the thread that started it dies (elsewhere than on Linux: by a small leash
    process). Start children from the main thread.
    """

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    @classmethod
    def start(cls, name: str, argv: Sequence[str], *, log: Path, home: Path, env: Mapping[str, str] | None = None,
              cwd: Path | None = None) -> Self:  # fmt: skip
        """Starts `argv` with HOME inside our own folder; its output is appended to `log`."""
        home.mkdir(parents=True, exist_ok=True)
        log.parent.mkdir(parents=True, exist_ok=True)
        surroundings = {**os.environ, **(env or {}), "HOME": str(home), "PYTHONUNBUFFERED": "1"}
        linux = sys.platform == "linux"
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 (our own commands)
                list(argv) if linux else [*LEASH, *argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=surroundings,
                cwd=cwd,
                start_new_session=True,
                preexec_fn=_dies_with(os.getpid()) if linux else None,
            )
        return cls(name, process, log)

    @property
    def pid(self) -> int:
        """Its process id, which is also that of its group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def alive(self) -> bool:
        """Whether it still runs (a paused one does)."""
        return self.exit_code is None

    def terminate(self) -> None:
        """Asks it to stop, and returns at once."""
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)

    def stop(self, grace: float = 5.0) -> None:
        """Ends it, kindly first; returns when it is gone."""
        self.terminate()
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """kill -9, and waits until it is gone."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def pause(self) -> None:
        """Freezes it: connections stay open and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Lets a paused one go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self.alive():
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:
                return

    def wait_until(self, answers: Callable[[], bool], timeout: float = 30.0) -> None:
        """Returns once it answers and is still alive; raises DidNotStart otherwise."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if not self.alive():
                break
            if answers():
                time.sleep(0.02)  # a taken port answers too: ours would be dead by now
                if self.alive():
                    return
            time.sleep(0.05)
        state = "did not answer" if self.alive() else f"ended with {self.exit_code}"
        self.stop()
        tail = b"\n".join(self.log.read_bytes().splitlines()[-5:]).decode(errors="replace") if self.log.exists() else ""
        msg = f"{self.name} {state}; see {self.log}\n{tail}"
        raise DidNotStart(msg)


def _dies_with(parent: int) -> Callable[[], None]:
    libc = ctypes.CDLL(None)

    def in_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return in_child
