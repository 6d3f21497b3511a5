from __future__ import annotations

from pathlib import Path

import pytest

from services.intake.app import create_app
from services.intake.settings import IntakeSettings
from shared.errors import LaurelError


def test_intake_is_wired_with_its_webhook_and_its_topics(tmp_path: Path) -> None:
    key = tmp_path / "deployment.key"
    key.write_text("ab" * 32)
    key.chmod(0o600)

    service = create_app(IntakeSettings(secrets=tmp_path), environment={})

    assert service.name == "intake"
    assert service.http.url_path_for("receive", tenant="north", source="hook") == "/webhooks/north/hook"


def test_intake_refuses_a_secret_that_others_can_read(tmp_path: Path) -> None:
    key = tmp_path / "deployment.key"
    key.write_text("ab" * 32)
    key.chmod(0o644)

    with pytest.raises(LaurelError, match="0644"):
        create_app(IntakeSettings(secrets=tmp_path), environment={})
