"""`laurel catalogue new`: a few questions, and the first files are there."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from services.ctl import drafting
from services.ctl.console import ASKED_WRONGLY, FAILED, Answer, JsonOption, stop
from shared.catalogue.checks import DIALECTS
from shared.catalogue.files import read_file
from shared.catalogue.reading import TESTS, read_catalogue

ISSUER, ACHIEVEMENTS = "issuer.yaml", "achievements"


def new(
    tenant: Annotated[str | None, typer.Argument(help="Whose achievement: a folder in the catalogue.")] = None,
    folder: Annotated[Path, typer.Option("--catalogue", help="The parent folder of the tenants' folders.")] = Path(
        "catalogue"
    ),
    name: Annotated[str | None, typer.Option("--name", help="What the achievement is called.")] = None,
    slug: Annotated[str | None, typer.Option("--id", help="Its id; default: from its name.")] = None,
    description: Annotated[str | None, typer.Option("--description", help="One sentence about it.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="Open Badges' achievementType.")] = None,
    course: Annotated[str | None, typer.Option("--course", help="The course to complete: a pattern.")] = None,
    score: Annotated[str | None, typer.Option("--score", help="The least score, such as 80%; 0: any.")] = None,
    issuer: Annotated[str | None, typer.Option("--issuer", help="A new tenant's name for people.")] = None,
    url: Annotated[str | None, typer.Option("--url", help="A new tenant's web site.")] = None,
    host: Annotated[str | None, typer.Option("--host", help="Where a new tenant's badges will be found.")] = None,
    email: Annotated[str | None, typer.Option("--email", help="A new tenant's address.")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="A new tenant's time zone.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="What to call a new tenant's LMS.")] = None,
    dialect: Annotated[str | None, typer.Option("--dialect", help=f"What it speaks: {', '.join(DIALECTS)}.")] = None,
    topic: Annotated[str | None, typer.Option("--topic", help="The topic that its events come by.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a few questions and write the first achievement, a test of it, and the issuer if it is new."""
    answer = Answer(as_json=as_json)
    tenant = _ask(tenant, "Who awards it, as a short name of a folder", "TENANT", "my-school")
    if tenant != drafting.slug_of(tenant):
        stop(ASKED_WRONGLY, f"{tenant!r} is no short name: write {drafting.slug_of(tenant) or 'my-school'!r}")
    home = folder / tenant
    files: dict[Path, str] = {}
    if not any((home / each).exists() for each in (ISSUER, "issuer.yml")):
        named = _ask(issuer, "What the issuer is called", "--issuer", tenant.replace("-", " ").title())
        web = _ask(url, "Its web site", "--url")
        files[home / ISSUER] = drafting.issuer_file(
            drafting.IssuerDraft(
                tenant=tenant,
                name=named,
                url=web,
                host=_ask(host, "The host at which its badges will be found", "--host", _badges(web)),
                email=_ask(email, "An e-mail address of it (may be empty)", "--email", "") or None,
                timezone=_ask(timezone, "Its time zone", "--timezone", "UTC"),
                source=(lms := _ask(source, "What to call the LMS that events come from", "--source", "lms")),
                dialect=_ask(dialect, f"What the LMS speaks ({', '.join(DIALECTS)})", "--dialect", "auto"),
                topic=_ask(topic, "The Kafka topic that its events come by", "--topic", f"lms.{tenant}.{lms}"),
            )
        )
    called = _ask(name, "What the achievement is called", "--name")
    draft = drafting.AchievementDraft(
        slug=slug or drafting.slug_of(called),
        name=called,
        description=_ask(description, "What it says of its holder, in a sentence", "--description"),
        type=_ask(type_, "What it is: Badge, Certificate, MicroCredential, …", "--type", "MicroCredential"),
        course=_ask(course, "The course that has to be completed; * stands for anything", "--course"),
        score=_least(_ask(score, "The least score, such as 80%; 0 for any", "--score", "0")),
    )
    files[home / ACHIEVEMENTS / f"{draft.slug}.yaml"] = drafting.achievement_file(draft)
    if (test := drafting.test_file(draft)) is not None:
        files[home / TESTS / f"{draft.slug}.yaml"] = test
    _write(files, folder)
    for path in files:
        answer.say(f"[green]written[/]  {escape(str(path))}")
    left = read_catalogue(folder)
    for problem in left.problems:
        answer.say(f"[red]error[/]    {escape(str(problem))}")
    answer.say(
        f"Edit them as you like. Then: laurel catalogue check {escape(str(folder))}, "
        f"and laurel catalogue preview {tenant}/{draft.slug} --catalogue {escape(str(folder))}"
    )
    answer.data({"written": [str(each) for each in files], "problems": [str(each) for each in left.problems]})


def _ask(given: str | None, question: str, flag: str, default: str | None = None) -> str:
    """The flag's value, or the answer; without anybody to ask the default."""
    if given is not None:
        return given.strip()
    if sys.stdin.isatty():
        return str(typer.prompt(question, default=default, err=True)).strip()
    if default is None or flag == "TENANT":
        stop(ASKED_WRONGLY, f"{flag} is needed where nobody can be asked: {question[0].lower()}{question[1:]}")
    return default


def _badges(url: str) -> str:
    """`https://www.example.edu/x` → `badges.example.edu`."""
    host = url.partition("://")[2].partition("/")[0].partition(":")[0].removeprefix("www.")
    return f"badges.{host or 'example.org'}"


def _least(score: str) -> str | None:
    return None if score in ("", "0", "0%") else score


def _write(files: Mapping[Path, str], folder: Path) -> None:
    """All of them, or none: nothing is overwritten, and nothing is written that `check` would refuse by itself."""
    there = [str(path) for path in files if path.exists()]
    if there:
        stop(FAILED, f"{', '.join(there)} is there already: nothing was written")
    wrong = [
        f"{each.file.rpartition('/')[2]}: {each.message}"
        for path, text in files.items()
        if path.parent.name != TESTS
        for each in read_file(path.relative_to(folder).as_posix(), text.encode()).problems
    ]
    if wrong:
        stop(ASKED_WRONGLY, "\n".join(["with these answers it would not be right, and nothing was written:", *wrong]))
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
