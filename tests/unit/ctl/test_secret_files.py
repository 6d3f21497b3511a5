from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.ctl import secret_files
from shared.catalogue.model import Source, Tenant, WebhookAuth
from shared.runtime.secrets import InsecureSecret, deployment_secret, read_secret

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_run_changes_nothing(tmp_path: Path, tenants: tuple[Tenant, ...]) -> None:
    secret_files.prepare(tmp_path / "s", tenants)
    before = everything(tmp_path / "s")

    again = secret_files.prepare(tmp_path / "s", tenants)

    assert again.made == []
    assert everything(tmp_path / "s") == before


def test_only_the_owner_may_read(tmp_path: Path, tenants: tuple[Tenant, ...]) -> None:
    secret_files.prepare(tmp_path / "s", tenants)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "s").rglob("*") if path.is_file()}
    folders = {
        stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "s", *(tmp_path / "s").rglob("*")] if path.is_dir()
    }
    assert (modes, folders) == ({0o600}, {0o700})


@pytest.mark.parametrize("name", ["deployment.key", "keys/north/credential-es256.pem", "webhooks/NORTH_HOOK"])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, tenants: tuple[Tenant, ...], name: str) -> None:
    secret_files.prepare(tmp_path / "s", tenants)
    (tmp_path / "s" / name).chmod(0o640)

    with pytest.raises(InsecureSecret, match="chmod 600"):
        secret_files.prepare(tmp_path / "s", tenants)


def test_a_folder_that_others_can_enter_is_refused(tmp_path: Path, tenants: tuple[Tenant, ...]) -> None:
    secret_files.prepare(tmp_path / "s", tenants)
    (tmp_path / "s" / "keys").chmod(0o755)

    with pytest.raises(InsecureSecret, match="chmod 700"):
        secret_files.prepare(tmp_path / "s", tenants)


def test_a_new_tenant_gets_keys_and_the_others_keep_theirs(tmp_path: Path, tenants: tuple[Tenant, ...]) -> None:
    secret_files.prepare(tmp_path / "s", tenants[:1])
    before = everything(tmp_path / "s")

    result = secret_files.prepare(tmp_path / "s", tenants)

    assert before.items() <= everything(tmp_path / "s").items()
    assert result.made == [
        f"keys/south/{each}.pem"
        for each in ("credential-es256", "credential-ed25519", "status-list-es256", "status-list-ed25519")
    ]


def test_the_deployment_secret_is_one_that_services_can_read(tmp_path: Path, tenants: tuple[Tenant, ...]) -> None:
    secret_files.prepare(tmp_path / "s", tenants)

    assert len(deployment_secret(tmp_path / "s")) == 32


def test_a_webhook_secret_of_the_environment_comes_first(tmp_path: Path, tenants: tuple[Tenant, ...]) -> None:
    secret_files.prepare(tmp_path / "s", tenants)

    kept = secret_files.webhook_secrets(tmp_path / "s", tenants, {})
    told = secret_files.webhook_secrets(tmp_path / "s", tenants, {"NORTH_HOOK": "whsec_b3Vycw=="})

    assert kept == {"NORTH_HOOK": read_secret(tmp_path / "s" / "webhooks" / "NORTH_HOOK").decode()}
    assert told == {"NORTH_HOOK": "whsec_b3Vycw=="}


def test_a_webhook_that_canvas_signs_has_no_secret(tmp_path: Path, tenants: tuple[Tenant, ...]) -> None:
    auth = WebhookAuth(scheme="canvas", account="21070000000000001")
    source = Source(name="canvas", dialect="canvas", webhook=True, auth=auth)
    signed = tenants[0].model_copy(update={"sources": (source,)})

    secret_files.prepare(tmp_path / "s", [signed])

    assert secret_files.webhook_secrets(tmp_path / "s", [signed], {}) == {}
    assert not (tmp_path / "s" / "webhooks").exists()


def test_public_keys_say_whose_they_are_and_what_for(tmp_path: Path, tenants: tuple[Tenant, ...]) -> None:
    secret_files.prepare(tmp_path / "s", tenants)

    found = list(secret_files.public_keys(tmp_path / "s", tenants, NOW))

    assert [(key.tenant, key.purpose.value, key.alg) for key in found[:4]] == [
        ("north", "credential", "ES256"),
        ("north", "credential", "Ed25519"),
        ("north", "status-list", "ES256"),
        ("north", "status-list", "Ed25519"),
    ]
    assert all(key.id.startswith(f"did:web:{key.tenant}.example.org#") for key in found)
    assert not any("d" in (key.jwk or {}) for key in found)
