"""What a source may say beside where it is: scales, a mapping, how a course is told from its run."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from shared.catalogue.changes import diff
from shared.catalogue.courses import course_in
from shared.catalogue.documents import from_documents, to_documents
from shared.catalogue.model import Catalogue
from shared.catalogue.reading import ReadResult

Read = Callable[..., ReadResult]

HEAD = 'issuer: {tenant: north, id: "did:web:badges.north.example", name: North, url: "https://north.example"}\n'
SCALES = "scales:\n  us-letters: {A+: 100%, A: 19/20, B: 0.85, No: 0}\n  pass-fail: {Pass: 1, Fail: 0}\n"
MAPPING = "{when: {data.state: done}, learner: {id: data.user}, verb: completed, object: {id: data.course}}"


def source(more: str = "", mapping: str = "", dialect: str = "cloudevents") -> str:
    listed = f", mapping: [{mapping}]" if mapping else ""
    return f"sources:\n  - {{name: bus, dialect: {dialect}, topic: lms.bus{more}{listed}}}\n"


def problems(result: ReadResult) -> str:
    return "\n".join(map(str, result.problems))


def test_scales_mappings_and_templates_are_read_and_kept(read: Read) -> None:
    written = source(', scale: us-letters, course: "????.{course}-*"', MAPPING)
    (tenant,) = read(issuer=HEAD + SCALES + written).tenants

    assert tenant.scales["us-letters"] == {"A+": 1.0, "A": 0.95, "B": 0.85, "No": 0.0}
    kept = from_documents(to_documents(tenant, 1))
    assert kept.tenants == (tenant,)
    assert kept.scale_of("north", tenant.sources[0])["A"] == 0.95
    assert diff(kept, [tenant]).empty


def test_no_stored_field_has_a_dot_in_its_name(read: Read) -> None:
    (tenant,) = read(issuer=HEAD + SCALES + source("", MAPPING)).tenants
    document, *_ = to_documents(tenant, 1)

    def names(value: object) -> list[str]:
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        return [*(value if isinstance(value, dict) else []), *(name for each in inside for name in names(each))]

    assert not [each for each in names(document) if "." in each]
    assert "data.state" in json.dumps(document, default=str)


def test_a_changed_scale_is_a_change(read: Read) -> None:
    (was,) = read(issuer=HEAD + SCALES + source()).tenants
    (now,) = read(issuer=HEAD + SCALES.replace("0.85", "0.8") + source()).tenants

    assert diff(Catalogue(1, (was,)), [now]).changed == ("north",)


def test_a_source_without_a_scale_has_no_letters(read: Read) -> None:
    (tenant,) = read(issuer=HEAD + SCALES + source()).tenants

    assert Catalogue(1, (tenant,)).scale_of("north", tenant.sources[0]) == {}


@pytest.mark.parametrize(
    ("scales", "told"),
    [
        ("scales: [A]\n", "needs scales by name"),
        ("scales: {US Letters: {A: 1}}\n", '"US Letters" needs lower-case letters'),
        ("scales: {us: {}}\n", "needs letters with their scores"),
        ("scales: {us: {A: 3}}\n", "2:15: 3 is not between 0 and 1"),
        ("scales: {us: {A: B}}\n", '"B" is not a score'),
        ("scales: {us: {A: 1, a: 0}}\n", '2:21: "a" and "A" are one'),
        ("scales: {us: {'': 1}}\n", "a letter or a word is meant"),
        ("scalez: {us: {A: 1}}\n", '"scalez" is not a field here; did you mean "scales"?'),
    ],
)
def test_a_mistake_in_a_scale_is_told_at_its_line(read: Read, scales: str, told: str) -> None:
    assert told in problems(read(issuer=HEAD + scales + source()))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (source(", scale: us-leters"), '6:55: "us-leters" is not a scale here; did you mean "us-letters"?'),
        (source(', course: "{course}-{course}"'), "needs a glob with {course} in it once"),
        (source(", course: BR101"), "needs a glob with {course} in it once"),
        (source(', course: "[z-a]{course}"'), "is not a set of characters"),
        (source("", MAPPING, "canvas"), "the dialect canvas reads by itself"),
        (source("", MAPPING, "rows"), 'needs "time"'),
        (source(", learner: email", MAPPING), 'the source goes by "email"'),
        (source("", MAPPING.replace("verb: completed", "verb: complete")), '"complete" is not a verb; did you mean'),
        (source("", MAPPING.replace("verb: completed", "verb: {path: type, values: {x: pass}}")), "is not a verb"),
        (source("", MAPPING.replace("id: data.course", "id: data..course")), '"data..course" is not a path'),
        (source("", MAPPING.replace("data.course", "dta.course")), 'only its payload has; did you mean "data"?'),
        (source("", MAPPING.replace("data.state", "Type")), '"Type" is not an attribute of a CloudEvent'),
        (source("", MAPPING.replace("done", '"[z-a]"')), "is not a set of characters"),
        (source("", MAPPING.replace("learner:", "lerner:")), 'did you mean "learner"?'),
        (source("", MAPPING.replace("{id: data.user}", "{id: {pth: data.user}}")), 'did you mean "path"?'),
        (
            source("", MAPPING.replace("{id: data.user}", "{id: {const: 1, form: lower}}")),
            '"const" is the value itself',
        ),
        (source("", MAPPING.replace("{id: data.user}", "{id: {form: lower}}")), 'needs one of "path" and "const"'),
        (source("", MAPPING.replace("{id: data.user}", "{id: {path: a, form: uper}}")), "is not valid here"),
        (source("", MAPPING[:-1] + ", score: {points: data.p}}"), "needs points and out_of"),
        (source("", MAPPING[:-1] + ", score: {letter: data.g}}"), 'needs a "scale" at the source'),
    ],
)
def test_a_mistake_in_a_source_is_told_with_the_nearest_name(read: Read, written: str, told: str) -> None:
    result = read(issuer=HEAD + SCALES + written)

    assert told in problems(result)
    assert not result.valid


@pytest.mark.parametrize(
    ("template", "id_", "course"),
    [
        ("????.{course}-*", "2026.BR101-1", "BR101"),
        ("????.{course}-*", "2026.BR-101-1", "BR-101"),
        ("????.{course}-*", "26.BR101-1", None),
        ("{course}", "BR101", "BR101"),
        ("{course}_20[0-9][0-9]", "BR_101_2026", "BR_101"),
        ("*/{course}", "https://lms.example/course/7", "7"),
        ("a.{course}", "a.", None),
        ("{course}-*", "x-" * 151, None),
    ],
)
def test_what_is_taught_is_told_from_the_id_of_a_run(template: str, id_: str, course: str | None) -> None:
    assert course_in(template, id_) == course
