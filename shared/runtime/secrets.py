"""Secrets are files that only their owner may read."""

from __future__ import annotations

import stat
from pathlib import Path

from shared.errors import LaurelError

_SHORTEST = 16


class MissingSecret(LaurelError):
    """The file of a secret isn't there."""


class InsecureSecret(LaurelError):
    """The file of a secret can be read by others than its owner."""


class MalformedSecret(LaurelError):
    """The file of a secret doesn't hold one."""


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
    """The deployment's HMAC secret, from which ids, salts and status positions are derived.

    Raises MalformedSecret for one that is no hexadecimal or too short: with an empty one anybody could guess them.
    """
    path = folder / "deployment.key"
    try:
        secret = bytes.fromhex(read_secret(path).decode("ascii"))
    except ValueError:
        secret = b""
    if len(secret) < _SHORTEST:
        msg = f"secret {path} must be {_SHORTEST} bytes or more in hexadecimal: restore it, or make a new deployment's"
        raise MalformedSecret(msg)
    return secret
