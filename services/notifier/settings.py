"""What only the notifier needs to know: the mail server, and how patiently it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from shared.runtime.settings import Settings


class NotifierSettings(Settings):
    """`smtp_tls` is on unless it is turned off; the embedded run's mail sink knows no TLS."""

    smtp_host: str = "localhost"
    smtp_port: int = 25
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: Literal["none", "starttls", "tls"] | None = None
    """unset: STARTTLS is required, except in the embedded run"""
    smtp_ca_file: Path | None = None
    """whose certificates the mail server's must descend from; unset: the system's"""
    smtp_timeout_seconds: float = Field(default=30.0, gt=0)
    """for each answer of the mail server"""
    mail_from: str | None = None
    """address or `Name <address>` that every e-mail is from; unset: the issuer's name and address"""

    sender_interval: float = Field(default=1.0, gt=0)
    """seconds between looks at what is due; new deliveries of this process are seen at once"""
    sender_in_flight: int = Field(default=4, ge=1, le=16)
    """the most e-mails that a crash can leave in doubt"""
    sender_lease_seconds: float = Field(default=90.0, gt=0)
    """how long a claimed delivery is left alone; longer than the mail server may take"""
    sender_backoff_max_seconds: float = Field(default=60.0, gt=0)
    """the longest pause while the mail server can't be reached"""
    digest_hold_seconds: float = Field(default=60.0, ge=0)
    """how long one e-mail about several badges waits for another badge"""

    @property
    def smtp_security(self) -> Literal["none", "starttls", "tls"]:
        """What `smtp_tls` comes to."""
        if self.smtp_tls is not None:
            return self.smtp_tls
        return "none" if self.embedded else "starttls"

    @model_validator(mode="after")
    def _a_lease_outlives_a_handover(self) -> Self:
        if self.sender_lease_seconds <= 2 * self.smtp_timeout_seconds:
            msg = "sender_lease_seconds must exceed twice smtp_timeout_seconds, or a slow mail server makes twins"
            raise ValueError(msg)
        return self
