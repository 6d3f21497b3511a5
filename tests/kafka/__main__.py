"""`python -m tests.kafka -- COMMAND…` runs a command beside a fresh Apache Kafka and passes on its exit code.

Exit code 3: this machine can't run Apache Kafka, and says why. Without a command Kafka runs until Ctrl-C.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import FrameType

from tests.kafka.server import CannotRun, Kafka, jars, java, running

CANNOT_RUN = 3


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        return check()
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        with running() as kafka:
            print(f"Apache Kafka is running at {kafka.plaintext} (pid {kafka.pid})", file=sys.stderr)
            return run(command, kafka) if command else wait(kafka)
    except CannotRun as reason:
        print(f"Not run against Apache Kafka: {reason}", file=sys.stderr)
        return CANNOT_RUN
    except KeyboardInterrupt:
        return 130


def check() -> int:
    """Whether Kafka could be run here, fetching it where it could: for a gate that says so instead of failing."""
    try:
        java()
        jars()
    except CannotRun as reason:
        print(f"Not run against Apache Kafka: {reason}")
        return CANNOT_RUN
    return 0


def run(command: list[str], kafka: Kafka) -> int:
    """The command's exit code; it is asked to stop, and waited for, when we are."""
    process = subprocess.Popen(command, env={**os.environ, **kafka.environment()})
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def wait(kafka: Kafka) -> int:
    for name, value in kafka.environment().items():
        print(f"export {name}={value}")
    sys.stdout.flush()
    signal.pause()
    return 0


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
