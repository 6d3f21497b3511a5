"""A dialect that says in JSON what it means, so that a test is about what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.intake.translation import Delivery, Fact, Kind, Person, Profile, Translation, Voided
from shared.contracts.events import ActivityObject, ObjectKind, Verb
from shared.errors import Rejected

FIELDS = {"id": "user.id", "sis_id": "user.sis", "email": "user.email"}


def translate(delivery: Delivery) -> Translation:
    """Facts, profiles and voided ones as they are written."""
    try:
        said = json.loads(delivery.body or b"")
    except ValueError:
        raise Rejected("not JSON", code="not_json") from None
    return Translation(
        facts=tuple(_fact(each) for each in said.get("facts", ())),
        profiles=tuple(Profile(_person(each), _moment(each)) for each in said.get("profiles", ())),
        voided=tuple(Voided(each["event"], _moment(each)) for each in said.get("voided", ())),
        irrelevant=said.get("irrelevant", 0),
        kinds=tuple(Kind(each, familiar=not each.startswith("new.")) for each in said.get("kinds", ())),
    )


def _fact(said: Mapping[str, Any]) -> Fact:
    return Fact(
        person=_person(said),
        verb=Verb(said.get("verb", "completed")),
        object=ActivityObject(kind=ObjectKind.COURSE, ids=(said.get("course", "BR101"),)),
        occurred_at=_moment(said),
        event_id=said.get("event"),
    )


def _person(said: Mapping[str, Any]) -> Person:
    return Person(
        fields=FIELDS,
        id=said.get("id"),
        sis_id=said.get("sis_id"),
        email=said.get("email"),
        name=said.get("name"),
        locale=said.get("locale"),
        aliases=tuple(said.get("aliases", ())),
        profile_follows=said.get("follows", True),
    )


def _moment(said: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(said.get("at", "2026-11-01T12:00:00+00:00"))
