"""Whatever a Moodle sends is read, or refused by the name of its field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.dialects import moodle
from services.intake.translation import Delivery, Translation
from shared.catalogue.model import Source
from shared.errors import Rejected

MOODLE = Source(name="moodle", dialect="moodle", topic="lms.moodle")
COMPLETED = {
    "eventname": "\\core\\event\\course_completed",
    "contextinstanceid": "44",
    "userid": "2",
    "courseid": "12",
    "relateduserid": "5",
    "other": {"relateduserid": "5"},
    "timecreated": 1772700000,
    "token": "hush",
}


def event(name: str = "course_completed", **changes: Any) -> dict[str, Any]:
    return {**COMPLETED, "eventname": f"\\core\\event\\{name}", **changes}


def translated(said: object) -> Translation:
    return moodle.translate(Delivery("north", MOODLE, json.dumps(said).encode()))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"eventname": None}, "eventname"),
        ({"eventname": "course completed"}, "eventname"),
        ({"timecreated": None}, "timecreated"),
        ({"timecreated": 1772700000000}, "timecreated"),
        ({"timecreated": True}, "timecreated"),
        ({"timecreated": 1.5}, "timecreated"),
        ({"courseid": 0}, "courseid"),
        ({"courseid": {}}, "courseid"),
        ({"other": "a:1:{"}, "other"),
        ({"other": 'O:8:"stdClass":0:{}'}, "other"),
        ({"other": "a:1:{i:0;" * 5000}, "other"),
        ({"other": "a:1:{i:0;" * 20 + "N;" + "}" * 20}, "other"),
        ({"other": '{"a":'}, "other"),
        ({"other": [1]}, "other"),
        ({"eventname": "\\core\\event\\user_graded"}, "other.itemid"),
        ({"eventname": "\\core\\event\\user_graded", "other": {"itemid": 1, "finalgrade": "NaN"}}, "other.finalgrade"),
        (
            {"eventname": "\\core\\event\\user_graded", "other": {"itemid": 1, "finalgrade": 5, "grademax": 0}},
            "other.grademax",
        ),
        (
            {"eventname": "\\core\\event\\course_module_completion_updated", "other": {"completionstate": 9}},
            "other.completionstate",
        ),
    ],
)
def test_what_is_wrong_is_refused_by_the_name_of_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Rejected, match=rf"^{field}: ") as refusal:
        translated(event(**changes))
    with pytest.raises(Rejected, match=rf"^1\.{field}: "):
        translated([event(), event(**changes)])

    assert "hush" not in str(refusal.value)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
)
PHP = st.text(alphabet='aisbdNO:;{}"0123456789.-é', max_size=40)


@settings(max_examples=400, deadline=None)
@given(
    said=st.sampled_from(
        [
            event(),
            event("course_module_completion_updated", other={"completionstate": 1}),
            event("user_graded", other={"itemid": 31, "finalgrade": 1, "grademax": 2}),
            event("competency_user_competency_rated", other={"competencyid": 8, "grade": 1}),
            event("user_created", user_id=5, user_email="ada@example.org"),
        ]
    ),
    field=st.sampled_from([*event(), "user_id", "user_email", "course_id"]),
    value=VALUES | PHP,
    other=st.dictionaries(st.sampled_from(["completionstate", "finalgrade", "grademax", "itemid"]), VALUES),
)
def test_anything_is_answered_or_refused(said: dict[str, Any], field: str, value: object, other: object) -> None:
    for each in (said | {field: value}, said | {"other": other}, [said | {field: value}], value):
        try:
            translation = translated(each)
        except Rejected:
            continue
        assert len(translation.facts) + len(translation.profiles) + translation.irrelevant >= 1
