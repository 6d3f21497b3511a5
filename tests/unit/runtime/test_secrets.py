from __future__ import annotations

from pathlib import Path

import pytest

from shared.runtime.secrets import InsecureSecret, MalformedSecret, MissingSecret, deployment_secret


def written(folder: Path, content: str, mode: int = 0o600) -> Path:
    path = folder / "deployment.key"
    path.write_text(content)
    path.chmod(mode)
    return folder


def test_the_deployments_secret_is_read_as_bytes(tmp_path: Path) -> None:
    assert deployment_secret(written(tmp_path, "ab" * 32 + "\n")) == b"\xab" * 32


@pytest.mark.parametrize("content", ["", "\n", "ab", "no hexadecimal", "ü" * 32])
def test_a_secret_that_anybody_could_guess_is_none(tmp_path: Path, content: str) -> None:
    with pytest.raises(MalformedSecret, match=r"deployment\.key"):
        deployment_secret(written(tmp_path, content))


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InsecureSecret, match="chmod 600"):
        deployment_secret(written(tmp_path, "ab" * 32, mode=0o640))


def test_a_missing_secret_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(MissingSecret, match="laurel secrets init"):
        deployment_secret(tmp_path)
