"""Baking: a badge's picture that carries its credential, as Open Badges 3.0 section 5.3 has it.

The chunk is spliced in and everything else stays byte for byte: a picture is never encoded again.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from shared.errors import Rejected

KEYWORD = b"openbadgecredential"
MAX_BYTES = 2 * 1024 * 1024

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_END = len(_SIGNATURE) + 25
"""Signature and IHDR, which must come first."""
_FRAME = 12
"""Length, type and checksum around a chunk's data."""


class MalformedImage(Rejected):
    """These bytes are no PNG that can be read whole."""

    code = "malformed_image"


class NotBaked(Rejected):
    """A picture, but no credential in it."""

    code = "not_baked"


def bake_png(png: bytes, credential: str) -> bytes:
    """The picture with the credential in it; one that was in it before is replaced."""
    kept = [
        png[start:end]
        for start, end, kind, data in _chunks(png)
        if start >= _HEADER_END and not _holds_credential(kind, data)
    ]
    chunk = _chunk(b"iTXt", KEYWORD + b"\0\0\0\0\0" + credential.encode())
    return b"".join([png[:_HEADER_END], chunk, *kept])


def unbake_png(png: bytes) -> str:
    """The credential in a picture."""
    if len(png) > MAX_BYTES:
        msg = f"pictures above {MAX_BYTES} bytes aren't read"
        raise MalformedImage(msg)
    found = [data for _, _, kind, data in _chunks(png) if _holds_credential(kind, data)]
    if not found:
        msg = "no Open Badges 3.0 credential is baked into this picture"
        raise NotBaked(msg)
    if len(found) > 1:
        msg = "more than one credential is baked into this picture, and one alone may be"
        raise MalformedImage(msg)
    return _text(found[0])


def is_png(data: bytes) -> bool:
    """Whether it begins as a PNG does."""
    return data.startswith(_SIGNATURE)


def _chunks(png: bytes) -> Iterator[tuple[int, int, bytes, bytes]]:
    if not is_png(png) or png[12:16] != b"IHDR" or png[8:12] != b"\0\0\0\r":
        msg = "not a PNG"
        raise MalformedImage(msg)
    start = len(_SIGNATURE)
    while start < len(png):
        length = int.from_bytes(png[start : start + 4], "big")
        end = start + length + _FRAME
        body = png[start + 4 : end - 4]
        if end > len(png) or zlib.crc32(body).to_bytes(4, "big") != png[end - 4 : end]:
            msg = "the PNG is cut off or damaged"
            raise MalformedImage(msg)
        yield start, end, body[:4], body[4:]
        if body[:4] == b"IEND":
            return
        start = end
    msg = "the PNG has no end"
    raise MalformedImage(msg)


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def _holds_credential(kind: bytes, data: bytes) -> bool:
    return kind == b"iTXt" and data.partition(b"\0")[0] == KEYWORD


def _text(data: bytes) -> str:
    """iTXt: keyword, compression flag and method, language, translated keyword, text."""
    rest = data[len(KEYWORD) + 1 :]
    try:
        packed, rest = rest[0], rest[2:]
        _, _, rest = rest.partition(b"\0")
        _, _, rest = rest.partition(b"\0")
        return (_inflated(rest) if packed else rest).decode()
    except (IndexError, UnicodeDecodeError, zlib.error) as error:
        msg = "the text in this picture can't be read"
        raise MalformedImage(msg) from error


def _inflated(data: bytes) -> bytes:
    inflate = zlib.decompressobj()
    text = inflate.decompress(data, MAX_BYTES)
    if not inflate.eof:
        msg = "the text in this picture is cut off or too large"
        raise MalformedImage(msg)
    return text
