"""What is put together as bytes is what a mail program takes apart."""

from __future__ import annotations

import email
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import pytest

from services.notifier import mime


def read(*pieces: bytes) -> EmailMessage:
    return email.message_from_bytes(b"".join(pieces), policy=default)


@pytest.mark.parametrize(
    "words",
    [
        "Hello",
        "Grüße, 学習者 🎓",
        "a line that is " + "very " * 40 + "long",
        ".\n..\n.a point begins this line",
        "spaces at the end  \n-- \nFrom here",
        "100 % = everything; a=3D stays",
    ],
)
def test_words_are_read_as_they_were_written(words: str) -> None:
    part = mime.text("plain", words)

    assert read(part).get_content() == words.replace("\n", "\r\n") + "\r\n"
    assert part.isascii()
    assert max(len(line) for line in part.split(b"\r\n")) <= 76
    assert b"\n" not in part.replace(b"\r\n", b"")


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 5000])
def test_pictures_are_read_byte_for_byte(size: int) -> None:
    picture = bytes(number % 251 for number in range(size))

    part = mime.png(mime.base64_lines(picture), "inline", "systems.png", "badge.1@example.edu")

    found = cast("Any", read(part))
    assert (found.get_content(), found.get_filename()) == (picture, "systems.png")
    assert (found["Content-ID"], found.get_content_disposition()) == ("<badge.1@example.edu>", "inline")
    assert max(len(line) for line in part.split(b"\r\n")) <= 76


def test_parts_within_parts_stay_in_order() -> None:
    inner = mime.multipart("alternative", "=_1", [mime.text("plain", "one"), mime.text("html", "two")])

    whole = read(mime.multipart("mixed", "=_0", [inner, mime.text("plain", "three --=_0 --=_1")]))

    kinds = ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/plain"]
    assert [each.get_content_type() for each in whole.walk()] == kinds
    texts = [cast("Any", each).get_content() for each in whole.walk() if not each.is_multipart()]
    assert texts == ["one\r\n", "two\r\n", "three --=_0 --=_1\r\n"]
    assert [each.defects for each in whole.walk()] == [[]] * 5


@pytest.mark.parametrize("subject", ["You have earned it", "Грамота", "word " * 40 + "end", "x" * 100])
def test_headers_are_read_as_they_were_written(subject: str) -> None:
    line = mime.header("Subject", subject)

    assert read(line)["Subject"] == subject
    assert line.isascii()
    assert line.endswith(b"\r\n")


def test_an_address_beyond_ascii_stands_as_it_is_where_that_is_understood() -> None:
    line = mime.header("To", "Jürgen <jürgen@example.org>", internationalised=True)

    assert line == "To: Jürgen <jürgen@example.org>\r\n".encode()


def test_a_header_holds_no_line_break() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        mime.header("Subject", "Hello\r\nBcc: eve@example.org")
