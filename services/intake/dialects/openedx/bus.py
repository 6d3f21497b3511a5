"""The events of Open edX's event bus, whichever way they were serialised.

Open edX says the same things again and again, and takes them back: each is a version, as of `ce_time`, of one fact
about one learner and one course run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from services.intake import avro
from services.intake.dialects.openedx.people import User, UserId, person, somebody
from services.intake.dialects.openedx.things import course, graded
from services.intake.dialects.shapes import Id, Moment, Name, Number, Shape, invalid, read
from services.intake.translation import Fact, Kind, Profile, Translation
from shared.catalogue.model import Source
from shared.contracts.events import ActivityObject, ObjectKind, Verb

_SCHEMAS = files("services.intake.dialects.openedx") / "schemas"
_MINOR = re.compile(rb"[0-9]{1,4}")
_KNOWN_MINOR = "0"
_OF_AUTHORS = "org.openedx.content_authoring."

_HOLD = ("downloadable", "generating")
"""statuses of a certificate that its learner has: Open edX's own list of passing ones"""
_TAKEN_AWAY = ("deleted", "deleting", "invalidated", "notpassing", "restricted", "unavailable", "unverified")


class Headers(Shape):
    """What CloudEvents' headers say."""

    ce_type: Annotated[Id, Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")]
    ce_time: Moment


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is told of an event before it is read."""

    type: str
    kind: Kind
    time: datetime


class Course(Shape):
    """A course run."""

    course_key: Id
    display_name: Name = None


class CustomCourse(Shape):
    """A run of a course that a coach made for a class of their own (CCX)."""

    ccx_course_key: Id
    display_name: Name = None


class Passing(Shape):
    """Whether someone's grade is enough now."""

    is_passing: bool
    course: Any
    user: User


class Grade(Shape):
    """Someone's grade now. Of the learner it knows the user id alone."""

    user_id: UserId
    course: Course
    percent_grade: Number
    letter_grade: Name = None
    passed_timestamp: Annotated[Moment | None, BeforeValidator(lambda value: value or None)] = None


class Certificate(Shape):
    """A course certificate as it is now."""

    user: User
    course: Course
    grade: Any = None
    name: Name = None
    current_status: Id


class Program(Shape):
    """Several courses that lead to one certificate."""

    uuid: Id
    title: Name = None


class ProgramCertificate(Shape):
    """A program's certificate."""

    user: User
    program: Program


class Enrollment(Shape):
    """Who enrolled; by whom they were enrolled is none of our business."""

    user: User


class Registration(Shape):
    """An account."""

    user: User


Meaning = Callable[[Envelope, Any, Source], Translation]


def envelope(headers: Mapping[str, bytes]) -> Envelope:
    """Raises Rejected."""
    said = read(Headers, {name: headers[name].decode("utf-8", "replace") for name in headers if name.startswith("ce_")})
    minor = headers.get("ce_minorversion", b"0")
    version = minor.decode() if _MINOR.fullmatch(minor) else "?"
    known = version == _KNOWN_MINOR and (said.ce_type in MEANINGS or _is_of_others(said.ce_type))
    return Envelope(said.ce_type, Kind(f"{said.ce_type}.{version}", known), said.ce_time)


def translate(event: Envelope, value: Any, source: Source) -> Translation:
    """What it says. Raises Rejected."""
    return MEANINGS[event.type](event, value, source)


@cache
def bundled(type_: str) -> avro.Schema:
    """The schema that Open edX's own library makes for a type."""
    return avro.compiled((_SCHEMAS / f"{type_}.avsc").read_text())


def _is_of_others(type_: str) -> bool:
    """Whatever authors do with content is none of ours, nor are these of what learners do."""
    return type_.startswith(_OF_AUTHORS) or type_ in _others()


@cache
def _others() -> frozenset[str]:
    return frozenset((_SCHEMAS / "others.txt").read_text().split())


def _part(value: Any, name: str) -> Any:
    """An event is an object of one part."""
    if not isinstance(value, dict) or name not in value:
        raise invalid(f"{name}: is missing")
    return value[name]


def _passing(event: Envelope, value: Any, source: Source) -> Translation:
    at = "course_passing_status."
    status = read(Passing, _part(value, "course_passing_status"), at)
    taken = _run(status.course, f"{at}course.")
    fact = Fact(
        person=person(status.user, source, f"{at}user."),
        verb=Verb.PASSED,
        object=taken,
        occurred_at=event.time,
        unique=("passed", taken.ids[0]),
        version=event.time,
        withdrawn=not status.is_passing,
        sent_at=event.time,
        course_ids=taken.ids,
    )
    return Translation((fact,), kinds=(event.kind,))


def _run(value: Any, at: str) -> ActivityObject:
    if isinstance(value, dict) and "ccx_course_key" in value:
        custom = read(CustomCourse, value, at)
        return course(custom.ccx_course_key, f"{at}ccx_course_key", custom.display_name)
    run = read(Course, value, at)
    return course(run.course_key, f"{at}course_key", run.display_name)


def _grade(event: Envelope, value: Any, source: Source) -> Translation:
    """When a learner passed is told; when they got the grade isn't, and then it is when Open edX noted it."""
    grade = read(Grade, _part(value, "grade"), "grade.")
    taken = course(grade.course.course_key, "grade.course.course_key", grade.course.display_name)
    share = f"{grade.percent_grade:g}"
    fact = Fact(
        person=somebody(grade.user_id, source, "grade.user_id"),
        verb=Verb.SCORED,
        object=taken,
        occurred_at=min(grade.passed_timestamp or event.time, event.time),
        unique=("grade", taken.ids[0]),
        version=event.time,
        sent_at=event.time,
        score=graded(grade.percent_grade, "grade.percent_grade"),
        raw_score=f"{share} ({grade.letter_grade})" if grade.letter_grade else share,
        course_ids=taken.ids,
    )
    return Translation((fact,), kinds=(event.kind,))


def _certificate(event: Envelope, value: Any, source: Source) -> Translation:
    """What its status says counts, whether the event is called created, changed or revoked."""
    at = "certificate."
    certificate = read(Certificate, _part(value, "certificate"), at)
    taken = course(certificate.course.course_key, f"{at}course.course_key", certificate.course.display_name)
    owner = person(certificate.user, source, f"{at}user.", name=certificate.name)
    is_revoked = event.type.endswith(".revoked.v1") or certificate.current_status in _TAKEN_AWAY
    if not is_revoked and certificate.current_status not in _HOLD:
        return Translation(profiles=(Profile(owner, event.time),), kinds=(event.kind,))
    share = None if is_revoked else _share(certificate.grade, f"{at}grade")
    fact = Fact(
        person=owner,
        verb=Verb.COMPLETED,
        object=taken,
        occurred_at=event.time,
        unique=("certificate", taken.ids[0]),
        version=event.time,
        withdrawn=is_revoked,
        sent_at=event.time,
        score=share,
        raw_score=None if share is None else f"{certificate.grade}".strip(),
        course_ids=taken.ids,
    )
    return Translation((fact,), kinds=(event.kind,))


class _Share(Shape):
    grade: Number


def _share(grade: object, at: str) -> float | None:
    """A certificate's grade is a share of 1 as a text; it may be empty, and then the certificate counts without it."""
    try:
        number = float(grade) if isinstance(grade, str) and len(grade) <= 30 else grade
    except ValueError:
        return None
    return None if number is None else graded(read(_Share, {"grade": number}, at.removesuffix("grade")).grade, at)


def _program(event: Envelope, value: Any, source: Source) -> Translation:
    at = "program_certificate."
    certificate = read(ProgramCertificate, _part(value, "program_certificate"), at)
    program = certificate.program
    fact = Fact(
        person=person(certificate.user, source, f"{at}user."),
        verb=Verb.COMPLETED,
        object=ActivityObject(kind=ObjectKind.PROGRAM, ids=(program.uuid,), name=program.title),
        occurred_at=event.time,
        unique=("program certificate", program.uuid),
        version=event.time,
        withdrawn=event.type.endswith(".revoked.v1"),
        sent_at=event.time,
    )
    return Translation((fact,), kinds=(event.kind,))


def _enrollment(event: Envelope, value: Any, source: Source) -> Translation:
    return _known(event, read(Enrollment, _part(value, "enrollment"), "enrollment.").user, source, "enrollment.user.")


def _account(event: Envelope, value: Any, source: Source) -> Translation:
    return _known(event, read(Registration, value).user, source, "user.")


def _known(event: Envelope, user: User, source: Source, at: str) -> Translation:
    """Nothing that counts towards a badge, but it tells who somebody is."""
    return Translation(profiles=(Profile(person(user, source, at), event.time),), kinds=(event.kind,))


_LEARNING = "org.openedx.learning."
MEANINGS: Mapping[str, Meaning] = {
    f"{_LEARNING}course.passing.status.updated.v1": _passing,
    f"{_LEARNING}ccx.course.passing.status.updated.v1": _passing,
    f"{_LEARNING}course.persistent_grade_summary.changed.v1": _grade,
    f"{_LEARNING}certificate.created.v1": _certificate,
    f"{_LEARNING}certificate.changed.v1": _certificate,
    f"{_LEARNING}certificate.revoked.v1": _certificate,
    f"{_LEARNING}program.certificate.awarded.v1": _program,
    f"{_LEARNING}program.certificate.revoked.v1": _program,
    f"{_LEARNING}course.enrollment.created.v1": _enrollment,
    f"{_LEARNING}course.enrollment.changed.v1": _enrollment,
    f"{_LEARNING}course.unenrollment.completed.v1": _enrollment,
    f"{_LEARNING}student.registration.completed.v1": _account,
    f"{_LEARNING}auth.session.login.completed.v1": _account,
}
