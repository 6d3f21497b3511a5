from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.ctl.events_file import Destinations, Line, UnusableEvents, read
from shared.catalogue.model import Tenant


def lines_of(tmp_path: Path, tenants: tuple[Tenant, ...], *lines: dict[str, Any] | str) -> list[Line]:
    path = tmp_path / "events.jsonl"
    path.write_text("".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in lines))
    return list(read(path, Destinations(tenants)))


def test_a_line_is_a_delivery_of_its_source(tmp_path: Path, tenants: tuple[Tenant, ...]) -> None:
    (line,) = lines_of(
        tmp_path, tenants, {"source": "lrs", "key": "k", "headers": {"ce_id": "1"}, "value": {"a": "ü", "b": [1, None]}}
    )

    assert (line.to.label, line.key, line.headers) == ("south/lrs", b"k", (("ce_id", b"1"),))
    assert json.loads(line.value or b"") == {"a": "ü", "b": [1, None]}


def test_text_and_bytes_go_out_as_they_are(tmp_path: Path, tenants: tuple[Tenant, ...]) -> None:
    text, raw = lines_of(
        tmp_path, tenants, {"source": "lrs", "value_text": "{oops"}, {"source": "lrs", "value_base64": "/wA="}
    )

    assert (text.value, raw.value) == (b"{oops", b"\xff\x00")


def test_a_null_value_is_a_tombstone(tmp_path: Path, tenants: tuple[Tenant, ...]) -> None:
    (line,) = lines_of(tmp_path, tenants, {"source": "lrs", "value": None})

    assert line.value is None


def test_a_header_may_be_binary(tmp_path: Path, tenants: tuple[Tenant, ...]) -> None:
    (line,) = lines_of(tmp_path, tenants, {"source": "lrs", "headers": {"x": {"base64": "/wA="}}, "value": 1})

    assert line.headers == (("x", b"\xff\x00"),)


def test_a_lone_surrogate_survives(tmp_path: Path, tenants: tuple[Tenant, ...]) -> None:
    (line,) = lines_of(
        tmp_path, tenants, '{"source": "lrs", "headers": {"x": "\\ud800"}, "value": {"name": "\\ud800"}}'
    )

    assert json.loads(line.value or b"") == {"name": "\ud800"}
    assert line.headers == (("x", b"\xed\xa0\x80"),)


def test_blank_lines_are_skipped_and_lines_keep_their_numbers(tmp_path: Path, tenants: tuple[Tenant, ...]) -> None:
    lines = lines_of(tmp_path, tenants, {"source": "lrs", "value": 1}, "", {"source": "lrs", "value": 2})

    assert [line.number for line in lines] == [1, 3]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"source": "moodle", "value": 1}, "2: the catalogue has no source 'moodle'"),
        ({"source": "lrs", "value_base64": "é"}, "2: not base64"),
        ({"source": "lrs", "value": 1, "headers": {"\ud800": "x"}}, "2: a header's name"),
        ({"source": "lrs", "value": 1, "headers": {"": "x"}}, "2: a header's name"),
        ({"source": "bus", "value": 1}, "write north/bus or south/bus"),
        ({"source": "lrs"}, "one of value, value_text, value_base64"),
        ({"source": "lrs", "value": 1, "value_text": "1"}, "one of value"),
        ({"source": "lrs", "value": 1, "topic": "x"}, "not topic"),
        ({"source": "lrs", "value_base64": "%%"}, "not base64"),
        ({"value": 1}, 'an object with a "source"'),
        ("[1]", 'an object with a "source"'),
        ("{", "not JSON"),
        ('{"source": "lrs", "value": ' + "[" * 100_000, "not JSON"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, tenants: tuple[Tenant, ...], line: dict[str, Any] | str, words: str
) -> None:
    with pytest.raises(UnusableEvents, match=r"events\.jsonl:2: ") as refusal:
        lines_of(tmp_path, tenants, {"source": "lrs", "value": 1}, line)

    assert words in str(refusal.value)


def test_two_tenants_sources_of_one_name_are_told_apart(tmp_path: Path, tenants: tuple[Tenant, ...]) -> None:
    (line,) = lines_of(tmp_path, tenants, {"source": "south/bus", "value": 1})

    assert line.to.source.topic == "lms.south.bus"
