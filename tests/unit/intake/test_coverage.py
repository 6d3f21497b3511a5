"""Which courses a badge asks for, by whichever of their ids an event names them."""

from __future__ import annotations

from services.intake.coverage import Coverage
from shared.catalogue.model import Achievement, Catalogue, Issuer, LiveAchievement, Tenant


def covering(revision: int = 1) -> Catalogue:
    achievement = Achievement(id="a", version=1, type="Badge", name="A", description="x", criteria="x")
    live = LiveAchievement(
        tenant="north", achievement=achievement, earned_when={"completed": {"course": "SIS-1"}}, image=b""
    )
    issuer = Issuer(tenant="north", id="did:web:n.example", name="North", url="https://n.example")
    return Catalogue(revision, (Tenant(issuer=issuer, sources=(), achievements=(live,)),))


def test_a_course_that_came_by_an_id_that_is_asked_for_is_known_by_its_others_too() -> None:
    coverage = Coverage(lambda: catalogue)
    catalogue = covering()
    assert not coverage.covers("north", "canvas", ("42",))

    assert coverage.covers("north", "canvas", ("42", "SIS-1"))

    assert coverage.covers("north", "canvas", ("42",))
    assert not coverage.covers("north", "moodle", ("42",))
    assert not coverage.covers("north", "canvas", ("43",))


def test_a_new_catalogue_begins_anew() -> None:
    revision = 1
    coverage = Coverage(lambda: covering(revision))
    assert coverage.covers("north", "canvas", ("42", "SIS-1"))

    revision = 2

    assert not coverage.covers("north", "canvas", ("42",))
