"""The secrets folder: made once, readable by its owner alone, never overwritten."""

from __future__ import annotations

import base64
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from shared.catalogue.model import Tenant
from shared.contracts.documents import KeyPurpose, PublicKey
from shared.openbadges import keys
from shared.runtime.secrets import InsecureSecret, read_secret

DEPLOYMENT_KEY = "deployment.key"
ALGORITHMS: tuple[keys.Algorithm, ...] = ("ES256", "Ed25519")
"""One for JWTs, one for Data Integrity; RS256 is made when it is asked for."""


@dataclass(slots=True)
class Made:
    """What a run of `prepare` made, and what it found, as paths below the folder."""

    made: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def prepare(folder: Path, tenants: Iterable[Tenant], algorithms: Iterable[keys.Algorithm] = ALGORITHMS) -> Made:
    """Makes what is missing; may be repeated. Raises InsecureSecret when anything is open to others."""
    tenants, algorithms = tuple(tenants), tuple(algorithms)
    result = Made()
    _private_folder(folder)
    _keep(folder, Path(DEPLOYMENT_KEY), secrets.token_hex(32).encode(), result)
    for tenant in tenants:
        for purpose in KeyPurpose:
            for alg in algorithms:
                path = key_path(tenant.issuer.tenant, purpose, alg)
                # making an RSA key takes a while: only when it is needed
                _keep(folder, path, None if (folder / path).exists() else keys.generate(alg), result)
    for variable in webhook_variables(tenants):
        token = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        _keep(folder, webhook_path(variable), token.encode(), result)
    return result


def key_path(tenant: str, purpose: KeyPurpose, alg: str) -> Path:
    """Where a signing key lies, below the folder."""
    return Path("keys") / tenant / keys.file_name(purpose.value, alg)


def webhook_path(variable: str) -> Path:
    """Where the embedded run keeps the webhook secret that services get by this environment variable."""
    return Path("webhooks") / variable


def webhook_variables(tenants: Iterable[Tenant]) -> tuple[str, ...]:
    """The environment variables that the catalogue's webhook sources name; Canvas signs with keys of its own."""
    named = (
        source.secret_variable(tenant.issuer.tenant)
        for tenant in tenants
        for source in tenant.sources
        if source.webhook and source.auth.scheme != "canvas"
    )
    return tuple(dict.fromkeys(named))


def webhook_secrets(folder: Path, tenants: Iterable[Tenant], environment: Mapping[str, str]) -> dict[str, str]:
    """Variable → secret: what the environment says, else what the folder keeps."""
    return {
        name: environment.get(name) or read_secret(folder / webhook_path(name)).decode()
        for name in webhook_variables(tenants)
    }


def public_keys(folder: Path, tenants: Iterable[Tenant], now: datetime) -> Iterator[PublicKey]:
    """The public halves of every signing key in the folder that belongs to one of these tenants."""
    for tenant in tenants:
        for purpose in KeyPurpose:
            for alg in (*ALGORITHMS, "RS256"):
                path = folder / key_path(tenant.issuer.tenant, purpose, alg)
                if not path.exists():
                    continue
                method = keys.signing_key(tenant.issuer.id, read_secret(path)).public()
                yield PublicKey(
                    id=method.kid,
                    tenant=tenant.issuer.tenant,
                    purpose=purpose,
                    alg=method.alg,
                    jwk=method.jwk,
                    multibase=method.multibase,
                    created_at=now,
                )


def _private_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        msg = f"secrets folder {folder} has mode {mode:04o}: run `chmod 700` on it"
        raise InsecureSecret(msg)


def _keep(folder: Path, relative: Path, content: bytes | None, result: Made) -> None:
    path = folder / relative
    for parent in reversed(relative.parents[:-1]):
        _private_folder(folder / parent)
    if path.exists():
        read_secret(path)  # refuses one that others can read
        result.kept.append(str(relative))
        return
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write((content or b"").rstrip(b"\n") + b"\n")
        file.flush()
        os.fsync(file.fileno())
    result.made.append(str(relative))
