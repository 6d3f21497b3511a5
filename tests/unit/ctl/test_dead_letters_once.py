"""A crash between writing a dead letter and committing writes it again; an operator sees it once."""

from __future__ import annotations

from typing import Any

from services.ctl import commands_dlq
from services.ctl.dead_letters import distinct, read, replay
from shared.errors import Rejected
from shared.runtime.dead_letters import headers_of
from shared.runtime.records import Record, Refusal


class Producer:
    """Remembers what it was given."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    async def send_and_wait(self, topic: str, **what: Any) -> None:
        self.sent.append({"topic": topic, **what})


def written(original: Record, *, group: str = "intake", at: int) -> Record:
    """The dead letter of a record, as it lies in its topic."""
    headers = tuple(headers_of(Refusal(original, Rejected("no course", code="no_course")), group))
    return Record(f"{original.topic}.{group}.dlq", 0, at, original.key, original.value, headers, 1_800_000_000_000)


def an_original(offset: int = 41) -> Record:
    return Record("lms.main", 2, offset, b"ada", b"\xff{}", (("x-trace", b"\x00\xff"),), 1_790_000_000_000)


def as_listed(*letters: Record) -> list[Any]:
    return distinct(read(each.topic, each.partition, each.offset, each) for each in letters)


async def test_a_dead_letter_that_was_written_twice_is_listed_once() -> None:
    twice = [written(an_original(), at=7), written(an_original(), at=8)]

    found = as_listed(*twice)

    assert [(each.id, each.written, each.error_code) for each in found] == [("lms.main/2/41", 2, "no_course")]


async def test_a_dead_letter_that_was_written_twice_is_replayed_once_byte_for_byte() -> None:
    producer = Producer()
    letters = as_listed(written(an_original(), at=7), written(an_original(), at=8))

    count = await replay(letters, producer)

    assert count == 1
    sent = producer.sent[0]
    assert (sent["topic"], sent["key"], sent["value"]) == ("lms.main", b"ada", b"\xff{}")
    assert ("x-trace", b"\x00\xff") in sent["headers"]


async def test_what_two_groups_refused_is_listed_for_each_and_replayed_once() -> None:
    producer = Producer()
    letters = as_listed(written(an_original(), at=7), written(an_original(), group="tally", at=0))

    count = await replay(letters, producer)

    assert ([each.group for each in letters], count) == (["intake", "tally"], 1)


async def test_other_records_stay_apart() -> None:
    letters = as_listed(written(an_original(41), at=7), written(an_original(42), at=8))

    assert [each.id for each in letters] == ["lms.main/2/41", "lms.main/2/42"]


async def test_a_header_without_a_value_is_listed_and_replayed_as_it_is() -> None:
    producer = Producer()
    original = an_original()
    original.headers = (("x-trace", None),)  # type: ignore[assignment]

    (letter,) = as_listed(written(original, at=7))
    await replay([letter], producer)

    assert ("x-trace", None) in producer.sent[0]["headers"]
    assert commands_dlq._headers(letter)[0] == {"name": "x-trace", "value_base64": ""}
