"""`laurel demo` on somebody's own data: what it writes, what it says, and that nothing stays."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.devstack.environment import service_names

ISSUER = """
issuer: {tenant: harbour, id: "did:web:badges.harbour.example", name: Harbour School, url: "https://harbour.example"}
sources:
  - {name: bus, dialect: cloudevents, topic: harbour.events, learner: email}
  - {name: hook, dialect: cloudevents, webhook: true, secret_env: HARBOUR_HOOK, learner: email}
  - {name: moodle, dialect: moodle, webhook: true, auth: {scheme: secret, field: token}, learner: email}
  - {name: kiosk, dialect: cloudevents, topic: harbour.kiosk}
"""
KNOTS = """
achievement: {id: knots, version: 1, type: Badge, name: Knots, description: Ties knots., criteria: Completed KNOTS.}
earned_when: {completed: {course: "KNOTS"}}
"""
NO_ADDRESS = {"learner": {"id": "12"}, "course": {"id": "KNOTS"}}
TYPE = {"content-type": "application/cloudevents+json"}


def completed(id_: str, who: str, course: str = "KNOTS") -> dict[str, Any]:
    data = {"learner": {"id": who, "email": f"{who}@harbour.example"}, "course": {"id": course}}
    time = "2026-05-04T10:00:00Z"
    return {"specversion": "1.0", "id": id_, "type": "course.completed", "source": "/lms", "time": time, "data": data}


def moodle(event: str, learner: str, **more: Any) -> dict[str, Any]:
    said = {"eventname": f"\\core\\event\\{event}", "relateduserid": learner, "timecreated": 1777888800, **more}
    return {"source": "moodle", "value": said}


LINES: list[dict[str, Any]] = [
    {"source": "bus", "headers": TYPE, "value": completed("1", "ann")},
    {"source": "bus", "headers": TYPE, "value": completed("1", "ann")},
    {"source": "bus", "headers": TYPE, "value": completed("2", "bob", "ROWING")},
    {"source": "bus", "headers": TYPE, "value": None},
    {"source": "bus", "headers": TYPE | {"x": {"base64": "/w=="}}, "value_text": "{"},
    {"source": "hook", "headers": TYPE, "value": completed("3", "cas")},
    {"source": "hook", "headers": TYPE, "value": {"specversion": "1.0"}},
    {"source": "hook", "headers": TYPE, "value_text": "x" * 300_000},
    moodle("course_completed", "6", courseid="KNOTS"),
    moodle("course_completed", "7", courseid="KNOTS"),
    moodle("user_updated", "6", user_id="6", user_email="dee@harbour.example"),
    {"source": "kiosk", "headers": TYPE, "value": completed("4", "eve") | {"data": NO_ADDRESS}},
]
"""the Moodle's learner 7 never gets a profile, and nobody tells where to write to whoever stood at the kiosk"""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    (folder / "catalogue" / "harbour" / "achievements").mkdir(parents=True)
    (folder / "catalogue" / "harbour" / "issuer.yaml").write_text(ISSUER)
    (folder / "catalogue" / "harbour" / "achievements" / "knots.yaml").write_text(KNOTS)
    (folder / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LINES))
    command = [sys.executable, "-m", "services.ctl", "demo", "--catalogue", "catalogue", "--events", "events.jsonl"]
    done = subprocess.run(
        [*command, "--out", "out", "--secrets", "secrets"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "out" / "said.txt").write_text(done.stdout)
    return folder / "out"


def rows(out: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / name).read_text().splitlines()]


def test_every_event_is_accounted_for(out: Path) -> None:
    summary = json.loads((out / "summary.json").read_text())

    events = {"received": 11, "accepted": 5, "duplicate": 1, "irrelevant": 2, "rejected": 3}
    assert summary["events"] == events, "a profile is irrelevant to any badge, and what still waits isn't counted yet"
    assert (summary["awards"], summary["credentials"], summary["dead_letters"]) == (3, 3, 3)
    assert summary["notifications"] == {"sent": 3, "failed": 0, "suppressed": 0}


def test_awards_say_who_and_why(out: Path) -> None:
    found = rows(out, "awards.jsonl")

    assert [each["award_id"] for each in found] == sorted(each["award_id"] for each in found)
    assert {each["email"] for each in found} == {f"{name}@harbour.example" for name in ("ann", "cas", "dee")}
    assert {each["earned_at"] for each in found} == {"2026-05-04T10:00:00Z"}
    assert all("KNOTS" in each["why"] for each in found)


def test_each_badge_has_its_files(out: Path) -> None:
    for award in rows(out, "awards.jsonl"):
        id_ = award["award_id"]
        assert award["credential_id"] == f"https://badges.harbour.example/credentials/{id_}"
        assert json.loads((out / "credentials" / f"{id_}.json").read_text())["id"] == award["credential_id"]
        assert (out / "credentials" / f"{id_}.jwt").read_text().count(".") == 2
        assert (out / "credentials" / f"{id_}.png").read_bytes().startswith(b"\x89PNG")
        assert award["email"].encode() in (out / "mail" / f"{id_}.eml").read_bytes()
        assert "<html" in (out / "pages" / f"{id_}.html").read_text()


def test_each_refusal_is_there_once_with_its_bytes(out: Path) -> None:
    found = {each["error_code"]: each for each in rows(out, "dead-letters.jsonl")}

    assert {code: each["topic"] for code, each in found.items()} == {
        "not_json": "harbour.events",
        "invalid": "webhook",
        "too_large": "webhook",
    }
    assert base64.b64decode(found["not_json"]["value_base64"]) == b"{"
    assert len(base64.b64decode(found["too_large"]["value_base64"])) == 300_000


def test_all_that_a_verifier_needs_is_there(out: Path) -> None:
    index = json.loads((out / "status" / "index.json").read_text())

    assert json.loads((out / "issuers" / "harbour" / "did.json").read_text())["id"] == "did:web:badges.harbour.example"
    assert json.loads((out / "issuers" / "harbour" / "jwks.json").read_text())["keys"]
    assert all((out / path).is_file() for forms in index.values() for path in forms.values())
    assert "https://badges.harbour.example/status/1" in index


def test_the_files_verify_where_nothing_of_laurel_runs(out: Path) -> None:
    command = [sys.executable, "-m", "services.devstack.independent", str(out)]

    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert [json.loads(line)["accepted"] for line in told.splitlines()] == [True] * 9


def test_one_changed_byte_is_refused(out: Path) -> None:
    command = [sys.executable, "-m", "services.devstack.independent", str(out), "--changed"]

    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert [json.loads(line)["accepted"] for line in told.splitlines()] == [False] * 9


def test_a_person_can_read_what_happened(out: Path) -> None:
    said = (out / "said.txt").read_text()

    assert "Who earned what, and why (3)" in said
    assert "ann@harbour.example" in said
    assert "too_large" in said
    assert re.search(r"events that had to wait for a profile +2 ", said)
    assert re.search(r"deliveries that still wait for one +1 ", said)
    assert re.search(r"badges that wait for an address +1 ", said)


def test_a_person_can_read_which_source_brought_what(out: Path) -> None:
    said = (out / "said.txt").read_text()

    assert re.search(r"harbour/bus +cloudevents +5 +3 +1 +1 ", said)
    assert re.search(r"harbour/hook +cloudevents +3 +1 +2 ", said)
    assert re.search(r"harbour/moodle +moodle +2 +1 +1 ", said)


def test_the_page_shows_badges_refusals_and_mails_without_a_script(out: Path) -> None:
    page = (out / "index.html").read_text()

    assert "3 badges for 3 learners" in page
    assert "2 events had to wait until a profile told whose they were; 1 still does." in page
    assert "1 more is earned, and waits until there is an address to send it to." in page
    assert "not_json" in page
    assert "<script" not in page


def test_metrics_of_every_service_are_kept(out: Path) -> None:
    names = {path.stem for path in (out / "metrics").glob("*.prom")}

    assert names == set(service_names())


def test_nothing_is_left_running(out: Path) -> None:
    folder = str(out.parent)
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout

    assert folder not in processes
    assert list((out.parent / ".laurel" / "runs").iterdir()) == []
