"""What a file's events would become, told without sending them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.ctl.__main__ import app
from services.ctl.events_file import Destinations, read
from services.ctl.trying import Trial, Tried
from shared.catalogue.model import Achievement, Catalogue, Issuer, LiveAchievement, Source, Tenant

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[3] / "examples"


def catalogue() -> Catalogue:
    issuer = Issuer(tenant="north", id="did:web:north.example.org", name="North", url="https://north.example.org")
    bridges = Achievement(id="bridges", version=1, type="Badge", name="Bridges", description="d", criteria="c")
    when = {"completed": {"course": "BR1*"}}
    live = LiveAchievement(tenant="north", achievement=bridges, earned_when=when, image=b"")
    sources = (Source(name="bus", dialect="cloudevents", topic="lms.bus", learner="email"),)
    return Catalogue(1, (Tenant(issuer=issuer, sources=sources, achievements=(live,)),))


def event(type_: str = "org.example.course.completed.v1", **data: Any) -> dict[str, Any]:
    learner = {"id": "39", "email": "Ada@Example.org"}
    return {
        "specversion": "1.0",
        "type": type_,
        "source": "/lms",
        "id": "1",
        "time": "2026-11-01T12:00:00Z",
        "data": {"learner": learner, "course": {"id": "BR101"}, **data},
    }


@pytest.fixture
def tried(tmp_path: Path) -> Callable[..., list[Tried]]:
    """Tries these, one a line."""

    def tried(*events: object) -> list[Tried]:
        file = tmp_path / "events.jsonl"
        file.write_text("\n".join(json.dumps({"source": "bus", "value": each}) for each in events))
        return list(Trial(catalogue(), NOW).of(read(file, Destinations(catalogue().tenants))))

    return tried


def test_an_event_is_shown_as_what_it_would_become_and_what_it_would_touch(tried: Callable[..., list[Tried]]) -> None:
    (line,) = tried(event(grade=0.87))

    (touch,) = line.touches
    assert (touch.activity.verb, touch.activity.object.ids, touch.score) == ("completed", ("BR101",), "0.87")
    assert (touch.learner, touch.achievements) == ("ada@example.org", ("bridges",))
    assert (line.number, line.source, line.code) == (1, "north/bus", None)


def test_an_event_that_no_achievement_looks_at_touches_none(tried: Callable[..., list[Tried]]) -> None:
    (line,) = tried(event(course={"id": "XX999"}))

    assert [each.achievements for each in line.touches] == [()]


def test_a_refusal_is_shown_with_its_field_and_the_others_go_on(tried: Callable[..., list[Tried]]) -> None:
    nobody, good = tried(event(learner={"id": "39"}), event())

    assert nobody.code == "no_learner"
    assert "email" in (nobody.message or "")
    assert len(good.touches) == 1


def test_a_file_is_tried_as_it_will_be_sent(tmp_path: Path) -> None:
    asked = ["sources", "try", str(EXAMPLES / "events.jsonl"), "--catalogue", str(EXAMPLES / "catalogue"), "--json"]

    answer = CliRunner().invoke(app(), asked)

    lines = json.loads(answer.stdout)
    assert answer.exit_code == 1
    assert len(lines) == len((EXAMPLES / "events.jsonl").read_text().splitlines())
    assert {each["refusal"]["code"] for each in lines if each["refusal"]} >= {"not_json", "in_the_future"}
    assert all(each["activities"] or each["irrelevant"] or each["profiles"] or each["refusal"] for each in lines)


def test_people_are_shown_a_table_and_a_sum() -> None:
    asked = ["sources", "try", str(EXAMPLES / "events.jsonl"), "--catalogue", str(EXAMPLES / "catalogue")]

    answer = CliRunner().invoke(app(), asked)

    assert "Nothing was sent." in answer.stdout
    refusals = [line for line in answer.stdout.splitlines() if line.startswith("line ")]
    assert any("minutes in the future" in line for line in refusals), "a reason stands in a line of its own"


def test_a_file_that_is_none_is_asked_wrongly(tmp_path: Path) -> None:
    asked = ["sources", "try", str(tmp_path / "none.jsonl"), "--catalogue", str(EXAMPLES / "catalogue")]

    assert CliRunner().invoke(app(), asked).exit_code == 2
