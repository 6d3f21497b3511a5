"""Where the kernel has no parent-death signal: run a command, and end it when our own parent is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from types import FrameType


def main(argv: list[str]) -> int:
    """Its process group is ours, so signals to the group reach both."""
    parent = os.getppid()
    process = subprocess.Popen(argv)  # noqa: S603 (our own command)

    def leave_it_to_the_child(number: int, frame: FrameType | None) -> None:
        del number, frame

    signal.signal(signal.SIGTERM, leave_it_to_the_child)
    while process.poll() is None:
        if os.getppid() != parent:
            os.killpg(os.getpgid(0), signal.SIGKILL)
        time.sleep(0.2)
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
