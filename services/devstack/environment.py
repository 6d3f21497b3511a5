"""What the embedded run tells its services by their environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import services
from shared.contracts import topics

NOT_SERVICES = ("ctl", "devstack")
OTHERS_TOPICS = (
    "^(?!__)(?!.*\\.dlq$)(?!(?:" + "|".join(re.escape(topic.name) for topic in topics.ALL) + ")$).+$"
)  # fmt: skip
"""Every topic that is neither Laurel's own nor dead letters is a source's: a new one needs no restart."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the servers and services of a run are reached."""

    kafka: str
    mongo_uri: str
    smtp_port: int
    ports: Mapping[str, int]
    """HTTP port of each service"""

    def url(self, service: str) -> str:
        """The base address of a service's HTTP face."""
        return f"http://127.0.0.1:{self.ports[service]}"

    @property
    def portal(self) -> str | None:
        """Where badge pages are."""
        return self.url("portal") if "portal" in self.ports else None

    @property
    def webhook(self) -> str | None:
        """Below it are `/<tenant>/<source>`."""
        return f"{self.url('intake')}/webhooks" if "intake" in self.ports else None


def service_names() -> tuple[str, ...]:
    """Every package of services that can be run as a process: a new one needs no entry anywhere."""
    found = (each.parent.name for folder in services.__path__ for each in Path(folder).glob("*/__main__.py"))
    return tuple(sorted(name for name in found if name not in NOT_SERVICES))


def settings(addresses: Addresses, secrets: Path) -> dict[str, str]:
    """The settings that every process of the run shares, the operator's command included; no secret among them."""
    shared = {
        "kafka": addresses.kafka,
        "kafka_idempotent": "false",
        "kafka_session_timeout_ms": "1500",
        "kafka_heartbeat_ms": "400",
        "mongo_uri": addresses.mongo_uri,
        "secrets": str(secrets),
        "embedded": "true",
        "topic_partitions": "3",
        "topic_replication": "1",
        "intake_topics": OTHERS_TOPICS,
    }
    return shared | ({"portal_url": addresses.portal} if addresses.portal else {})


def for_service(name: str, addresses: Addresses, secrets: Path, state: Path) -> dict[str, str]:
    """`LAUREL_*` for one service."""
    own = {
        "http_host": "127.0.0.1",
        "http_port": str(addresses.ports[name]),
        "state_dir": str(state / name),
        "instance": "1",
        "smtp_host": "127.0.0.1",
        "smtp_port": str(addresses.smtp_port),
        "smtp_tls": "none",
    }
    return {f"LAUREL_{key.upper()}": value for key, value in (settings(addresses, secrets) | own).items()}
