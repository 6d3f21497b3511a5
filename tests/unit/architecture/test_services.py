"""Every folder of services is a service, wired alike: a new one is held to this without being named here."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from faststream import AckPolicy

from services.devstack.environment import NOT_SERVICES, service_names
from shared.contracts import topics
from shared.runtime.service import Service
from shared.runtime.settings import Settings

SERVICES = Path(__file__).parents[3] / "services"
FOLDERS = sorted(
    each for each in SERVICES.iterdir() if any(each.glob("*.py")) and each.name not in NOT_SERVICES
)  # fmt: skip
NAMES = [each.name for each in FOLDERS]
THE_SAME = ("__init__", "__main__", "app", "settings")
KAFKA = re.compile(r"^\s*(?:from|import) (?:faststream|aiokafka)\b", re.MULTILINE)


def settings_of(name: str) -> type[Settings]:
    module = importlib.import_module(f"services.{name}.settings")
    [own] = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Settings) and each.__module__ == module.__name__
    ]
    return own


@pytest.fixture
def wired(tmp_path: Path) -> Any:
    """A service, wired by its own app, connected to nothing."""
    key = tmp_path / "deployment.key"
    key.write_text("ab" * 32)
    key.chmod(0o600)

    def wire(name: str) -> Service:
        made = importlib.import_module(f"services.{name}.app").create_app(
            settings_of(name)(secrets=tmp_path, state_dir=tmp_path)
        )
        assert isinstance(made, Service)
        return made

    return wire


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_every_service_has_the_same_files(folder: Path) -> None:
    missing = [name for name in THE_SAME if not (folder / f"{name}.py").is_file()]

    assert missing == []


def test_every_service_is_started_by_the_embedded_run() -> None:
    assert list(service_names()) == NAMES


@pytest.mark.parametrize("name", NAMES)
async def test_every_service_consumes_the_topics_that_name_it_and_no_other(name: str, wired: Any) -> None:
    service = wired(name)

    assert service.name == name, "its consumer group and its dead letters are named so"
    assert set(service._routes) == {each.name for each in topics.ALL if name in each.consumers}


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_that_a_service_consumes_is_acknowledged_by_itself(name: str, wired: Any) -> None:
    # every other policy of FastStream's commits what was read though handling it failed, or before it began
    service = wired(name)
    if not (service._routes or service._pattern):
        return

    consumer = service._make_consumer()

    subscribers = list(consumer._broker.subscribers)
    assert [each.ack_policy for each in subscribers] == [AckPolicy.MANUAL]
    consumer._inflight.close()


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_consumers_and_producers_are_made_by_the_runtime_alone(folder: Path) -> None:
    speaking = [path.name for path in folder.rglob("*.py") if KAFKA.search(path.read_text())]

    assert speaking == []
