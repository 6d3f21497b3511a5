"""check with tests and profiles, preview, new: what a designer runs before anything is live."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.ctl import drafting
from services.ctl.__main__ import app
from services.ctl.commands_check import ProfileName
from services.ctl.drafting import AchievementDraft, achievement_file, slug_of
from shared.catalogue.files import read_file
from shared.catalogue.quality import PROFILES

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"
Ask = Callable[..., tuple[int, str]]


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """The bundled one, to be changed."""
    shutil.copytree(EXAMPLES, tmp_path / "catalogue")
    return tmp_path / "catalogue"


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """`laurel catalogue …` in an empty folder, with nobody to ask."""
    monkeypatch.chdir(tmp_path)

    def asking(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(app(), ["catalogue", *map(str, arguments)])
        return result.exit_code, result.output

    return asking


def data(said: tuple[int, str]) -> Any:
    return json.loads(said[1])


def break_a_test(catalogue: Path) -> None:
    file = catalogue / "example-university" / "tests" / "broken.yaml"
    file.write_text(
        "tests:\n  - name: Enough, says this\n"
        "    given: [{verb: completed, course: EL-1, at: 2026-05-01}]\n    expect: event-driven-systems\n"
    )


def test_the_bundled_tests_hold(ask: Ask) -> None:
    told = data(ask("check", EXAMPLES, "--json"))

    assert told["tests"]["run"] >= 4
    assert told["tests"]["failures"] == []


def test_a_test_that_fails_fails_the_check_with_line_and_reason(ask: Ask, catalogue: Path) -> None:
    break_a_test(catalogue)

    code, said = ask("check", catalogue)

    assert code == 1
    assert "example-university/tests/broken.yaml:4:5: event-driven-systems is not awarded" in said
    assert "needs 2" in said


def test_a_test_file_with_a_mistake_fails_the_check(ask: Ask, catalogue: Path) -> None:
    (catalogue / "north-academy" / "tests").mkdir()
    (catalogue / "north-academy" / "tests" / "a.yml").write_text("tests:\n  - {name: x, givn: [], expect: none}\n")

    code, said = ask("check", catalogue)

    assert code == 1
    assert 'north-academy/tests/a.yml:2:15: "givn" is not a field here; did you mean "given"?' in said


def test_tests_are_no_achievements(ask: Ask, catalogue: Path) -> None:
    before = data(ask("check", catalogue, "--json"))["achievements"]
    break_a_test(catalogue)

    told = data(ask("check", catalogue, "--json"))

    assert (told["achievements"], told["valid"]) == (before, True)


def test_every_profile_can_be_named() -> None:
    assert {each.value for each in ProfileName} == set(PROFILES)


def test_a_profile_says_how_far_each_achievement_is(ask: Ask) -> None:
    code, said = ask("check", EXAMPLES, "--profile", "eu-microcredential")

    assert code == 0
    assert "9 of 11: missing type of assessment, type of quality assurance" in said
    assert PROFILES["eu-microcredential"].source in said


def test_strict_fails_for_what_is_not_ready(ask: Ask) -> None:
    code, said = ask("check", EXAMPLES, "--profile", "trusted-knowledge", "--strict", "--json")

    assert code == 1
    assert not all(each["ready"] for each in json.loads(said)["measures"])


def test_strict_without_a_profile_is_asked_wrongly(ask: Ask) -> None:
    assert ask("check", EXAMPLES, "--strict")[0] == 2


def test_a_preview_writes_pages_mail_and_credential(ask: Ask, tmp_path: Path) -> None:
    told = data(ask("preview", "example-university/event-driven-systems", "--catalogue", EXAMPLES, "--json"))

    home = tmp_path / "preview" / "event-driven-systems"
    assert told["index"] == (home / "index.html").as_uri()
    assert {each.name for each in home.iterdir()} == {
        "index.html",
        "badge.html",
        "achievement.html",
        "mail.html",
        "mail.txt",
        "credential.json",
        "badge.png",
    }
    assert "80 %" in (home / "badge.html").read_text()
    assert "Subject: You have earned Event-driven systems" in (home / "mail.txt").read_text()
    unsigned = json.loads((home / "credential.json").read_text())
    assert unsigned["credentialSubject"]["achievement"]["name"] == "Event-driven systems"
    assert "proof" not in unsigned


def test_every_page_of_a_preview_says_that_it_is_one(ask: Ask, tmp_path: Path) -> None:
    ask("preview", "data-literacy", "--catalogue", EXAMPLES)

    for name in ("badge.html", "achievement.html"):
        page = (tmp_path / "preview" / "data-literacy" / name).read_text()
        assert "Nothing was issued" in page
    assert "cid:" not in (tmp_path / "preview" / "data-literacy" / "mail.html").read_text()


def test_every_bundled_achievement_can_be_previewed(ask: Ask) -> None:
    for file in EXAMPLES.glob("*/achievements/*.yaml"):
        tenant = file.parts[-3]
        slug = next(line.split()[1] for line in file.read_text().splitlines() if line.startswith("  id:"))
        assert ask("preview", f"{tenant}/{slug}", "--catalogue", EXAMPLES)[0] == 0


def test_what_a_designer_wrote_never_becomes_markup(ask: Ask, catalogue: Path, tmp_path: Path) -> None:
    file = catalogue / "example-university" / "achievements" / "data-literacy.yaml"
    file.write_text(file.read_text().replace("name: Data literacy", "name: <script>alert(1)</script>"))

    code, _ = ask("preview", "data-literacy", "--catalogue", catalogue)

    assert code == 0
    for page in (tmp_path / "preview" / "data-literacy").glob("*.html"):
        assert "<script>alert" not in page.read_text()


def test_a_wrong_name_is_told_with_the_nearest(ask: Ask) -> None:
    code, said = ask("preview", "data-litercy", "--catalogue", EXAMPLES)

    assert code == 2
    assert 'did you mean "data-literacy"?' in said


def test_a_folder_with_mistakes_is_not_previewed(ask: Ask, catalogue: Path) -> None:
    file = catalogue / "example-university" / "achievements" / "data-literacy.yaml"
    file.write_text(file.read_text().replace("tags:", "tgas:"))

    code, said = ask("preview", "seminar-guest", "--catalogue", catalogue)

    assert code == 1
    assert 'did you mean "tags"?' in said


ANSWERS = (
    "--name",
    "Künstliche Intelligenz",
    "--description",
    'Says "no": often',
    "--course",
    "AI-*",
    "--score",
    "80%",
)


def test_new_writes_files_that_are_right(ask: Ask, tmp_path: Path) -> None:
    code, said = ask("new", "my-school", "--url", "https://www.school.example", *ANSWERS)

    assert code == 0, said
    told = data(ask("check", "catalogue", "--json"))
    assert (told["valid"], told["achievements"]) == (True, 1)
    assert told["tests"] == {"run": 2, "failures": []}
    assert "did:web:badges.school.example" in (tmp_path / "catalogue" / "my-school" / "issuer.yaml").read_text()


def test_new_adds_to_an_issuer_that_is_there(ask: Ask, catalogue: Path) -> None:
    issuer = catalogue / "north-academy" / "issuer.yaml"
    before = issuer.read_text()

    code, said = ask("new", "north-academy", *ANSWERS)

    assert code == 0, said
    assert issuer.read_text() == before
    assert (catalogue / "north-academy" / "achievements" / "kunstliche-intelligenz.yaml").exists()


def test_new_overwrites_nothing(ask: Ask, catalogue: Path) -> None:
    ask("new", "north-academy", *ANSWERS)
    file = catalogue / "north-academy" / "achievements" / "kunstliche-intelligenz.yaml"
    file.write_text("mine")

    code, said = ask("new", "north-academy", *ANSWERS)

    assert (code, file.read_text()) == (1, "mine")
    assert "nothing was written" in said


@pytest.mark.parametrize(
    ("more", "words"),
    [(("--score", "180%"), "is not between 0 and 1"), (("--id", "Not A Slug"), "needs lower-case letters")],
)
def test_new_refuses_answers_that_would_not_be_right(
    ask: Ask, catalogue: Path, more: tuple[str, ...], words: str
) -> None:
    code, said = ask("new", "north-academy", *ANSWERS, *more)

    assert code == 2
    assert words in said
    assert not any("ntelligenz" in each.name for each in catalogue.rglob("*"))


def test_new_says_what_is_needed_where_nobody_can_be_asked(ask: Ask) -> None:
    code, said = ask("new", "my-school", "--url", "https://x.example", "--name", "X")

    assert code == 2
    assert "--description is needed" in said


@pytest.mark.parametrize("name", ["../away", "My School", "", "a/b"])
def test_new_takes_no_folder_elsewhere(ask: Ask, name: str) -> None:
    assert ask("new", name, *ANSWERS)[0] == 2


@pytest.mark.parametrize(
    "text", ['quo"te', "colon: here", "# no comment", "true", "0123", "- dash", "{a}", "  spaces ", "néw\nline", "'"]
)
def test_any_words_survive_being_written(text: str) -> None:
    draft = AchievementDraft("a", text, text, "Badge", "C-1", None)

    [written] = read_file("a.yaml", achievement_file(draft).encode()).achievements

    assert (written.achievement.name, written.achievement.description) == (text, text)


@pytest.mark.parametrize(
    ("name", "slug"), [("Welding, level 1", "welding-level-1"), ("Künstliche — KI", "kunstliche-ki"), ("数据", "")]
)
def test_an_id_is_made_of_a_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_no_test_is_made_up_for_a_pattern_that_cannot_be_guessed() -> None:
    assert drafting.test_file(AchievementDraft("a", "A", "A", "Badge", "{A,B}-*")) is None
