"""The mail sink keeps what it is sent, byte for byte, however it comes in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from services.devstack.mailsink import Conversation, Mailbox


class Wire(asyncio.Transport):
    """What the sink answered."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.answers += bytes(data).splitlines()

    def close(self) -> None:
        self.closed = True


def converse(folder: Path, sent: bytes, step: int = 0) -> Wire:
    wire, conversation = Wire(), Conversation(Mailbox(folder))
    conversation.connection_made(wire)
    for start in range(0, len(sent), step or len(sent)):
        conversation.data_received(sent[start : start + (step or len(sent))])
    return wire


def kept(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*.eml"))]


ENVELOPE = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"


@pytest.mark.parametrize("step", [0, 1, 2, 3, 7])
def test_messages_are_kept_in_order_however_they_are_cut(tmp_path: Path, step: int) -> None:
    first = b"Subject: one\r\n\r\n..two points\r\n...\r\ntext.\r\n.\r\n"

    wire = converse(tmp_path, b"EHLO me\r\n" + ENVELOPE + first + ENVELOPE + b"Subject: two\r\n.\r\nQUIT\r\n", step)

    assert kept(tmp_path) == [b"Subject: one\r\n\r\n.two points\r\n..\r\ntext.\r\n", b"Subject: two\r\n"]
    codes = [int(answer[:3]) for answer in wire.answers]
    assert codes == [220, 250, 250, 250, 250, 250, 354, 250, 250, 250, 354, 250, 221]
    assert wire.closed


@pytest.mark.parametrize("step", [0, 1])
def test_a_message_without_a_line_is_one_too(tmp_path: Path, step: int) -> None:
    converse(tmp_path, ENVELOPE + b".\r\n", step)

    assert kept(tmp_path) == [b""]


def test_what_is_cut_off_is_not_kept(tmp_path: Path) -> None:
    converse(tmp_path, ENVELOPE + b"Subject: one\r\n\r\nte")

    assert kept(tmp_path) == []


def test_a_command_that_it_does_not_know_is_refused_and_the_next_one_heard(tmp_path: Path) -> None:
    wire = converse(tmp_path, b"AUTH PLAIN x\r\nNOOP\r\n")

    assert [answer[:3] for answer in wire.answers] == [b"220", b"502", b"250"]


def test_a_restarted_sink_goes_on_counting(tmp_path: Path) -> None:
    for word in (b"one", b"two"):
        converse(tmp_path, ENVELOPE + word + b"\r\n.\r\n")

    assert kept(tmp_path) == [b"one\r\n", b"two\r\n"]
