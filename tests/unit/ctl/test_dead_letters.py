from __future__ import annotations

from dataclasses import dataclass, field

from services.ctl.dead_letters import DeadLetter, distinct, read
from shared.errors import Rejected
from shared.runtime.dead_letters import headers_of
from shared.runtime.records import Record, Refusal


@dataclass(frozen=True)
class Lying:
    """A record as aiokafka gives it."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int = 5
    extra: dict[str, str] = field(default_factory=dict)


def refused(record: Record) -> Lying:
    headers = headers_of(Refusal(record, Rejected("no learner", code="invalid")), "intake")
    return Lying(record.key, record.value, tuple(headers))


ORIGINAL = Record("lms.canvas", 2, 41, b"\xff", b"\x00{", (("x", b"\xfe"), ("x", b"2")), 1_700_000_000_000)


def letter(offset: int = 1, group: str = "intake", message: str = "no") -> DeadLetter:
    return DeadLetter("t", 0, offset, group, "invalid", message, 0, None, b"", (), 1)


def test_what_the_runtime_writes_is_read_back_byte_for_byte() -> None:
    found = read("lms.canvas.intake.dlq", 0, 7, refused(ORIGINAL))

    assert (found.id, found.group, found.error_code, found.message) == (
        "lms.canvas/2/41",
        "intake",
        "invalid",
        "no learner",
    )
    assert (found.key, found.value, found.timestamp_ms) == (ORIGINAL.key, ORIGINAL.value, ORIGINAL.timestamp)
    assert found.headers[:2] == ORIGINAL.headers


def test_a_replay_carries_the_attempts_and_none_of_our_other_headers() -> None:
    found = read("lms.canvas.intake.dlq", 0, 7, refused(ORIGINAL))

    assert found.headers[2:] == (("laurel-attempt", b"1"),)


def test_a_second_refusal_counts_attempts() -> None:
    again = Record("lms.canvas", 2, 50, None, b"{", read("d", 0, 0, refused(ORIGINAL)).headers, 0)

    assert read("lms.canvas.intake.dlq", 0, 8, refused(again)).attempts == 2


def test_a_webhook_delivery_is_named_by_its_own_offset() -> None:
    delivery = Record("webhook", 0, -1, None, b"{", (("laurel-source", b"north/hook"),), 0)

    found = read("webhook.intake.dlq", 0, 12, refused(delivery))

    assert found.id == "webhook/0/12"


def test_a_record_that_was_written_twice_is_listed_once() -> None:
    found = distinct([letter(1), letter(2), letter(1, message="newer")])

    assert [(each.offset, each.message, each.written) for each in found] == [(1, "newer", 2), (2, "no", 1)]


def test_two_groups_refusals_of_one_record_are_two() -> None:
    found = distinct([letter(1, group="evaluator"), letter(1, group="notifier")])

    assert [each.group for each in found] == ["evaluator", "notifier"]


def test_a_stranger_without_headers_is_shown_all_the_same() -> None:
    found = read("lms.canvas.intake.dlq", 1, 3, Lying(None, b"x"))

    assert (found.topic, found.partition, found.offset, found.error_code) == ("lms.canvas.intake", 1, 3, "unknown")
