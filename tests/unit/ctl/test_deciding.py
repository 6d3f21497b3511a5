"""Where a registrar's decision goes, and what the catalogue lacks where it can't go anywhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from services.ctl.deciding import Decision, Undecidable, destination
from services.intake.dialects import DIALECTS
from services.intake.translation import Delivery
from shared.catalogue.model import Achievement, Catalogue, Issuer, LiveAchievement, Source, Tenant
from shared.contracts.events import Verb

REGISTRAR = Source(name="office", dialect="registrar", topic="lms.north.office", learner="email", directory="people")
LMS = Source(name="lms", dialect="xapi", topic="lms.north.lms")


def tenant(name: str, *sources: Source) -> Tenant:
    issuer = Issuer(tenant=name, id=f"did:web:{name}.example.org", name=name, url="https://example.org")
    achievement = Achievement(id="first-aid", version=1, type="Badge", name="…", description="…", criteria="…")
    live = LiveAchievement(tenant=name, achievement=achievement, earned_when={"completed": {"course": "A"}}, image=b"")
    return Tenant(issuer=issuer, sources=sources, achievements=(live,))


def test_it_goes_to_the_tenants_registrar() -> None:
    to = destination(Catalogue(1, (tenant("north", LMS, REGISTRAR),)), "first-aid", None, None)

    assert (to.label, to.source) == ("north/office", REGISTRAR)


@pytest.mark.parametrize(
    ("tenants", "asked", "words"),
    [
        ([tenant("north", LMS)], (None, None), r"add `- \{name: registrar, dialect: registrar, topic: lms.north.regis"),
        ([tenant("north", LMS)], (None, "dean"), r"add `- \{name: dean, dialect: registrar, topic: lms.north.dean"),
        ([tenant("north", LMS)], (None, "lms"), "source lms is not of the dialect registrar"),
        ([tenant("north", REGISTRAR), tenant("south", REGISTRAR)], (None, None), r"--tenant \(north, south\)"),
        ([tenant("north", REGISTRAR)], ("west", None), r"no tenant 'west' \(tenants: north\)"),
        (
            [tenant("north", REGISTRAR, REGISTRAR.model_copy(update={"name": "dean"}))],
            (None, None),
            r"--source \(office, dean\)",
        ),
    ],
)
def test_what_is_missing_is_said(tenants: list[Tenant], asked: tuple[str | None, str | None], words: str) -> None:
    with pytest.raises(Undecidable, match=words):
        destination(Catalogue(1, tuple(tenants)), "first-aid", *asked)


def test_an_unknown_achievement_is_told_with_those_that_are_known() -> None:
    with pytest.raises(Undecidable, match=r"no achievement 'first' is live \(known: first-aid\)"):
        destination(Catalogue(1, (tenant("north", REGISTRAR),)), "first", None, None)


def test_what_is_sent_is_what_the_dialect_reads() -> None:
    at = datetime(2026, 3, 2, 10, tzinfo=UTC)
    to = destination(Catalogue(1, (tenant("north", REGISTRAR),)), "first-aid", None, None)

    line = Decision("d-1", "withhold", to, "ada@mail.example", "first-aid", "not yet", "dean", at).as_line()

    (fact,) = DIALECTS["registrar"].translate(Delivery("north", REGISTRAR, line.value)).facts
    assert (fact.verb, fact.event_id, fact.because, fact.decided_by) == (Verb.WITHHELD, "d-1", "not yet", "dean")
    assert (fact.person.email, fact.occurred_at) == ("ada@mail.example", at)
    assert json.loads(line.value or b"")["learner"] == {"email": "ada@mail.example"}
