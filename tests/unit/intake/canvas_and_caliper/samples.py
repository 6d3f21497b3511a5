"""Events as Canvas documents them, in both of its formats, and as Caliper's specification has them."""

from __future__ import annotations

from typing import Any

Event = dict[str, Any]

METADATA: Event = {
    "context_account_id": "21070000000000079",
    "context_id": "21070000000000565",
    "context_role": "TeacherEnrollment",
    "context_sis_source_id": "2026.BR101-1",
    "context_type": "Course",
    "event_time": "2026-11-05T19:11:05.222Z",
    "producer": "canvas",
    "request_id": "1dd9dc6f",
    "root_account_id": "21070000000000001",
    "user_id": "21070000000000987",
    "user_login": "grader@example.org",
    "user_sis_id": "T-1",
}
JOB = {name: METADATA[name] for name in ("event_time", "producer", "root_account_id")}

BODIES: dict[str, Event] = {
    "course_progress": {
        "course": {"account_id": "79", "id": "565", "name": "Bridges I", "sis_source_id": "2026.BR101-1"},
        "progress": {"completed_at": None, "requirement_completed_count": 7, "requirement_count": 8},
        "user": {"email": "ada@example.org", "id": "48", "name": "Ada Lovelace"},
    },
    "course_grade_change": {
        "user_id": "48",
        "course_id": "565",
        "workflow_state": "active",
        "created_at": "2026-09-04T13:32:21Z",
        "updated_at": "2026-11-05T19:11:04Z",
        "current_score": 91.31,
        "final_score": 87.5,
        "old_final_score": 79.72,
        "unposted_current_score": 99.31,
        "unposted_final_score": 98.5,
    },
    "grade_change": {
        "assignment_id": "21070000000000355",
        "assignment_name": "Load cases",
        "grade": "8",
        "grader_id": "21070000000000987",
        "grading_complete": True,
        "muted": False,
        "old_grade": None,
        "old_points_possible": 10,
        "old_score": None,
        "points_possible": 10,
        "score": 8,
        "student_id": "21070000000000048",
        "student_sis_id": "S-48",
        "submission_id": "21070000000011086",
        "user_id": "21070000000000048",
    },
    "submission_updated": {
        "assignment_id": "21070000000000355",
        "attempt": 1,
        "body": "a very private essay",
        "grade": "B+",
        "graded_at": "2026-11-05T19:11:03Z",
        "score": 8,
        "submission_id": "21070000000011086",
        "submitted_at": "2026-11-01T10:00:00Z",
        "url": "https://private.example.org/essay",
        "user_id": "21070000000000048",
        "workflow_state": "graded",
    },
    "learning_outcome_result_created": {
        "assessed_at": "2026-11-05T19:11:03Z",
        "attempt": 1,
        "learning_outcome_id": "17",
        "mastery": True,
        "percent": 0.8,
        "possible": 5,
        "score": 4,
        "title": "Ada Lovelace, Load paths",
        "user_uuid": "elXwFPr6uKGaiVxchQSsqV6YZy5HBtlq8O2vqMXM",
        "artifact_id": "22",
        "artifact_type": "RubricAssessment",
        "associated_asset_id": "56",
        "associated_asset_type": "Assignment",
    },
    "user_created": {
        "created_at": "2026-09-01T19:32:25Z",
        "name": "Ada Lovelace",
        "short_name": "Ada",
        "updated_at": "026-09-01T19:32:25Z",
        "user_id": "21070000000000048",
        "user_login": "ada@example.org",
        "user_sis_id": "S-48",
        "uuid": "elXwFPr6uKGaiVxchQSsqV6YZy5HBtlq8O2vqMXM",
        "workflow_state": "registered",
    },
}
BODIES["learning_outcome_result_updated"] = BODIES["learning_outcome_result_created"]
BODIES["user_updated"] = BODIES["user_created"]
BY_JOBS = ("course_progress", "learning_outcome_result_created", "learning_outcome_result_updated")

CANVAS_GRADE: Event = {
    "@context": "http://purl.imsglobal.org/ctx/caliper/v1p1",
    "id": "urn:uuid:319f0132-0584-4efd-9489-4959b7101731",
    "type": "GradeEvent",
    "actor": {"id": "urn:instructure:canvas:user:21070000000000987", "type": "Person"},
    "action": "Graded",
    "object": {
        "id": "urn:instructure:canvas:submission:21070000000011086",
        "type": "Attempt",
        "extensions": {"com.instructure.canvas": {"grade": "8", "entity_id": "21070000000011086"}},
        "assignee": {
            "id": "urn:instructure:canvas:user:21070000000000048",
            "type": "Person",
            "extensions": {"com.instructure.canvas": {"sis_id": "S-48"}},
        },
        "assignable": {
            "id": "urn:instructure:canvas:assignment:21070000000000355",
            "type": "AssignableDigitalResource",
        },
    },
    "eventTime": "2026-11-05T19:11:05.222Z",
    "generated": {
        "id": "urn:instructure:canvas:submission:21070000000011086",
        "type": "Score",
        "maxScore": 10,
        "scoreGiven": 8,
        "scoredBy": "urn:instructure:canvas:user:21070000000000987",
    },
    "edApp": {"id": "http://north.instructure.com/", "type": "SoftwareApplication"},
    "group": {
        "id": "urn:instructure:canvas:course:21070000000000565",
        "type": "CourseOffering",
        "extensions": {"com.instructure.canvas": {"context_type": "Course", "entity_id": "21070000000000565"}},
    },
}
CANVAS_QUIZ: Event = {
    "@context": "http://purl.imsglobal.org/ctx/caliper/v1p1",
    "id": "urn:uuid:06e01cb6-fdde-4327-b3f0-4c47a95d0f52",
    "type": "AssessmentEvent",
    "actor": {
        "id": "urn:instructure:canvas:user:21070000000000048",
        "type": "Person",
        "extensions": {
            "com.instructure.canvas": {"user_sis_id": "S-48", "root_account_id": "21070000000000001"},
        },
    },
    "action": "Submitted",
    "object": {
        "id": "urn:instructure:canvas:submission:21070000013995723",
        "type": "Attempt",
        "assignee": {"id": "urn:instructure:canvas:user:21070000000000048", "type": "Person"},
        "assignable": {"id": "urn:instructure:canvas:quiz:21070000000000355", "type": "Assessment"},
    },
    "eventTime": "2026-11-01T19:11:33.388Z",
    "group": {"id": "urn:instructure:canvas:course:21070000000000565", "type": "CourseOffering"},
}

SECTION = "https://example.edu/terms/202601/courses/7/sections/1"
QUIZ = f"{SECTION}/assess/1"
ADA = "https://example.edu/users/554433"
ATTEMPT: Event = {
    "id": f"{QUIZ}/users/554433/attempts/1",
    "type": "Attempt",
    "assignee": {"id": ADA, "type": "Person"},
    "assignable": {"id": QUIZ, "type": "Assessment"},
    "count": 1,
    "startedAtTime": "2026-10-15T10:15:00.000Z",
    "endedAtTime": "2026-10-15T10:25:30.000Z",
}
GROUP: Event = {
    "id": SECTION,
    "type": "CourseSection",
    "courseNumber": "CPS 435-01",
    "academicSession": "Fall 2026",
    "subOrganizationOf": {
        "id": "https://example.edu/terms/202601/courses/7",
        "type": "CourseOffering",
        "courseNumber": "CPS 435",
    },
}
CALIPER: dict[str, Event] = {
    "graded": {
        "@context": "http://purl.imsglobal.org/ctx/caliper/v1p2",
        "id": "urn:uuid:a50ca17f-5971-47bb-8fca-4e6e6879001d",
        "type": "GradeEvent",
        "actor": {"id": "https://example.edu/autograder", "type": "SoftwareApplication"},
        "action": "Graded",
        "object": ATTEMPT,
        "eventTime": "2026-10-15T10:57:06.000Z",
        "edApp": "https://example.edu",
        "generated": {
            "id": f"{QUIZ}/users/554433/attempts/1/scores/1",
            "type": "Score",
            "attempt": ATTEMPT["id"],
            "maxScore": 15.0,
            "scoreGiven": 12.0,
            "comment": "auto-graded exam",
        },
        "group": GROUP,
    },
    "submitted": {
        "@context": "http://purl.imsglobal.org/ctx/caliper/v1p2",
        "id": "urn:uuid:dad88464-0c20-4a19-a1ba-ddf2f9c3ff33",
        "type": "AssessmentEvent",
        "actor": {"id": ADA, "type": "Person"},
        "action": "Submitted",
        "object": {"id": QUIZ, "type": "Assessment", "name": "Quiz One", "maxScore": 15.0},
        "generated": {**ATTEMPT, "assignee": ADA, "assignable": QUIZ},
        "eventTime": "2026-10-15T10:25:30.000Z",
        "group": GROUP,
    },
    "answered": {
        "@context": "http://purl.imsglobal.org/ctx/caliper/v1p2",
        "id": "urn:uuid:e5891791-3d27-4df1-a272-091806a43dfb",
        "type": "AssessmentItemEvent",
        "actor": {"id": ADA, "type": "Person"},
        "action": "Completed",
        "object": {
            "id": f"{QUIZ}/items/3",
            "type": "AssessmentItem",
            "name": "Assessment Item 3",
            "isPartOf": {"id": QUIZ, "type": "Assessment"},
        },
        "generated": {
            "id": f"{QUIZ}/items/3/users/554433/responses/1",
            "type": "FillinBlankResponse",
            "attempt": {**ATTEMPT, "assignee": ADA, "assignable": f"{QUIZ}/items/3"},
            "values": ["subject", "object", "predicate"],
        },
        "eventTime": "2026-10-15T10:15:12.000Z",
        "group": SECTION,
    },
}
PERSON: Event = {
    "@context": "http://purl.imsglobal.org/ctx/caliper/v1p2",
    "id": ADA,
    "type": "Person",
    "name": "Ada Lovelace",
    "otherIdentifiers": [
        {"type": "SystemIdentifier", "identifier": "S-48", "identifierType": "SisSourcedId"},
        {"type": "SystemIdentifier", "identifier": ADA, "identifierType": "LtiUserId", "source": "https://example.edu"},
        {"type": "SystemIdentifier", "identifier": "ada@example.org", "identifierType": "EmailAddress"},
    ],
    "dateCreated": "2026-08-01T06:00:00.000Z",
    "dateModified": "2026-09-02T11:30:00.000Z",
}
