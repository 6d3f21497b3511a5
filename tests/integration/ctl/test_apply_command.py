from __future__ import annotations

import json
import secrets
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.ctl.__main__ import app
from services.devstack.servers import Store

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"


def test_apply_names_sources_that_intake_would_never_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAUREL_MONGO_URI", store.uri)
    monkeypatch.setenv("LAUREL_MONGO_DATABASE", f"test_{secrets.token_hex(6)}")
    arguments = ["catalogue", "apply", str(EXAMPLES), "--dry-run"]

    by_default = CliRunner().invoke(app(), [*arguments, "--json"])
    monkeypatch.setenv("LAUREL_INTAKE_TOPICS", "^events$")
    told_otherwise = CliRunner().invoke(app(), arguments)

    assert json.loads(by_default.stdout)["unread"] == []
    assert told_otherwise.exit_code == 0
    assert "never read: example-university/" in told_otherwise.stdout
    assert "LAUREL_INTAKE_TOPICS" in told_otherwise.stdout
