"""A process that crashes says where in its log, and nothing of what it was given."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

SCRIPT = """
from shared.errors import LaurelError
from shared.runtime.service import Service
from shared.runtime.settings import Settings

class Doomed(Service):
    async def serve(self):
        raise {error}

Doomed("doomed", Settings()).run()
"""


def crash(error: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """A service in a process of its own, as `run` changes the whole process's logging; and its log's last line."""
    command = [sys.executable, "-c", SCRIPT.format(error=error)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done, json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    "error",
    ['KeyError("ada lovelace")', 'ExceptionGroup("ada lovelace", [KeyError("ada lovelace")])'],
    ids=["alone", "in a group"],
)
def test_a_crash_is_logged_by_type_and_place_and_ends_with_1(error: str) -> None:
    done, said = crash(error)

    assert done.returncode == 1
    assert (said["event"], said["service"], said["level"]) == ("crashed", "doomed", "critical")
    assert said["error"].startswith("KeyError at ")
    assert "ada" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_an_error_of_ours_is_logged_by_its_message() -> None:
    done, said = crash('LaurelError("the key ring is empty: make keys")')

    assert done.returncode == 1
    assert said["error"] == "the key ring is empty: make keys"
    assert "Traceback" not in done.stderr
