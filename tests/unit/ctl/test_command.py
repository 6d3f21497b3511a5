from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.ctl.__main__ import app, main

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_check_accepts_the_bundled_catalogue() -> None:
    result = CliRunner().invoke(app(), ["catalogue", "check", str(EXAMPLES / "catalogue"), "--json"])

    assert result.exit_code == 0
    assert json.loads(result.stdout)["valid"] is True


def test_check_names_file_and_line_of_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "north").mkdir()
    (tmp_path / "north" / "issuer.yaml").write_text("issuer:\n  tenant: north\n  nmae: North\n")

    result = CliRunner().invoke(app(), ["catalogue", "check", str(tmp_path)])

    assert result.exit_code == 1
    assert "north/issuer.yaml:3" in result.stdout


def test_an_unknown_source_is_told_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    events = tmp_path / "events.jsonl"
    events.write_text('{"source": "nobody", "value": 1}\n')

    result = CliRunner().invoke(
        app(),
        ["demo", "--catalogue", str(EXAMPLES / "catalogue"), "--events", str(events), "--out", str(tmp_path / "out")],
    )

    assert result.exit_code == 2
    assert not (tmp_path / ".laurel").exists()
    assert not (tmp_path / "out").exists()


def test_an_output_folder_of_somebody_else_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out" / "mail").mkdir(parents=True)

    result = CliRunner().invoke(
        app(),
        [
            "demo",
            "--catalogue",
            str(EXAMPLES / "catalogue"),
            "--events",
            str(EXAMPLES / "events.jsonl"),
            "--out",
            "out",
        ],
    )

    assert result.exit_code == 2


def test_a_deployment_that_is_not_there_is_exit_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUREL_KAFKA", "127.0.0.1:1")
    monkeypatch.setattr("sys.argv", ["laurel", "dlq", "list"])

    with pytest.raises(SystemExit) as exit_:
        main()

    assert exit_.value.code == 3
    assert "kafka is unavailable" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [["catalogue", "check"], ["catalogue", "diff"], ["catalogue", "apply"], ["secrets", "init", "--catalogue"]],
)
def test_a_folder_that_is_not_there_is_asked_wrongly(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["laurel", *command, "nowhere"])

    with pytest.raises(SystemExit) as exit_:
        main()

    assert exit_.value.code == 2
    assert "nowhere is no folder" in capsys.readouterr().err


def test_secrets_are_made_from_the_command_line(tmp_path: Path) -> None:
    arguments = [
        "secrets",
        "init",
        "--catalogue",
        str(EXAMPLES / "catalogue"),
        "--secrets",
        str(tmp_path / "s"),
        "--json",
    ]

    first = json.loads(CliRunner().invoke(app(), arguments).stdout)
    second = json.loads(CliRunner().invoke(app(), arguments).stdout)

    assert "deployment.key" in first["made"]
    assert (second["made"], sorted(second["kept"])) == ([], sorted(first["made"]))
