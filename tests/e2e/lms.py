"""What LMSs say and what a catalogue's folder holds, as short as a test wants to write it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Line = dict[str, Any]
STRUCTURED = {"content-type": "application/cloudevents+json"}
_numbers = itertools.count(1)


def completed(
    source: str,
    learner: str,
    course: str,
    *,
    key: str | None = None,
    headers: Mapping[str, Any] | None = None,
    at: str = "2026-03-02T10:00:00Z",
    **data: Any,
) -> Line:
    """A CloudEvent of a learner `<learner>@mail.example`, whose name holds `<learner>` too."""
    line: Line = {
        "source": source,
        "headers": {**STRUCTURED, **(headers or {})},
        "value": {
            "specversion": "1.0",
            "id": f"event-{next(_numbers)}",
            "source": "/lms",
            "type": "org.example.course.completed.v1",
            "time": at,
            "data": {"learner": _person(learner), "course": {"id": course}, **data},
        },
    }
    return line if key is None else line | {"key": key}


def canvas_completed(source: str, learner: str, course: str, *, at: str = "2026-03-02T10:00:00Z") -> Line:
    """A Canvas Live Event; the learner's own click."""
    person = _person(learner)
    return {
        "source": source,
        "value": {
            "metadata": {
                "event_name": "course_completed",
                "event_time": at,
                "root_account_id": "21070000000000001",
                "user_id": "21070000000000101",
                "request_id": f"request-{next(_numbers)}",
            },
            "body": {
                "course": {"id": course, "name": f"Course {course}"},
                "progress": {"completed_at": at},
                "user": {"id": "101", "name": person["name"], "email": person["email"]},
            },
        },
    }


def xapi_passed(source: str, learner: str, course: str, *, at: str = "2026-03-02T10:00:00Z") -> Line:
    """An xAPI statement with ADL's verb."""
    person = _person(learner)
    return {
        "source": source,
        "value": {
            "id": f"00000000-0000-4000-8000-{next(_numbers):012d}",
            "timestamp": at,
            "actor": {"name": person["name"], "mbox": f"mailto:{person['email']}"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
            "object": {
                "id": f"https://lrs.example/courses/{course}",
                "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
            },
            "result": {"success": True},
        },
    }


def address(learner: str) -> str:
    """Where a learner gets mail."""
    return f"{learner}@mail.example"


def tenant(folder: Path, name: str, did: str, sources: Sequence[str], achievements: Mapping[str, str]) -> None:
    """Writes a tenant's folder: sources as YAML flow mappings without braces, achievements by their `earned_when`."""
    (folder / name / "achievements").mkdir(parents=True, exist_ok=True)
    issuer = f'issuer: {{tenant: {name}, id: "{did}", name: {name.title()} School, url: "https://{name}.example"}}\n'
    (folder / name / "issuer.yaml").write_text(issuer + "sources:\n" + "".join(f"  - {{{each}}}\n" for each in sources))
    for slug, earned_when in achievements.items():
        (folder / name / "achievements" / f"{slug}.yaml").write_text(
            f"achievement: {{id: {slug}, version: 1, type: Badge, name: {slug.title()}, "
            f"description: Knows {slug}., criteria: Learn {slug}.}}\n"
            f"earned_when: {earned_when}\n"
        )


def _person(learner: str) -> dict[str, str]:
    return {"id": f"user-{learner}", "email": address(learner), "name": f"Dr {learner.title()} Surname{learner}"}
