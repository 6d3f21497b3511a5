"""Records as Open edX's own library and a Confluent producer make them."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import fastavro
import pytest
from ccx_keys.locator import CCXLocator
from opaque_keys.edx.keys import CourseKey
from openedx_events.event_bus.avro.serializer import AvroSignalSerializer
from openedx_events.learning import data, signals
from openedx_events.tooling import OpenEdxPublicSignal

from services.intake import avro
from services.intake.dialects import openedx
from services.intake.translation import Delivery, Translation
from shared.catalogue.model import Source

SAID = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PASSED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
RUN = "course-v1:OpenedX+DemoX+Demo_Course"
CUSTOM = "ccx-v1:OpenedX+DemoX+Demo_Course+ccx@7"

ADA = data.UserData(
    id=39, is_active=True, pii=data.UserPersonalData(username="ada", email="ada@example.org", name="Ada Lovelace")
)
TEACHER = data.UserData(
    id=2, is_active=True, pii=data.UserPersonalData(username="t", email="teacher@example.org", name="A Teacher")
)
COURSE = data.CourseData(course_key=CourseKey.from_string(RUN), display_name="Demonstration")


def headers(signal: OpenEdxPublicSignal, **changes: str) -> dict[str, bytes]:
    said = {
        "ce_type": signal.event_type,
        "ce_id": "d28a1bbe-e739-11f1-b7e8-02fc00000001",
        "ce_source": "openedx/lms/web",
        "ce_specversion": "1.0",
        "ce_time": SAID.isoformat(),
        "ce_minorversion": "0",
        "content-type": "application/avro",
    }
    return {name: value.encode() for name, value in (said | changes).items()}


def framed(value: Any, schema: Any, number: int = 7) -> bytes:
    out = io.BytesIO()
    out.write(struct.pack(">bI", 0, number))
    fastavro.schemaless_writer(out, schema, value)
    return out.getvalue()


def produced(signal: OpenEdxPublicSignal, **event: Any) -> tuple[bytes, dict[str, bytes]]:
    """What the event bus's producer sends."""
    serializer = AvroSignalSerializer(signal)
    return framed(serializer.to_dict(event), serializer.schema), headers(signal)


def certificate(status: str = "downloadable", grade: str = "0.87", user: Any = ADA) -> Any:
    return data.CertificateData(
        user=user, course=COURSE, mode="verified", grade=grade, download_url="", name="Ada King", current_status=status
    )


def enrollment() -> Any:
    return data.CourseEnrollmentData(
        user=ADA, course=COURSE, mode="audit", is_active=True, creation_date=SAID, created_by=TEACHER
    )


def program() -> Any:
    return data.ProgramCertificateData(
        user=ADA,
        program=data.ProgramData(uuid="7c1d", title="Bridges", program_type="professional"),
        uuid="u",
        status="awarded",
        url="",
    )


def custom_course() -> Any:
    return data.CcxCourseData(
        ccx_course_key=CCXLocator.from_string(CUSTOM), master_course_key=CourseKey.from_string(RUN), display_name="Mine"
    )


@pytest.fixture(scope="session")
def events() -> Mapping[str, tuple[bytes, dict[str, bytes]]]:
    """One of each kind that tells something, by name."""
    passing = signals.COURSE_PASSING_STATUS_UPDATED
    ccx = signals.CCX_COURSE_PASSING_STATUS_UPDATED
    status = data.CoursePassingStatusData
    custom = data.CcxCoursePassingStatusData(is_passing=True, course=custom_course(), user=ADA)
    grade = data.PersistentCourseGradeData(
        user_id=39,
        course=COURSE,
        course_edited_timestamp=datetime(2026, 1, 1, tzinfo=UTC),
        course_version="5f1d",
        grading_policy_hash="k3cYnJ0",
        percent_grade=0.87,
        letter_grade="Pass",
        passed_timestamp=PASSED,
    )
    return {
        "passed": produced(passing, course_passing_status=status(is_passing=True, course=COURSE, user=ADA)),
        "failed": produced(passing, course_passing_status=status(is_passing=False, course=COURSE, user=ADA)),
        "ccx": produced(ccx, course_passing_status=custom),
        "grade": produced(signals.PERSISTENT_GRADE_SUMMARY_CHANGED, grade=grade),
        "created": produced(signals.CERTIFICATE_CREATED, certificate=certificate()),
        "ungraded": produced(signals.CERTIFICATE_CREATED, certificate=certificate(grade="")),
        "changed": produced(signals.CERTIFICATE_CHANGED, certificate=certificate()),
        "taken away": produced(signals.CERTIFICATE_CHANGED, certificate=certificate("notpassing", grade="")),
        "being made": produced(signals.CERTIFICATE_CHANGED, certificate=certificate("requesting", grade="")),
        "revoked": produced(signals.CERTIFICATE_REVOKED, certificate=certificate("unavailable", grade="")),
        "enrolled": produced(signals.COURSE_ENROLLMENT_CREATED, enrollment=enrollment()),
        "enrollment changed": produced(signals.COURSE_ENROLLMENT_CHANGED, enrollment=enrollment()),
        "unenrolled": produced(signals.COURSE_UNENROLLMENT_COMPLETED, enrollment=enrollment()),
        "registered": produced(signals.STUDENT_REGISTRATION_COMPLETED, user=ADA),
        "logged in": produced(signals.SESSION_LOGIN_COMPLETED, user=ADA),
        "program": produced(signals.PROGRAM_CERTIFICATE_AWARDED, program_certificate=program()),
        "program revoked": produced(signals.PROGRAM_CERTIFICATE_REVOKED, program_certificate=program()),
    }


Translate = Callable[..., Translation]


@pytest.fixture
def translate() -> Translate:
    """Translates a body with headers, for a source that is set as the keyword arguments say."""

    def translate(
        body: Any, headers: Mapping[str, bytes] | None = None, schemas: Mapping[int, Any] | None = None, **settings: Any
    ) -> Translation:
        source = Source.model_validate({"name": "edx", "dialect": "openedx", "topic": "lms.edx"} | settings)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return openedx.translate(Delivery("north", source, raw, headers or {}, schemas or {}))

    return translate


@pytest.fixture
def writers_schema() -> Callable[[OpenEdxPublicSignal], Any]:
    """What the producer registered, as Laurel reads it."""
    return lambda signal: avro.compiled(AvroSignalSerializer(signal).schema_string())


@pytest.fixture
def frame() -> Callable[..., bytes]:
    return framed
