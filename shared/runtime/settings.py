"""What every service is told by its environment. A service adds what only it needs in its own settings module."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from `LAUREL_*`, or from files of those names in the folder that `LAUREL_SETTINGS_DIR` names.

    Defaults are safe for production; no secret has one.
    """

    model_config = SettingsConfigDict(env_prefix="LAUREL_", frozen=True, extra="ignore")

    def __init__(self, **values: Any) -> None:
        super().__init__(_secrets_dir=os.environ.get("LAUREL_SETTINGS_DIR"), **values)

    kafka: str = "127.0.0.1:9092"
    """bootstrap servers, comma-separated"""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca_file: Path | None = None
    kafka_idempotent: bool = True
    """off only for a broker that can't (the embedded one)"""
    kafka_session_timeout_ms: int = 45_000
    kafka_heartbeat_ms: int = 3_000
    kafka_group_instance_id: str | None = None
    """static membership: the stable name of this process, where the broker supports it"""
    kafka_request_timeout_ms: int = 15_000

    mongo_uri: SecretStr = SecretStr("mongodb://127.0.0.1:27017/?w=majority&journal=true")
    mongo_database: str = "laurel"
    mongo_timeout_ms: int = 5_000

    http_host: str = "127.0.0.1"
    http_port: int = 8080

    secrets: Path = Path("/run/secrets/laurel")
    """folder of key files, 0600 each"""
    state_dir: Path = Path("/var/lib/laurel")
    """small files that outlive a crash: what was in flight"""
    instance: str = "1"
    """tells processes of one service on one state folder apart"""
    embedded: bool = False
    """the newcomer's run: generated secrets are accepted"""
    portal_url: str | None = None
    """where the portal is reached in the embedded run; in production addresses are the issuers' own"""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    batch_max_records: int = 1000
    batch_wait_ms: int = 25
    backoff_max_seconds: float = 10.0
    breaker_refusals: int = 50
    breaker_retest_seconds: float = 30.0
    stuck_after_seconds: float = 120.0
    catalogue_poll_seconds: float = 1.0
    sweep_seconds: float = 5.0
