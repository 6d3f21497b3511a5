from __future__ import annotations

from pathlib import Path

import pytest

from services.ctl.demo import counts
from services.ctl.demo.folder import Folder, NotOurs
from services.ctl.demo.offline import offline
from services.ctl.events_file import Destination
from services.ctl.settling import Pending
from shared.catalogue.model import Source

INTAKE = """
# TYPE laurel_events_received_total counter
laurel_events_received_total{source="n/bus",dialect="xapi",outcome="translated"} 7.0
laurel_events_received_total{source="n/bus",dialect="xapi",outcome="irrelevant"} 2.0
laurel_events_received_total{source="n/hook",dialect="canvas",outcome="irrelevant"} 1.0
laurel_events_received_total{source="n/hook",dialect="canvas",outcome="rejected"} 4.0
laurel_events_received_total{source="n/hook",dialect="canvas",outcome="profile"} 2.0
laurel_events_received_total{source="n/hook",dialect="canvas",outcome="waiting"} 3.0
# TYPE laurel_events_waiting gauge
laurel_events_waiting{source="n/bus"} 0.0
laurel_events_waiting{source="n/hook"} 1.0
"""
EVALUATOR = """
# TYPE laurel_activities_total counter
laurel_activities_total{outcome="accepted"} 4.0
laurel_activities_total{outcome="duplicate"} 2.0
laurel_activities_total{outcome="conflict"} 1.0
"""


def test_received_is_the_sum_of_what_became_of_the_events() -> None:
    found = counts.events({"intake": INTAKE, "evaluator": EVALUATOR}, not_taken=1)

    assert found.as_json() == {"received": 17, "accepted": 4, "duplicate": 2, "irrelevant": 5, "rejected": 6}


def test_each_source_has_brought_what_intake_counted_of_it_and_what_was_refused_at_its_door() -> None:
    hook = Source(name="hook", dialect="canvas", webhook=True)
    door = Source(name="door", dialect="moodle", webhook=True)

    found = counts.by_source({"intake": INTAKE}, [Destination("n", hook), Destination("n", door)])

    assert found == [
        counts.SourceCounts("n/bus", "xapi", activities=7, irrelevant=2),
        counts.SourceCounts("n/door", "moodle", refused=1),
        counts.SourceCounts("n/hook", "canvas", irrelevant=3, refused=5, waited=3),
    ]
    assert [each.events for each in found] == [9, 1, 8], "what waits counts once it goes on"


def test_what_still_waits_is_told_apart() -> None:
    assert counts.waiting({"intake": INTAKE}) == 1


def test_services_that_saw_nothing_count_nothing() -> None:
    assert counts.events({}).received == 0


def test_an_earlier_demo_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    out = Folder(tmp_path / "out")
    out.clear()
    out.write("credentials/a.jwt", b"x")
    (tmp_path / "out" / "notes.txt").write_text("mine")

    out.clear()

    assert not (tmp_path / "out" / "credentials" / "a.jwt").exists()
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"


def test_what_no_demo_wrote_is_never_removed(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "letter.eml").write_text("dear")

    with pytest.raises(NotOurs, match="mail"):
        Folder(tmp_path).clear()

    assert (tmp_path / "mail" / "letter.eml").exists()


def test_a_page_can_be_looked_at_without_the_portal() -> None:
    page = (
        '<link rel="stylesheet" href="/a.example/assets/p.css"><img src="/a.example/achievements/x/1/image">'
        '<a href="/a.example/credentials/ID.jwt">JWT</a> <a href="/a.example/verify">Check</a>'
    )

    found = offline(page, "ID", "b{}")

    assert "<style>b{}</style>" in found
    assert 'src="../credentials/ID.png"' in found
    assert 'href="../credentials/ID.jwt"' in found
    assert 'href="https://a.example/verify"' in found


def test_nothing_is_pending_only_when_nothing_is() -> None:
    assert Pending(end=10, done=5).nothing
    assert not Pending(lag=1).nothing
    assert str(Pending(lag=1, deliveries=2)) == "1 records not yet consumed, 2 e-mails not sent"


def test_records_without_end_that_nothing_comes_of_are_no_progress() -> None:
    before, after = Pending(lag=1, awards_due=1, end=10, done=5), Pending(lag=1, awards_due=1, end=99, done=5)

    assert not after.progress > before.progress
    assert Pending(lag=3, done=6).progress > before.progress
