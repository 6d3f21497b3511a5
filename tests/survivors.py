"""The simplest school there is: one course, one badge, any number of learners. For floods, kills and measurements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ISSUER = """
issuer: {tenant: chaos, id: "did:web:chaos.example.org", name: Chaos College, url: "https://chaos.example.org"}
sources:
  - {name: lms, dialect: cloudevents, topic: lms.chaos}
"""
ACHIEVEMENT = """
achievement: {id: survivor, version: 1, type: Badge, name: Survivor, description: Went on., criteria: Complete X101.}
earned_when: {completed: {course: X101}}
"""


def write_catalogue(folder: Path) -> Path:
    """The catalogue's folder, written."""
    achievements = folder / "chaos" / "achievements"
    achievements.mkdir(parents=True)
    (folder / "chaos" / "issuer.yaml").write_text(ISSUER)
    (achievements / "survivor.yaml").write_text(ACHIEVEMENT)
    return folder


def completions(count: int, prefix: str = "learner") -> Iterator[dict[str, Any]]:
    """Lines of an events file: each learner completes the course once."""
    start = datetime.now(UTC) - timedelta(days=1)
    for number in range(count):
        learner = f"{prefix}-{number}"
        yield {
            "source": "lms",
            "key": learner,
            "headers": {"content-type": "application/cloudevents+json"},
            "value": {
                "specversion": "1.0",
                "id": f"event-{learner}",
                "source": "/chaos",
                "type": "org.example.course.completed.v1",
                "time": (start + timedelta(seconds=number)).isoformat(),
                "data": {
                    "learner": {"id": learner, "email": f"{learner}@example.org"},
                    "course": {"id": "X101"},
                },
            },
        }
