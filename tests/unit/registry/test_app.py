"""The registry is wired to everything that it promises to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.registry.app import create_app
from services.registry.settings import RegistrySettings
from shared.contracts import topics
from shared.runtime.secrets import InsecureSecret


def settings(folder: Path, mode: int = 0o600) -> RegistrySettings:
    key = folder / "deployment.key"
    key.write_text("ab" * 32)
    key.chmod(mode)
    return RegistrySettings(secrets=folder, state_dir=folder)


async def test_it_consumes_every_topic_that_names_it_and_sweeps_what_lacks_its_next_step(tmp_path: Path) -> None:
    service = create_app(settings(tmp_path))

    assert set(service._routes) == {each.name for each in topics.ALL if service.name in each.consumers}
    assert {name for _, _, name in service._sweeps} == {
        "first-lists", "next-lists", "status-lists", "status-facts", "notes", "announcements", "keys",
    }  # fmt: skip


async def test_it_does_not_start_on_a_secret_that_others_may_read(tmp_path: Path) -> None:
    with pytest.raises(InsecureSecret):
        create_app(settings(tmp_path, 0o644))


def test_the_defaults_keep_every_list_younger_than_the_objective() -> None:
    objective = 600
    defaults = RegistrySettings()

    assert defaults.list_max_age_seconds + defaults.sweep_seconds + defaults.patience_seconds < objective
