"""What a designer is told: each mistake at its line, with the nearest valid name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.catalogue.picture import draw_badge
from shared.catalogue.reading import ReadResult, read_catalogue

Read = Callable[..., ReadResult]


def achievement(slug: str = "intro", earned_when: str = "{completed: {course: A}}", more: str = "") -> str:
    return (
        f"achievement: {{id: {slug}, version: 1, type: Badge, name: {slug}, description: x, criteria: y{more}}}\n"
        f"earned_when: {earned_when}\n"
    )


def told(result: ReadResult) -> list[str]:
    return [str(each) for each in result.problems]


def test_a_good_folder_is_read_whole(read: Read) -> None:
    result = read(achievement(), achievement("stack", "{holds: intro}"))

    assert result.valid
    (tenant,) = result.tenants
    assert tenant.issuer.name == "North"
    assert [each.achievement.id for each in tenant.achievements] == ["intro", "stack"]
    assert tenant.achievements[1].earned_when == {"holds": "intro"}
    assert tenant.achievements[0].image == draw_badge("intro", "North")


def test_several_versions_and_several_achievements_may_share_a_file(read: Read) -> None:
    result = read(achievement() + "---\n" + achievement().replace("version: 1", "version: 2, supersedes: 1"))

    assert result.valid
    assert [each.achievement.version for each in result.tenants[0].achievements] == [1, 2]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (achievement(more=", naem: z"), '1:93: "naem" is not a field here; did you mean "name"?'),
        (achievement(more=", alignment: [{name: a, url: b, framwork: c}]"), 'did you mean "framework"?'),
        (achievement(more=", credits: {ect: 3}"), 'did you mean "ects"?'),
        (achievement(more=", texts: {nl: {nme: x}}"), 'did you mean "name"?'),
        (achievement(more=", valid_for: 3 years"), '"3 years" needs a duration'),
        (achievement(more=", country: nl"), "two capital letters"),
        (achievement(more=", retire_on: next year"), "needs a date such as 2027-08-31"),
        (achievement(more=", participation: online only"), "valid here"),
        (achievement(more=", repeatable: maybe"), "needs true or false"),
        (achievement(more=", tags: kafka"), "needs a list"),
        (achievement("Intro Course"), "lower-case letters"),
        (achievement().replace("version: 1", "version: one"), "needs a whole number"),
        (achievement().replace(", criteria: y", ""), 'needs "criteria"'),
        (achievement().replace("name: intro", "name: 101"), "needs text; put it in quotes"),
        (achievement(more=", name: twice"), '"name" is given twice'),
        (achievement(earned_when="{completd: {course: A}}"), '2:15: "completd" is not a criterion; did you mean'),
        (achievement(earned_when="{completed: {corse: A}}"), 'did you mean "course"?'),
        (achievement(earned_when="{completed: {course: A, module: B}}"), "exactly one of course"),
        (achievement(earned_when="{completed: A}"), "needs fields here"),
        (achievement(earned_when="[{completed: {course: A}}]"), "a criterion has exactly one name"),
        (achievement(earned_when="{completed: {course: A}, passed: {course: A}}"), "exactly one name, not 2"),
        (achievement(earned_when="{completed: {course: 'a{b'}}"), "opens a brace that is not closed"),
        (achievement(earned_when="{completed: {course: ''}}"), "1 to 500 characters"),
        (achievement(earned_when="{score: {course: A}}"), "needs one of at_least"),
        (achievement(earned_when="{score: {course: A, at_least: 80}}"), "not between 0 and 1: write 80%"),
        (achievement(earned_when="{score: {course: A, at_least: 120%}}"), "not between 0 and 1"),
        (achievement(earned_when="{score: {course: A, at_least: 3/0}}"), "divides by nothing"),
        (achievement(earned_when="{score: {course: A, at_least: 80%, take: worst}}"), "take is best, last or first"),
        (achievement(earned_when="{count: {of: {completed: {course: A}}}}"), 'needs "at_least"'),
        (achievement(earned_when="{count: {of: {holds: intro}, at_least: 2}}"), "can't stand here"),
        (achievement(earned_when="{count: {of: {completed: {course: A}}, at_least: 0}}"), "whole number from 1"),
        (achievement(earned_when="{count: {of: {completed: {course: A}}, at_least: 1, distinct: week}}"), "distinct"),
        (achievement(earned_when="{count: {of: {completed: {course: A}}, at_least: 1, within: year}}"), "a duration"),
        (achievement(earned_when="{at_least: {n: 3, of: [{completed: {course: A}}]}}"), "asks for 3 of 1"),
        (achievement(earned_when="{all: []}"), "needs a list of criteria"),
        (achievement(earned_when="{not: {completed: {course: A}}}"), "awarded to everyone"),
        (achievement(earned_when="{holds: intor}"), 'no achievement of this issuer is called "intor"'),
        (achievement(earned_when="{holds: {achievement: 'x-*'}}"), "no achievement of this issuer is called"),
        (achievement(earned_when="{completed: {course: A, from: lsm}}"), 'not a source here; did you mean "lms"'),
        (achievement(earned_when="{completed: {course: A"), "not valid YAML"),
        (achievement(more=", image: none.png"), 'there is no file "none.png"'),
        (achievement(more=", image: ../../../etc/passwd.png"), "there is no file"),
        (achievement(more=", image: photo.jpg"), "not a picture of a kind that is read here"),
        ("achievment: {}\n", 'did you mean "achievement"?'),
        ("- a list\n", "a file has fields at its top"),
        ("", "the file is empty"),
        ("earned_when: {completed: {course: A}}\n", 'needs "achievement"'),
        (achievement(more=", repeatable: true").replace("course:", "module:"), "repeatable"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(read: Read, text: str, problem: str) -> None:
    result = read(text)

    assert not result.valid
    assert any(each.startswith("north/achievements/a.yaml:") and problem in each for each in told(result)), told(result)


@pytest.mark.parametrize(
    ("issuer", "problem"),
    [
        ("issuer: {tenant: north, id: 'https://x', name: N, url: u}", "did:web"),
        ("issuer: {tenant: north, id: 'did:web:x', name: N, url: u, timezone: Europe/Amsterdan}", "Europe/Amsterdam"),
        ("issuer: {tenant: north, id: 'did:web:x', name: N}", 'needs "url"'),
        ("sources: []", 'needs "issuer"'),
    ],
)
def test_a_mistake_in_the_issuer_is_told(read: Read, issuer: str, problem: str) -> None:
    result = read(achievement(), issuer=issuer)

    assert any(each.startswith("north/issuer.yaml:1:") and problem in each for each in told(result)), told(result)


@pytest.mark.parametrize(
    ("sources", "problem"),
    [
        ("  - {name: a, dialect: canvass, topic: t}", 'did you mean "canvas"?'),
        ("  - {name: a, dialect: canvas, topic: learning.activity.v1}", "a topic of Laurel's own"),
        ("  - {name: a, dialect: canvas, topic: lms.x.intake.dlq}", "a topic of Laurel's own"),
        ("  - {name: a, dialect: canvas}", 'needs "topic" or "webhook: true"'),
        (
            "  - {name: a, dialect: canvas, topic: t}\n  - {name: b, dialect: xapi, topic: t}",
            'topic "t" already belongs',
        ),
        ("  - {name: a, dialect: canvas, topic: t}\n  - {name: a, dialect: xapi, topic: u}", "given twice"),
        ("  - {name: a, dialect: canvas, topic: t, learner: login}", "is not valid here"),
        ("  - {name: a, dialect: canvas, topics: t}", 'did you mean "topic"?'),
    ],
)
def test_a_mistake_in_a_source_is_told(read: Read, sources: str, problem: str) -> None:
    issuer = f"issuer: {{tenant: north, id: 'did:web:x.example', name: N, url: u}}\nsources:\n{sources}\n"

    result = read(achievement(), issuer=issuer)

    assert not result.valid
    assert any(problem in each for each in told(result)), told(result)


def test_two_tenants_share_neither_name_nor_address_nor_topic(read: Read) -> None:
    issuer = """
    issuer: {tenant: north, id: "did:web:badges.north.example", name: North, url: u}
    sources:
      - {name: other, dialect: xapi, topic: lms.north}
    """

    result = read(achievement(), more={"south/issuer.yaml": issuer})

    assert len(result.problems) == 3
    assert all(each.file == "south/issuer.yaml" for each in result.problems)


def test_approval_and_corrections_can_be_applied(read: Read) -> None:
    result = read(achievement("a", more=", approval: required, on_correction: suspend"))

    assert result.valid


@pytest.mark.parametrize(
    "criteria",
    [
        ("{holds: intro}", "{completed: {course: A}}"),
        ("{holds: b}", "{all: [{holds: intro}, {completed: {course: A}}]}"),
        ("{all: [{completed: {course: A}}, {not: {holds: '[b]'}}]}", "{holds: intro}"),
        ("{holds: 'b*'}", "{holds: 'int*'}"),
    ],
)
def test_badges_that_need_each_other_are_told(read: Read, criteria: tuple[str, str]) -> None:
    result = read(achievement("intro", criteria[0]), achievement("b", criteria[1]))

    assert any("need" in each.message for each in result.problems), told(result)


def test_collectors_may_count_each_other(read: Read) -> None:
    result = read(
        achievement("base"),
        achievement("bronze", "{holds: {achievement: '*', at_least: 1}}"),
        achievement("gold", "{holds: {achievement: '*', at_least: 2}}"),
    )

    assert result.valid, told(result)


def test_a_file_that_cannot_be_read_yet_still_lends_its_name(read: Read) -> None:
    result = read(achievement("intro", more=", oops: 1"), achievement("stack", "{holds: intro}"))

    assert len(result.problems) == 1


def test_yaml_is_read_as_people_mean_it(read: Read) -> None:
    issuer = """
    issuer: {tenant: north, id: "did:web:x.example", name: no, url: u, description: 12:30:45}
    """

    result = read(achievement(more=", country: NO", earned_when="{completed: {course: 0123}}"), issuer=issuer)

    assert result.valid, told(result)
    assert result.tenants[0].issuer.name == "no"
    assert result.tenants[0].issuer.description == "12:30:45"
    assert result.tenants[0].achievements[0].achievement.country == "NO"
    assert result.tenants[0].achievements[0].earned_when == {"completed": {"course": "0123"}}


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1 if n else chr(0)[:0]}'] * 9)}]\n" for n in range(9)),
        "[" * 3000,
        "a: &a {b: *a}",
        "a: !!python/object/apply:os.system [ls]",
        "x: \x00",
        "a: " + "y" * 300_000,
        "? [a, b]\n: c",
    ],
    ids=["bomb", "deep", "ring", "tag", "null", "large", "odd key"],
)
def test_a_hostile_file_is_a_problem_and_nothing_worse(read: Read, text: str) -> None:
    result = read(text)

    assert not result.valid
    assert all(each.file == "north/achievements/a.yaml" for each in result.problems)


def test_a_file_that_is_not_utf_8_is_told(read: Read) -> None:
    result = read(achievement(), more={"north/achievements/z.yaml": b"achievement:\n  name: \xff\n"})

    assert told(result) == ["north/achievements/z.yaml:2:1: the file is not UTF-8 text"]


def test_the_designers_picture_is_taken_as_it_is(read: Read) -> None:
    picture = draw_badge("anything", "anyone")

    result = read(achievement(more=", image: mine.png"), more={"north/achievements/mine.png": picture})

    assert result.valid, told(result)
    assert result.tenants[0].achievements[0].image == picture


@pytest.mark.parametrize("spoiled", [b"GIF89a", draw_badge("a", "b")[:-20], b""])
def test_a_picture_that_is_no_sound_png_is_told(read: Read, spoiled: bytes) -> None:
    result = read(achievement(more=", image: mine.png"), more={"north/achievements/mine.png": spoiled})

    assert len(result.problems) == 1


def test_an_svg_of_the_designer_is_allowed_and_a_badge_is_drawn(read: Read) -> None:
    result = read(achievement(more=", image: mine.svg"), more={"north/achievements/mine.svg": "<svg/>"})

    assert result.valid
    assert result.tenants[0].achievements[0].image.startswith(b"\x89PNG")


def test_the_issuers_picture_is_read(read: Read) -> None:
    issuer = "issuer: {tenant: north, id: 'did:web:x', name: N, url: u, image: logo.svg}"

    result = read(achievement(), issuer=issuer, more={"north/logo.svg": "<svg/>"})

    assert result.tenants[0].issuer_image == b"<svg/>"
    assert result.tenants[0].issuer_image_type == "image/svg+xml"


def test_the_folder_itself_may_be_wrong(tmp_path: Path, read: Read) -> None:
    read(achievement())

    assert "is not a folder" in told(read_catalogue(tmp_path / "missing"))[0]
    assert "give the folder that holds it" in told(read_catalogue(tmp_path / "north"))[0]
    assert "no issuer's folder" in told(read_catalogue(tmp_path / "north" / "achievements"))[0]


def test_a_folder_without_an_issuer_is_told(tmp_path: Path) -> None:
    (tmp_path / "north").mkdir()
    (tmp_path / "north" / "a.yaml").write_text(achievement())

    assert told(read_catalogue(tmp_path))[0].startswith("north/issuer.yaml:1:1: ")
