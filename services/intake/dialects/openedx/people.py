"""Who Open edX speaks of. Its user id is the only one that every event has."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from services.intake.dialects.shapes import Id, Name, Shape, address
from services.intake.translation import Person
from shared.catalogue.model import Source

UserId = Annotated[Id, Field(pattern=r"^[0-9]{1,20}$")]
"""a number; never `None` as a text, which is how tracking logs say that there was nobody"""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


class Pii(Shape):
    """What the event bus tells of a person."""

    email: Annotated[str | None, BeforeValidator(_text)] = None
    name: Name = None


class User(Shape):
    """A user of Open edX."""

    id: UserId
    is_active: bool = False
    """has confirmed the address"""
    pii: Pii = Pii()


def person(user: User, source: Source, at: str, *, name: str | None = None) -> Person:
    """Someone of whom all is told. An address that its owner never confirmed may be anybody's: it isn't taken."""
    email = address(user.pii.email) if user.is_active else None
    return Person(
        fields=_fields(f"{at}id", f"{at}pii.email of an account that is_active"),
        id=user.id,
        email=email,
        name=user.pii.name or name,
        profile_follows=_follows(source),
    )


def somebody(user_id: str, source: Source, at: str) -> Person:
    """Someone of whom only the user id is told: other events know more."""
    return Person(fields=_fields(at, "an address from another event"), id=user_id, profile_follows=_follows(source))


def _fields(id_: str, email: str) -> dict[str, str]:
    return {"id": id_, "sis_id": "a SIS id, which Open edX doesn't send", "email": email}


def _follows(source: Source) -> bool:
    """Enrolments and certificates tell addresses; nothing ever tells a SIS id, so that nobody waits for one."""
    return source.learner != "sis_id"
