"""Secrets are files that only their owner may read."""

from __future__ import annotations

import stat
from pathlib import Path

from shared.errors import LaurelError


class MissingSecret(LaurelError):
    """The file of a secret isn't there."""


class InsecureSecret(LaurelError):
    """The file of a secret can be read by others than its owner."""


def read_secret(path: Path) -> bytes:
    """The secret without surrounding white space. Raises MissingSecret, or InsecureSecret for a mode beyond 0600."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        msg = f"secret {path} can't be read: create it with `laurel secrets init`"
        raise MissingSecret(msg) from error
    if stat.S_IMODE(mode) & 0o077:
        msg = f"secret {path} has mode {stat.S_IMODE(mode):04o}: run `chmod 600` on it"
        raise InsecureSecret(msg)
    return path.read_bytes().strip()


def deployment_secret(folder: Path) -> bytes:
    """The deployment's HMAC secret, from which ids, salts and status positions are derived."""
    return bytes.fromhex(read_secret(folder / "deployment.key").decode("ascii"))
