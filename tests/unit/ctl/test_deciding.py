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
    to = destination(Catalogue(1, (tenant("north", LMS, REGISTRAR),)), "first-aid", None)

    assert (to.label, to.source) == ("north/office", REGISTRAR)


def test_whose_it_is_can_be_said_with_it() -> None:
    to = destination(Catalogue(1, (tenant("north", REGISTRAR), tenant("south", REGISTRAR))), "south/first-aid", None)

    assert to.label == "south/office"


@pytest.mark.parametrize(
    ("tenants", "asked", "words"),
    [
        (
            [tenant("north", LMS)],
            ("first-aid", None),
            r"add `- \{name: registrar, dialect: registrar, topic: lms.north.r",
        ),
        (
            [tenant("north", LMS)],
            ("first-aid", "dean"),
            r"add `- \{name: dean, dialect: registrar, topic: lms.north.d",
        ),
        ([tenant("north", LMS)], ("first-aid", "lms"), "source lms is not of the dialect registrar"),
        (
            [tenant("north", REGISTRAR), tenant("south", REGISTRAR)],
            ("first-aid", None),
            "write north/first-aid or south/first-aid",
        ),
        ([tenant("north", REGISTRAR)], ("west/first-aid", None), r"no tenant 'west' \(tenants: north\)"),
        (
            [tenant("north", REGISTRAR, REGISTRAR.model_copy(update={"name": "dean"}))],
            ("first-aid", None),
            r"--source \(office, dean\)",
        ),
    ],
)
def test_what_is_missing_is_said(tenants: list[Tenant], asked: tuple[str, str | None], words: str) -> None:
    with pytest.raises(Undecidable, match=words):
        destination(Catalogue(1, tuple(tenants)), *asked)


def test_an_unknown_achievement_is_told_with_those_that_are_known() -> None:
    with pytest.raises(Undecidable, match=r"no achievement 'first' is live \(known: north/first-aid\)"):
        destination(Catalogue(1, (tenant("north", REGISTRAR),)), "first", None)


def test_what_is_sent_is_what_the_dialect_reads() -> None:
    at = datetime(2026, 3, 2, 10, tzinfo=UTC)
    to = destination(Catalogue(1, (tenant("north", REGISTRAR),)), "first-aid", None)

    line = Decision("d-1", "withhold", to, "ada@mail.example", "first-aid", "not yet", "dean", at).as_line()

    (fact,) = DIALECTS["registrar"].translate(Delivery("north", REGISTRAR, line.value)).facts
    assert (fact.verb, fact.event_id, fact.because, fact.decided_by) == (Verb.WITHHELD, "d-1", "not yet", "dean")
    assert (fact.person.email, fact.occurred_at) == ("ada@mail.example", at)
    assert json.loads(line.value or b"")["learner"] == {"email": "ada@mail.example"}


def test_what_intake_would_refuse_is_told_before_it_is_sent() -> None:
    to = destination(Catalogue(1, (tenant("north", REGISTRAR),)), "first-aid", None)
    at = datetime(2026, 3, 2, 10, tzinfo=UTC)

    with pytest.raises(Undecidable, match=r"learner.email: missing or unusable"):
        Decision("d-1", "add", to, "no address", "first-aid", "seen it", "dean", at).readable()

    Decision("d-1", "add", to, "ada@mail.example", "first-aid", "seen it", "dean", at).readable()
