from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from services.devstack import detached

HOLD = """
import sys, time
from pathlib import Path
from services.devstack import detached
with detached.holding(Path(sys.argv[1])) as addresses:
    detached.write(addresses, {"portal": "here"})
    print("up", flush=True)
    time.sleep(60)
"""


def hold(state: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(state)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    return process


def test_a_run_is_found_by_the_lock_that_it_holds(tmp_path: Path) -> None:
    process = hold(tmp_path)

    found = detached.running(tmp_path)
    process.kill()
    process.wait()

    assert found == {"pid": process.pid, "portal": "here"}


def test_a_run_that_was_killed_leaves_nothing_that_could_be_signalled(tmp_path: Path) -> None:
    process = hold(tmp_path)
    process.kill()
    process.wait()

    assert detached.running(tmp_path) is None
    assert detached.end(tmp_path) is False


def test_down_ends_the_run_and_waits_for_it(tmp_path: Path) -> None:
    process = hold(tmp_path)

    ended = detached.end(tmp_path)

    assert ended
    assert process.wait(5) != 0


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    process = hold(tmp_path)

    with pytest.raises(detached.AlreadyRunning, match=str(process.pid)), detached.holding(tmp_path):
        pass
    process.kill()
    process.wait()


def test_a_stale_number_of_somebody_elses_process_is_ignored(tmp_path: Path) -> None:
    (tmp_path / detached.LOCK).write_text(str(os.getpid()))
    (tmp_path / detached.ADDRESSES).write_text('{"pid": 1}')

    began = time.monotonic()

    assert detached.running(tmp_path) is None
    assert detached.end(tmp_path) is False
    assert time.monotonic() - began < 1
