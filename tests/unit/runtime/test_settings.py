from pathlib import Path

import pytest

from shared.runtime.settings import Settings


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAUREL_KAFKA", "kafka.example.org:9093")

    assert Settings().kafka == "kafka.example.org:9093"


def test_secrets_may_be_files_of_the_variables_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "LAUREL_KAFKA_PASSWORD").write_text("not in the environment")
    monkeypatch.setenv("LAUREL_SETTINGS_DIR", str(tmp_path))

    password = Settings().kafka_password

    assert password is not None
    assert password.get_secret_value() == "not in the environment"
    assert "not in the environment" not in repr(Settings())
