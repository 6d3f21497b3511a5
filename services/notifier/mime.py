"""MIME as bytes: what of a message is the same for every learner is encoded once, and nothing is parsed again."""

from __future__ import annotations

from binascii import b2a_base64, b2a_qp
from email.policy import SMTP, SMTPUTF8

_LINE = 76
"""RFC 2045's longest line of encoded text, and what RFC 5322 would like of a header's."""


def header(name: str, value: str, *, internationalised: bool = False) -> bytes:
    """A header line. Long ones are folded and others than ASCII encoded, by the standard library.

    Raises ValueError for a value with line breaks.
    """
    line = f"{name}: {value}"
    if len(line) <= _LINE and line.isascii() and line.isprintable():
        return line.encode() + b"\r\n"
    policy = SMTPUTF8 if internationalised else SMTP
    return policy.fold_binary(name, policy.header_store_parse(name, value)[1])


def text(kind: str, words: str) -> bytes:
    """A part of text; `kind` is plain or html. Its lines may end as they like."""
    lines = "".join(f"{line}\r\n" for line in words.splitlines())
    encoded = b2a_qp(lines.encode(), istext=True)
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head.encode() + encoded


def base64_lines(data: bytes) -> bytes:
    """Base64 as a part's body."""
    encoded = b2a_base64(data, newline=False)
    return b"\r\n".join([encoded[start : start + _LINE] for start in range(0, len(encoded), _LINE)]) + b"\r\n"


def png(lines: bytes, disposition: str, file_name: str, content_id: str | None = None) -> bytes:
    """A picture, encoded already. The names are ASCII and short."""
    head = (
        "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: {disposition};\r\n filename="{file_name}"\r\n'
    )
    if content_id is not None:
        head += f"Content-ID: <{content_id}>\r\n"
    return b"".join([head.encode(), b"\r\n", lines])


def multipart(kind: str, boundary: str, parts: list[bytes]) -> bytes:
    """Parts in one; a boundary with `=_` in it is found in no encoded text."""
    between = f"--{boundary}\r\n".encode()
    whole = [f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'.encode()]
    for part in parts:
        whole += [between, part, b"\r\n"]
    return b"".join([*whole, f"--{boundary}--\r\n".encode()])
